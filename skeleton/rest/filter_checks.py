"""Finds filters of a list that would be ignored, or whose SQL can't be compiled once. Called by `rest.checks`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet

from skeleton.db.compiled_sql import CLOCK_IS_FROZEN, reads_clock
from skeleton.rest.compiled import CompiledQuery
from skeleton.rest.filters import BooleanFilter, ChoiceFilter, FilterSet, SqlFilter
from skeleton.rest.listing import Ordering

_SEVERAL_VALUES = ("in", "range")
_DIFFERS = "its SQL has another value each time, but is compiled once: pass expressions of the database, such as Now()."


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


def failing_filters(query: CompiledQuery, rows: QuerySet[Model], ordering: Ordering) -> Iterator[str]:
    """Yield a sentence for each filter that can't narrow `rows`, or whose SQL differs from one time to the next."""
    filterset = query.filterset_class
    if filterset is None or any(ignored_filters(filterset)):
        return
    for name, each in filterset.base_filters.items():
        problem = _problem_of_method(filterset, each) or _problem_of_sql(query, rows, name, each, ordering)
        if problem:
            yield f"{filterset.__name__}.{name}: {problem}"


def _problem_of_method(filterset: type[FilterSet], each: Any) -> str | None:
    method = each.method if callable(each.method) else getattr(filterset, each.method or "", None)
    return f"{method.__name__} {CLOCK_IS_FROZEN}" if method is not None and reads_clock(method) else None


def _problem_of_sql(
    query: CompiledQuery, rows: QuerySet[Model], name: str, each: Any, ordering: Ordering
) -> str | None:
    for value in _samples(each):
        shape = ((name, value),)
        try:
            compiled = query.try_filters(rows, shape, ordering)
            if each.method and compiled != query.try_filters(rows, shape, ordering):
                return _DIFFERS
        except Exception as exc:  # noqa: BLE001  # a method can raise anything
            return f"{type(exc).__name__}: {exc}"
    return None


def _samples(each: Any) -> list[object]:
    """Return values of the shape with which the filter can be tried."""
    if isinstance(each, BooleanFilter):
        return [True, False]
    if isinstance(each, ChoiceFilter):
        return [str(value) for value, _ in each.extra["choices"]]
    return [None] if not each.constant and type(each).variant is SqlFilter.variant else []
