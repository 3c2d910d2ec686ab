"""The filters of contracts."""

from typing import Any

from django.db.models import Q, QuerySet

from contracts.choices import ContractStatus, ContractType
from contracts.models import DAYS_MAX, Contract
from contracts.queries import expiring
from skeleton.rest.filters import ChoiceFilter, DateFilter, FilterSet, NumberFilter, UUIDFilter


class _DayFilter(DateFilter):
    """On one day nearly everything is in force, on another nothing: each wants its own plan."""

    by_value = True


class _DaysFilter(NumberFilter):
    """Few contracts end within a week, all of them within a century."""

    by_value = True


class ContractFilterSet(FilterSet):
    status = ChoiceFilter(choices=ContractStatus.choices)
    contract_type = ChoiceFilter(choices=ContractType.choices)
    party_id = UUIDFilter(field_name="party_id")
    active_on = _DayFilter(
        method="in_force",
        label="In force on this day: signed, the day within the validity period, and not terminated until its end.",
    )
    expiring_within_days = _DaysFilter(
        method="about_to_end",
        min_value=0,
        max_value=DAYS_MAX,
        label="Active, and the last day is today (0) or at most so many days ahead.",
    )

    def in_force(self, rows: QuerySet[Contract], name: str, value: Any) -> QuerySet[Contract]:
        lasting = Q(terminated_at=None) | Q(terminated_at__date__gt=value)
        return rows.filter(lasting, validity_period__contains=value, signed_at__isnull=False)

    def about_to_end(self, rows: QuerySet[Contract], name: str, value: Any) -> QuerySet[Contract]:
        return expiring(rows, value)
