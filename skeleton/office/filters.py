"""List filters that several apps use."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RangeDateTimeFilter, RelatedDropdownFilter

from skeleton.kernel.days import start_of
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.money import KNOWN_CURRENCIES
from skeleton.kernel.translation import Text
from skeleton.office.dates import LocalizedDateField
from skeleton.office.parameters import NOT_A_DATE, NOT_A_TIME, BadParameter

if TYPE_CHECKING:
    from skeleton.office.admins import ReadOnlyAdmin


class CurrencyFilter(DropdownFilter):
    """Filters rows by currency."""

    title, parameter_name = _("currency"), "currency"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(code, code) for code in sorted(KNOWN_CURRENCIES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(currency=self.value()) if self.value() else queryset


class RelatedRecordFilter(RelatedDropdownFilter):
    """Filters rows by a related record, selected by a link. Only shown while it is in use."""

    def field_choices(self, field: object, request: HttpRequest, model_admin: "ReadOnlyAdmin") -> list[tuple[str, str]]:
        """Return the record, if a row that the user may see refers to it."""
        chosen = parse_uuid(request.GET.get(self.lookup_kwarg, ""))
        rows = model_admin.get_queryset(request).select_related(self.field_path) if chosen else None
        row = rows.filter(**{self.field_path: chosen}).first() if rows is not None else None
        return [(str(chosen), str(getattr(row, self.field_path)))] if row else []


class DateRangeFilter(RangeDateFilter):
    """Filters rows by a range of days, both included. Dates are in the page's language or like 2026-01-31.

    Raises BadParameter for an invalid date, where unfold would leave the list unfiltered.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        for end, lookup, more in (("from", "gte", 0), ("to", "lt", 1)):
            name = f"{self.parameter_name}_{end}"
            if text := self.used_parameters.get(name):
                bound = _day(name, text) + dt.timedelta(days=more)
                has_time = isinstance(self.field, models.DateTimeField)
                start = start_of(bound) if has_time else bound
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": start})
        return queryset


class DateTimeRangeFilter(RangeDateTimeFilter):
    """Filters rows by a range of times. A day without a time counts from its start, or to its end.

    Raises BadParameter for an invalid time, where unfold would leave the list unfiltered.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for end, whole in (("from", "00:00:00"), ("to", "23:59:59")):
            day, time = (f"{self.parameter_name}_{end}_{part}" for part in (0, 1))
            if self.used_parameters.get(day):
                self.used_parameters.setdefault(time, whole)  # so that the form shows the effective value
            else:
                self.used_parameters.pop(time, None)  # a time without a day has no effect

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        for end, lookup, more in (("from", "gte", 0), ("to", "lt", 1)):
            name = f"{self.parameter_name}_{end}"
            if day := self.used_parameters.get(f"{name}_0"):
                time = _time(f"{name}_1", self.used_parameters[f"{name}_1"])
                moment = timezone.make_aware(dt.datetime.combine(_day(f"{name}_0", day), time))
                bound = moment + dt.timedelta(seconds=more)
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": bound})
        return queryset


def _day(name: str, text: str) -> dt.date:
    """Parse a date parameter. Excludes Python's last date, since a day is added to it. Raises BadParameter."""
    day = _read(DATE, name, text, NOT_A_DATE)
    if not isinstance(day, dt.date) or day == dt.date.max:
        raise BadParameter(name, NOT_A_DATE)
    return day


def _time(name: str, text: str) -> dt.time:
    time: dt.time = _read(TIME, name, text, NOT_A_TIME)
    return time


def _read(field: forms.Field, name: str, text: str, reason: Text) -> Any:
    try:
        return field.clean(text)
    except ValidationError as exc:
        raise BadParameter(name, reason) from exc


DATE, TIME = LocalizedDateField(), forms.TimeField()
