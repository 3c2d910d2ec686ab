"""The read path: a gate, a plan and the asked-for shape give SQL that is compiled once and run ever after.

A single object takes one statement. So does a list, which counts as well where a total is wanted. A search counts by a
second one, if it has to: most find so few rows that they need not be counted.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, QuerySet
from rest_framework import serializers

from skeleton.db.access import Gate, OpenGate
from skeleton.db.counting import REMEMBERED, Counted
from skeleton.db.statements import Among, Inner, Param, Statement, compile_count, compile_rows
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.rest.filters import FilterSet
from skeleton.rest.listing import KeysetAfter, ListQuery, Sort, revive, write_cursor
from skeleton.rest.plans import Plan, plan_of

SHAPES = 512
"""How many compiled shapes are kept per list; the least recently used go first."""

KEY, TOTAL = "cursor_key", "list_total"

DEEP = 200
"""From so many rows skipped on, a page is found by its ids alone, before anything else of its rows is worked out."""

_PAGE, _BOUNDS = "LIMIT %s OFFSET %s", (Param("list_limit"), Param("list_skip"))


@dataclass(frozen=True, slots=True)
class Form:
    """What a list's statement does beyond reading the plan's columns.

    It counts all rows, is `deep`, gives each row's key and id for a cursor (`keyed`), or begins `after` one.
    """

    counting: bool = False
    deep: bool = False
    keyed: bool = False
    after: bool = False


def _bounds(limit: int | None, skip: int = 0) -> dict[str, Any]:
    return {"list_limit": limit, "list_skip": skip}


class Reader:
    """Reads one resource as its Output describes it, within its gate."""

    def __init__(
        self,
        gate: Gate,
        output: type[serializers.Serializer[Any]],
        *,
        filterset: type[FilterSet] | None = None,
        list_output: type[serializers.Serializer[Any]] | None = None,
    ) -> None:
        self.gate, self.filterset = gate, filterset
        self.output, self.list_output = output, list_output or output
        self._one = lru_cache(SHAPES)(self._compile_one)
        self._page = lru_cache(SHAPES)(self._compile_page)
        self._count = lru_cache(SHAPES)(self._compile_count)
        self._kept = lru_cache(SHAPES)(self._find_kept)
        self._key_field = lru_cache(SHAPES)(self._find_key_field)

    @property
    def plan(self) -> Plan:
        return plan_of(self.output)

    @property
    def list_plan(self) -> Plan:
        return plan_of(self.list_output)

    # one object

    def one(self, actor: Actor, pk: UUID) -> dict[str, Any]:
        """The object with this id. Raises NotFound where there is none that the actor may see."""
        return self.one_of(self.gate.scope(actor), actor.id, pk)

    def one_of(self, scope: Hashable, actor_id: UUID | None, pk: UUID) -> dict[str, Any]:
        """The object with this id within a scope of the gate, for where there is no actor yet (signing in)."""
        found = self._one(scope).run({"pk": pk, "actor_id": actor_id})
        if not found:
            raise NotFound
        return self.plan.build(found[0])

    def _compile_one(self, scope: Hashable) -> Statement:
        rows = self._rows(scope, self.plan).filter(pk=Param("pk")).order_by()
        return compile_rows(rows, self.plan.columns)

    # lists

    def page(self, actor: Actor, query: ListQuery) -> dict[str, Any]:
        """`{items, total, page, limit, has_more}`: the total exact, or of a moment ago (see `db.counting`)."""
        shape, values = self._shape(actor, query)
        skip = (query.page - 1) * query.limit
        known = None if self._kept(*shape) else REMEMBERED.recall(self._count(*shape), values)
        form = Form(counting=known is None and self._prepared(shape[1]), deep=skip >= DEEP)
        found = self._page(*shape, query.sort, form).run(values | _bounds(query.limit + 1, skip))
        rows, more = found[: query.limit], len(found) > query.limit
        shown = skip + len(rows)
        if not more and (rows or skip == 0):
            total = shown
        elif known is None:
            total = self._counted(shape, values, found[0][-1] if found and form.counting else None)
        else:
            total = max(known, shown + more)
        items = list(map(self.list_plan.build, rows))
        return {"items": items, "total": total, "page": query.page, "limit": query.limit, "has_more": more}

    def _counted(self, shape: tuple[Any, ...], values: dict[str, Any], came: int | None) -> int:
        """The total that `came` with a page's rows, or else that of a statement of its own; large ones are noted."""
        counting = self._count(*shape)
        total: int = counting.run(values)[0][0] if came is None else came
        if not self._kept(*shape):
            REMEMBERED.note(counting, values, total)
        return total

    def after(self, actor: Actor, query: ListQuery, *, plain: bool = False) -> dict[str, Any]:
        """`{items, next_cursor, has_more, limit}`: its cost does not grow with depth."""
        cursor = query.cursor
        if cursor is None:
            raise ValueError("not a cursor query")
        shape, values = self._shape(actor, query)
        if not cursor.starts:
            key = revive(cursor.after_key, self._key_field(shape[0], query.sort))
            values |= {"after_key": key, "after_id": cursor.after_id}
        form = Form(keyed=True, after=not cursor.starts)
        found = self._page(*shape, query.sort, form).run(values | _bounds(query.limit + 1))
        rows, more = found[: query.limit], len(found) > query.limit
        # the last two columns are the sort key and the id, behind those of the plan
        next_cursor = write_cursor(query.sort, rows[-1][-2], rows[-1][-1], plain=plain) if more else None
        items = list(map(self.list_plan.build, rows))
        return {"items": items, "next_cursor": next_cursor, "has_more": more, "limit": query.limit}

    def every(self, actor: Actor, query: ListQuery) -> list[dict[str, Any]]:
        """All rows, for the few lists that are not paged."""
        shape, values = self._shape(actor, query)
        rows = self._page(*shape, query.sort, Form()).run(values | _bounds(None))
        return list(map(self.list_plan.build, rows))

    def _shape(self, actor: Actor, query: ListQuery) -> tuple[tuple[Any, ...], dict[str, Any]]:
        scope, values = self.gate.scope(actor), {"actor_id": actor.id}
        if not self.filterset or not query.filters:
            return (scope, ()), values
        # the constants in the shape are all that `narrow` may see: bound values differ from call to call
        shape = self.filterset.shape(query.filters)
        return (scope, shape), values | self.filterset.bind(query.filters)

    def _narrowed(self, scope: Hashable, shape: tuple[Any, ...], rows: QuerySet[Any]) -> QuerySet[Any]:
        return self.filterset.narrow(rows, shape) if self.filterset and shape else rows

    def _compile_page(self, scope: Hashable, shape: tuple[Any, ...], sort: Sort, form: Form) -> Statement:
        rows, columns = self._rows(scope, self.list_plan), list(self.list_plan.columns)
        prepared = self._prepared(shape)
        asked = self._narrowed(scope, shape, rows).order_by(*sort.ordering())
        if form.deep:
            page = compile_rows(asked, ["pk"], tail=_PAGE, then=_BOUNDS)
            asked = rows.filter(Among(page)).order_by(*sort.ordering())
        if form.keyed:
            asked = asked.annotate(**{KEY: sort.expression, f"{KEY}_id": F("pk")})
            columns += [KEY, f"{KEY}_id"]
        if form.after:
            asked = asked.filter(KeysetAfter(sort, self._key_field(scope, sort)))
        if form.counting:
            asked = asked.annotate(**{TOTAL: Inner(self._count(scope, shape), BigIntegerField())})
            columns.append(TOTAL)
        if form.deep:
            return compile_rows(asked, columns, prepared=prepared)
        return compile_rows(asked, columns, tail=_PAGE, then=_BOUNDS, prepared=prepared)

    def _find_key_field(self, scope: Hashable, sort: Sort) -> Any:
        """The model field that tells what the order's key is."""
        rows = self._rows(scope, self.list_plan).annotate(**{KEY: sort.expression})
        return rows.query.annotations[KEY].output_field

    def _compile_count(self, scope: Hashable, shape: tuple[Any, ...]) -> Statement:
        kept = self._kept(scope, shape)
        if kept:
            return kept
        rows = self._narrowed(scope, shape, self.gate.rows(scope, Param("actor_id")))
        return compile_count(rows, prepared=self._prepared(shape))

    def _find_kept(self, scope: Hashable, shape: tuple[Any, ...]) -> Statement | None:
        """What answers the count without counting, where triggers keep it."""
        counted: Counted | None = self.gate.counted if isinstance(self.gate, OpenGate) else None
        return counted.answering(shape) if counted else None

    def _prepared(self, shape: tuple[Any, ...]) -> bool:
        return not (self.filterset and self.filterset.by_value(shape))

    def _rows(self, scope: Hashable, plan: Plan) -> QuerySet[Any]:
        rows = self.gate.rows(scope, Param("actor_id"))
        return rows.annotate(**plan.annotations) if plan.annotations else rows
