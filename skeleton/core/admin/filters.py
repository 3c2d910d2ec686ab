"""Filters that lists of several apps have."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import DateTimeField, QuerySet
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
        for end, lookup in ENDS.items():
            text = self.used_parameters.get(f"{self.parameter_name}_{end}")
            if text:
                day = parsed(parse_date_str, text)
                value = moment_of(day, TIMES[end]) if isinstance(self.field, DateTimeField) else day
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": value})
        return queryset


class MomentRangeFilter(RangeDateTimeFilter):
    """Rows between two moments. A day without a time is taken from its beginning, or to its end."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup in ENDS.items():
            day, time = (self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") for part in (0, 1))
            if day:
                asked = timezone.make_aware(parsed(parse_datetime_str, f"{day} {time}")) if time else None
                value = asked or moment_of(parsed(parse_date_str, day), TIMES[end])
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": value})
        return queryset


ENDS = {"from": "gte", "to": "lte"}
TIMES = {"from": dt.time.min, "to": dt.time.max}


def moment_of(day: dt.date, time: dt.time) -> dt.datetime:
    """That time of the day, in the zone of the page."""
    return timezone.make_aware(dt.datetime.combine(day, time))


def parsed(parse: Callable[[str], Any], text: str) -> Any:
    """What `text` says. Raises IncorrectLookupParameters where that is nothing."""
    value = parse(text)
    if value is None:
        raise IncorrectLookupParameters(text)
    return value
