"""Finds filters of a list that would be ignored, or whose SQL can't be compiled once. Called by `rest.checks`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet

from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet, SqlFilter

_SEVERAL_VALUES = ("in", "range")


def ignored_filters(filterset: type[FilterSet] | None) -> Iterator[str]:
    """Yield a sentence for each filter that can't be used."""
    if filterset is None:
        return
    if not issubclass(filterset, FilterSet):
        yield f"{filterset.__name__} is not a FilterSet of skeleton.rest.filters."
        return
    for name, each in filterset.base_filters.items():
        if not isinstance(each, SqlFilter):
            yield f"{filterset.__name__}.{name}: use the filters of skeleton.rest.filters."
            continue
        declared: Any = each  # together with a class of django-filter's
        lookup = declared.lookup_expr
        if declared.method is None and (lookup in _SEVERAL_VALUES or (lookup == "isnull" and not declared.constant)):
            yield f"{filterset.__name__}.{name}: lookup_expr={lookup!r} needs another kind of value: use method=."
        if declared.extra.get("required"):
            yield f"{filterset.__name__}.{name}: required=True would be ignored: each filter is optional."


def failing_filters(filterset: type[FilterSet] | None, rows: QuerySet[Model]) -> Iterator[str]:
    """Yield a sentence for each filter that can't narrow `rows`, for example because it looks at its value."""
    if filterset is None or any(ignored_filters(filterset)):
        return
    for name, each in filterset.base_filters.items():
        for value in _samples(each):
            try:
                filterset.apply(rows, ((name, value),))
            except Exception as exc:  # noqa: BLE001  # a method can raise anything
                yield f"{filterset.__name__}.{name}: {type(exc).__name__}: {exc}"
                break


def _samples(each: Any) -> list[object]:
    """Return values of the shape with which the filter can be tried."""
    if isinstance(each, BooleanFilter):
        return [True, False]
    if isinstance(each, ChoiceFilter):
        return [str(value) for value, _ in each.extra["choices"]]
    return [None] if not each.constant and type(each).variant is SqlFilter.variant else []
