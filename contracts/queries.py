"""Queries of contracts."""

import datetime as dt
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import DateField, Field, Func, OuterRef, Q, QuerySet

from contracts.choices import ContractStatus, PaymentType
from contracts.models import Contract, ContractVersion
from skeleton.db.compiled_sql import CurrentDate


class DaysAhead(Func):
    """The date a number of days after today."""

    template = "(%(expressions)s::integer)"
    arg_joiner = " + "
    output_field: ClassVar["Field[Any, Any]"] = DateField()

    def __init__(self, days: Any) -> None:
        super().__init__(CurrentDate(), days)


def versions_of_one() -> QuerySet[ContractVersion]:
    """Return the versions of the outer query's contract, oldest first."""
    return ContractVersion.objects.filter(contract=OuterRef("pk")).order_by("version")


def expiring(rows: QuerySet[Contract], days: Any) -> QuerySet[Contract]:
    """Return those of `rows` that are active and whose last day is today (0) or within `days` days."""
    return rows.filter(status=ContractStatus.ACTIVE, end_date__gte=CurrentDate(), end_date__lte=DaysAhead(days))


def ended(today: dt.date) -> QuerySet[Contract]:
    """Return the active contracts that have ended before `today` or terminate by then."""
    over = Q(end_date__lt=today) | Q(terminates_on__lte=today)
    return Contract.objects.filter(over, status=ContractStatus.ACTIVE)


def credit_days(party_id: UUID) -> int | None:
    """Return the credit days of the party's newest credit contract that is in force today, or None."""
    in_force = Contract.objects.filter(
        party=party_id,
        status=ContractStatus.ACTIVE,
        payment_type=PaymentType.CREDIT,
        validity_period__contains=CurrentDate(),
    )
    return in_force.order_by("-pk").values_list("credit_days", flat=True).first()
