"""Reads rows with SQL that is compiled once per query key, list parameters and serializer.

A single object takes one statement, and so does a list, including its total. A search uses a second statement to count,
unless it finds so few rows that the total is known.

A queryset without a query key (`db.querysets`) is read in the same way, but compiled for each request.
"""

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS
from django.db.models import BigIntegerField, F, Model, QuerySet
from rest_framework import serializers

from skeleton.db.compiled_sql import (
    CompiledSQL,
    Parameter,
    PkInSubquery,
    ScalarSubquery,
    compile_count,
    compile_rows,
    refusing_queries,
)
from skeleton.db.counting import COUNT_CACHE
from skeleton.db.querysets import QueryKey, RowLevelQuerySet, is_plain, plain_rows
from skeleton.kernel.errors import NotFound
from skeleton.kernel.types import Values
from skeleton.rest.filters import FilterSet, FilterShape
from skeleton.rest.listing import KeysetAfter, ListQuery, Ordering, decode, encode_cursor
from skeleton.rest.row_mappers import RowMapper, row_mapper

MAX_CACHED_SHAPES = 512
"""Size of the cache of compiled statements per list (least recently used)."""

KEY, TOTAL = "cursor_key", "list_total"

DEEP_OFFSET = 200
"""From this offset on, a page is found by its ids first, before other columns of its rows are computed."""

_PAGE, _BOUNDS = "LIMIT %s OFFSET %s", (Parameter("list_limit"), Parameter("list_skip"))

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ListMode:
    """What the statement of a list does besides reading the mapper's columns.

    `counting`: it also counts all rows. `deep`: it has a large offset. `keyed`: it also reads the sort key and id for a
    cursor. `after`: it starts after a cursor.
    """

    counting: bool = False
    deep: bool = False
    keyed: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NotCompilable:
    """The source for a queryset without a query key, whose SQL is compiled for a single read."""

    queryset: QuerySet[Model]
    maintained_count = None

    def rows(self) -> QuerySet[Model]:
        return self.queryset


Source = QueryKey | NotCompilable

ListShape = tuple[Source, FilterShape]
"""What the statements of a list depend on: its source and the shape of its filters."""


def source_of(queryset: QuerySet[Model]) -> Source:
    """Return the source of a queryset: its query key with values, or the queryset itself.

    Raises ImproperlyConfigured if the queryset has its own ordering or another database.
    """
    query_key = queryset.query_key if isinstance(queryset, RowLevelQuerySet) else None
    if query_key is not None:
        return query_key
    query = queryset.query
    if (query.order_by or query.extra_order_by) and not (query.is_sliced or query.distinct_fields):
        raise ImproperlyConfigured("Order a list by the viewset's `ordering`, not in get_queryset().")
    if queryset.db != DEFAULT_DB_ALIAS:
        raise ImproperlyConfigured(f"Only the default database is read, not {queryset.db!r}.")
    return NotCompilable(plain_rows(queryset))


def _bounds(limit: int | None, skip: int = 0) -> Values:
    return {"list_limit": limit, "list_skip": skip}


def _values(source: Source) -> dict[str, object]:
    return dict(source.values) if isinstance(source, QueryKey) else {}


def compiled_query_of(
    serializer_class: type[serializers.BaseSerializer[Any]], filterset_class: type[FilterSet] | None = None
) -> "CompiledQuery":
    """Return the shared compiled query of a serializer and a filterset."""
    return _compiled_query(serializer_class, filterset_class)  # type: ignore[arg-type]  # classes are hashable


@cache
def _compiled_query(serializer_class: Any, filterset_class: Any) -> "CompiledQuery":
    return CompiledQuery(serializer_class, filterset_class)


