"""Filters of contracts."""

from typing import Any

from django.db.models import Q, QuerySet

from contracts.choices import ContractStatus, ContractType
from contracts.models import DAYS_MAX, Contract
from contracts.queries import expiring
from skeleton.rest.filters import ChoiceFilter, DateFilter, FilterSet, NumberFilter, UUIDFilter


class _DayFilter(DateFilter):
    """A day. On some days nearly all contracts are in force, on others none: each value needs its own plan."""

    by_value = True


class _DaysFilter(NumberFilter):
    """A number of days. Few contracts end within a week, all within a century: each value needs its own plan."""

    by_value = True


class ContractFilterSet(FilterSet):
    status = ChoiceFilter(choices=ContractStatus.choices)
    contract_type = ChoiceFilter(choices=ContractType.choices)
    party_id = UUIDFilter(field_name="party_id")
    active_on = _DayFilter(
        method="in_force",
        label="In force on this day: signed, within the validity period, and not terminated by the end of the day.",
    )
    expiring_within_days = _DaysFilter(
        method="about_to_end",
        min_value=0,
        max_value=DAYS_MAX,
        label="Active, with the last day today (0) or at most this many days ahead.",
    )

    def in_force(self, rows: QuerySet[Contract], name: str, value: Any) -> QuerySet[Contract]:
        lasting = Q(terminated_at=None) | Q(terminated_at__date__gt=value)
        lasting &= Q(terminates_on=None) | Q(terminates_on__gt=value)
        return rows.filter(lasting, validity_period__contains=value, signed_at__isnull=False)

    def about_to_end(self, rows: QuerySet[Contract], name: str, value: Any) -> QuerySet[Contract]:
        return expiring(rows, value)
