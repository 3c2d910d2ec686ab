"""The lists of the back office. A list accepts the parameters of its own filters, search, order and pages, no others.

Django lets a list filter by any column of its model, shown or not. Here the filters that a screen declares are the only
way to narrow its list, and a value that a filter cannot use is refused instead of ignored.
"""

import re
from typing import Any, cast

from django.contrib.admin import FieldListFilter, ListFilter, SimpleListFilter
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path, lookup_spawns_duplicates
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
)
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import TextFilter
from unfold.views import ChangeList

from skeleton.office.parameters import (
    NOT_A_CHOICE,
    NOT_A_COLUMN,
    UNKNOWN,
    UNREADABLE,
    BadParameter,
    check_known,
    check_not_repeated,
    page_number,
)

LIST_PARAMETERS = (SEARCH_VAR, ORDER_VAR, PAGE_VAR, ALL_VAR)
"""Parameters that every list accepts besides its filters: search, order, page, all rows."""

UNUSED_DJANGO_PARAMETERS = frozenset((IS_POPUP_VAR, IS_FACETS_VAR, TO_FIELD_VAR, ERROR_FLAG))
"""Parameters that Django's lists accept, but ours don't need."""

_COLUMN = re.compile(r"-?[0-9]{1,3}")
_BOOLEANS = {"True", "False", "1", "0"}


class StrictChangeList(ChangeList):
    """A list that is counted at most once and accepts only the parameters that its screen declares."""

    def __init__(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        check_not_repeated(request, LIST_PARAMETERS)
        check_known(request, request.GET.keys() - UNUSED_DJANGO_PARAMETERS)
        page_number(request, PAGE_VAR)
        super().__init__(request, *args, **kwargs)

    def get_filters(self, request: HttpRequest) -> Any:
        """Like Django's `get_filters`, but without lookups that no filter declares: the third value is always empty."""
        asked = {name: [v for v in values if v] for name, values in request.GET.lists() if name not in LIST_PARAMETERS}
        given = {name: values for name, values in asked.items() if values}
        specs = [self._filter(request, declared, dict(given)) for declared in self.list_filter]
        self.accepted = {name for spec in specs for name in spec.expected_parameters()}
        for name in asked:
            if name not in self.accepted:
                raise BadParameter(name, UNKNOWN)
        used = [spec for spec in specs if given.keys() & spec.expected_parameters()]
        for spec in used:
            self._check_value(spec, request, given)
        shown = [spec for spec in specs if spec.has_output() or spec in used]
        paths = [spec.field_path for spec in used if isinstance(spec, FieldListFilter)]
        repeats = any(lookup_spawns_duplicates(self.lookup_opts, path) for path in paths)
        return shown, bool(shown), {}, repeats, bool(used)

    def _filter(self, request: HttpRequest, declared: object, given: dict[str, list[str]]) -> ListFilter:
        """Create a filter declared in `list_filter`, in the same way as Django."""
        if isinstance(declared, type):
            return cast(ListFilter, declared(request, given, self.model, self.model_admin))
        path, kind = declared if isinstance(declared, tuple) else (declared, FieldListFilter.create)
        field = get_fields_from_path(self.model, path)[-1]
        return cast(ListFilter, kind(field, request, given, self.model, self.model_admin, field_path=path))

    def _check_value(self, spec: ListFilter, request: HttpRequest, given: dict[str, list[str]]) -> None:
        """Raise BadParameter for a value that the filter would refuse or ignore."""
        names = [name for name in spec.expected_parameters() if name in given]
        for name in names:
            choices = _choices_of(spec, name)
            if choices is not None and not choices.issuperset(given[name]):
                raise BadParameter(name, NOT_A_CHOICE)
        try:
            rows = spec.queryset(request, self.root_queryset)
        except (IncorrectLookupParameters, ValidationError, ValueError, OverflowError):
            rows = None
        if rows is None:
            raise BadParameter(names[0], UNREADABLE)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Model]) -> object:
        asked = self.params.get(ORDER_VAR)
        columns = asked.split(".") if asked else []
        if len(columns) > len(self.list_display) or not all(map(self._can_sort_by, columns)):
            raise BadParameter(ORDER_VAR, NOT_A_COLUMN)
        return super().get_ordering(request, queryset)

    def _can_sort_by(self, column: str) -> bool:
        """Return whether `column` is the number of a sortable column. A minus sign reverses the order."""
        number = int(column.removeprefix("-")) if _COLUMN.fullmatch(column) else len(self.list_display)
        return number < len(self.list_display) and bool(self.get_ordering_field(self.list_display[number]))

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except IncorrectLookupParameters:  # a page after the last, for example after setting a filter
            paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
            self.page_num = paginator.num_pages
            super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


def _choices_of(spec: Any, name: str) -> set[str] | None:
    """Return the values that a filter offers for a parameter, or None if it accepts any."""
    if isinstance(spec, SimpleListFilter):
        return None if isinstance(spec, TextFilter) else {str(value) for value, _ in spec.lookup_choices}
    if name.endswith("__isnull"):
        return _BOOLEANS
    choices = getattr(spec.field, "flatchoices", None)
    return {str(value) for value, _ in choices} if choices and name.endswith("__exact") else None
