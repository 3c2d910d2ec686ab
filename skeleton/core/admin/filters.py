"""Filters that lists of several apps have."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RangeDateTimeFilter
from unfold.utils import parse_date_str, parse_datetime_str

from skeleton.core.money import CURRENCIES


class CurrencyFilter(DropdownFilter):
    """Rows in one currency."""

    title, parameter_name = _("currency"), "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in sorted(CURRENCIES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(currency=self.value()) if self.value() else queryset


class DayRangeFilter(RangeDateFilter):
    """Rows between two days, both inclusive. Refuses what is no day, where unfold would show all rows."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return _between(queryset, self.used_parameters, self.parameter_name, parse_date_str)


class MomentRangeFilter(RangeDateTimeFilter):
    """Rows between two moments. A day without a time is taken from its beginning, or to its end."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        moments = {}
        for end, time in (("from", "00:00:00"), ("to", "23:59:59.999999")):
            name = f"{self.parameter_name}_{end}"
            day = self.used_parameters.get(f"{name}_0")
            if day:
                moments[name] = f"{day} {self.used_parameters.get(f'{name}_1') or time}"
        return _between(queryset, moments, self.parameter_name, parse_datetime_str)


def _between(queryset: QuerySet[Any], given: Any, name: Any, parse: Callable[[str], Any]) -> QuerySet[Any]:
    for end, lookup in (("from", "gte"), ("to", "lte")):
        text = given.get(f"{name}_{end}")
        if text:
            value = parse(text)
            if value is None:
                raise IncorrectLookupParameters(name)
            moment = timezone.make_aware(value) if isinstance(value, datetime) else value
            queryset = queryset.filter(**{f"{name}__{lookup}": moment})
    return queryset