class CompiledQuery:
    """Reads the rows of querysets as a serializer describes them, and caches the compiled SQL."""

    def __init__(
        self,
        serializer_class: type[serializers.BaseSerializer[Any]],
        filterset_class: type[FilterSet] | None = None,
    ) -> None:
        self.serializer_class, self.filterset_class = serializer_class, filterset_class
        self._one = lru_cache(MAX_CACHED_SHAPES)(self._compile_one)
        self._page = lru_cache(MAX_CACHED_SHAPES)(self._compile_page)
        self._count = lru_cache(MAX_CACHED_SHAPES)(self._compile_count)
        self._maintained_count = lru_cache(MAX_CACHED_SHAPES)(self._find_maintained_count)
        self._key_field = lru_cache(MAX_CACHED_SHAPES)(self._find_key_field)

    @cached_property
    def mapper(self) -> RowMapper:
        return row_mapper(self.serializer_class)

    # one object

    def one(self, queryset: QuerySet[Model], value: object, field: str = "pk") -> Values:
        """Return the object whose `field` is `value`. Raises NotFound if the queryset has none."""
        source = source_of(queryset)
        try:
            found = _compiled(self._one, source, field).run({**_values(source), "lookup": value})
        except EmptyResultSet:
            raise NotFound from None
        if not found:
            raise NotFound
        return self.mapper.build(found[0])

    def _compile_one(self, source: Source, field: str) -> CompiledSQL:
        rows = self._rows(source).filter(**{field: Parameter("lookup")}).order_by()
        return compile_rows(rows, self.mapper.columns)

    # lists

    def page(self, queryset: QuerySet[Model], query: ListQuery) -> Values:
        """Return `{items, total, page, limit, has_more}`. The total is exact or recently cached (see `db.counting`)."""
        try:
            return self._read_page(*self._shape(queryset, query), query)
        except EmptyResultSet:
            return {"items": [], "total": 0, "page": query.page, "limit": query.limit, "has_more": False}

    def _read_page(self, shape: ListShape, values: Values, query: ListQuery) -> dict[str, object]:
        skip = (query.page - 1) * query.limit
        known = COUNT_CACHE.get(self._count(*shape), values) if self._is_cached_count(shape) else None
        mode = ListMode(counting=known is None and self._prepared(shape[1]), deep=skip >= DEEP_OFFSET)
        statement = _compiled(self._page, *shape, query.ordering, mode)
        found = statement.run(values | _bounds(query.limit + 1, skip))
        rows, more = found[: query.limit], len(found) > query.limit
        shown = skip + len(rows)
        if not more and (rows or skip == 0):
            total = shown
        elif known is None:
            total = self._counted(shape, values, found[0][-1] if found and mode.counting else None)
        else:
            total = max(known, shown + more)
        items = list(map(self.mapper.build, rows))
        return {"items": items, "total": total, "page": query.page, "limit": query.limit, "has_more": more}

    def _counted(self, shape: ListShape, values: Values, came: int | None) -> int:
        """Return the total: `came` from the page's statement, or counted by another. Large totals are cached."""
        if came is not None and not self._is_cached_count(shape):
            return came
        counting = _compiled(self._count, *shape)
        total: int = counting.run(values)[0][0] if came is None else came
        if self._is_cached_count(shape):
            COUNT_CACHE.set(counting, values, total)
        return total

    def _is_cached_count(self, shape: ListShape) -> bool:
        return isinstance(shape[0], QueryKey) and not self._maintained_count(*shape)

    def cursor_page(self, queryset: QuerySet[Model], query: ListQuery, *, plain: bool = False) -> Values:
        """Return `{items, next_cursor, has_more, limit}`. The time does not depend on the position in the list."""
        try:
            return self._read_cursor_page(*self._shape(queryset, query), query, plain)
        except EmptyResultSet:
            return {"items": [], "next_cursor": None, "has_more": False, "limit": query.limit}

    def _read_cursor_page(self, shape: ListShape, values: Values, query: ListQuery, plain: bool) -> Values:
        cursor = query.cursor
        if cursor is None:
            raise ValueError("not a cursor query")
        if not cursor.starts:
            key = decode(cursor.after_key, _compiled(self._key_field, shape[0], query.ordering))
            values |= {"after_key": key, "after_id": cursor.after_id}
        mode = ListMode(keyed=True, after=not cursor.starts)
        found = _compiled(self._page, *shape, query.ordering, mode).run(values | _bounds(query.limit + 1))
        rows, more = found[: query.limit], len(found) > query.limit
        # the last two columns are the sort key and the id
        next_cursor = encode_cursor(query.ordering, rows[-1][-2], rows[-1][-1], plain=plain) if more else None
        items = list(map(self.mapper.build, rows))
        return {"items": items, "next_cursor": next_cursor, "has_more": more, "limit": query.limit}

    def all(self, queryset: QuerySet[Model], query: ListQuery) -> list[Values]:
        """Return all rows, for lists without pagination."""
        try:
            shape, values = self._shape(queryset, query)
            rows = _compiled(self._page, *shape, query.ordering, ListMode()).run(values | _bounds(None))
        except EmptyResultSet:
            return []
        return list(map(self.mapper.build, rows))

    def _shape(self, queryset: QuerySet[Model], query: ListQuery) -> tuple[ListShape, Values]:
        source = source_of(queryset)
        values = _values(source)
        if not self.filterset_class or not query.filters:
            return (source, ()), values
        # `apply` may only use the constants in the shape, because bound values differ between calls
        shape = self.filterset_class.shape(query.filters)
        return (source, shape), values | self.filterset_class.bind(query.filters)

    def _filtered(self, shape: FilterShape, rows: QuerySet[Model]) -> QuerySet[Model]:
        """Apply the filters. What makes rows distinct or groups them finds their ids, and no other column."""
        if not self.filterset_class or not shape:
            return rows
        found = self.filterset_class.apply(rows, shape)
        return found if is_plain(found) else rows.filter(pk__in=found.values("pk"))

    def _compile_page(self, source: Source, shape: FilterShape, ordering: Ordering, mode: ListMode) -> CompiledSQL:
        rows, columns = self._rows(source), list(self.mapper.columns)
        prepared = self._prepared(shape)
        asked = self._filtered(shape, rows).order_by(*ordering.order_by())
        if mode.deep:
            page = compile_rows(asked, ["pk"], tail=_PAGE, tail_params=_BOUNDS)
            asked = rows.filter(PkInSubquery(page)).order_by(*ordering.order_by())
        if mode.keyed:
            asked = asked.annotate(**{KEY: ordering.expression, f"{KEY}_id": F("pk")})
            columns += [KEY, f"{KEY}_id"]
        if mode.after:
            asked = asked.filter(KeysetAfter(ordering, _compiled(self._key_field, source, ordering)))
        if mode.counting:
            counting = _compiled(self._count, source, shape)
            asked = asked.annotate(**{TOTAL: ScalarSubquery(counting, BigIntegerField())})
            columns.append(TOTAL)
        if mode.deep:
            return compile_rows(asked, columns, prepared=prepared)
        return compile_rows(asked, columns, tail=_PAGE, tail_params=_BOUNDS, prepared=prepared)

    def try_filters(self, rows: QuerySet[Model], shape: FilterShape, ordering: Ordering) -> CompiledSQL | None:
        """Compile a statement with all parts that a list with these filters can have, or None if it finds no rows."""
        everything = ListMode(counting=True, keyed=True, after=True)
        with suppress(EmptyResultSet):
            return self._compile_page(source_of(rows), shape, ordering, everything)
        return None

    def _find_key_field(self, source: Source, ordering: Ordering) -> Any:
        """Return the model field of the sort key."""
        rows = self._rows(source).annotate(**{KEY: ordering.expression})
        return rows.query.annotations[KEY].output_field

    def _compile_count(self, source: Source, shape: FilterShape) -> CompiledSQL:
        kept = _compiled(self._maintained_count, source, shape)
        if kept:
            return kept
        return compile_count(self._filtered(shape, rows_of(source)), prepared=self._prepared(shape))

    def _find_maintained_count(self, source: Source, shape: FilterShape) -> CompiledSQL | None:
        """Return the statement that reads the maintained count, or None if there is none."""
        return source.maintained_count.for_shape(shape) if source.maintained_count else None

    def _prepared(self, shape: FilterShape) -> bool:
        return not (self.filterset_class and self.filterset_class.by_value(shape))

    def _rows(self, source: Source) -> QuerySet[Model]:
        rows, annotations = rows_of(source), self.mapper.annotations
        return rows.annotate(**annotations) if annotations else rows


def rows_of(source: Source) -> QuerySet[Model]:
    """Build the queryset of a source. Raises QueryWhileCompiling for a method that reads rows."""
    with refusing_queries():
        return plain_rows(source.rows())


def _compiled(cached: Callable[..., _Result], source: Source, *rest: Hashable) -> _Result:
    """Call `cached`, an `lru_cache`, for a query key, or the uncached function for a queryset without one."""
    if isinstance(source, QueryKey):
        return cached(source, *rest)
    made: _Result = cached.__wrapped__(source, *rest)  # type: ignore[attr-defined]
    return made
