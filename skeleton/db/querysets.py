"""QuerySets with row-level access (`visible_to`) and a query key, so that their SQL is compiled only once.

A queryset from a model's manager has a query key: the model, and the `@keyed` methods called since. Two querysets with
the same key have the same SQL and differ only in values, so `rest.compiled` compiles it once, with a `Placeholder` for
each value. Any other change to a queryset (`filter`, `order_by`, access to its `query`) drops the key and the compiled
SQL: such a queryset works as usual, and is compiled for each request.

    class FileQuerySet(RowLevelQuerySet["File"]):
        def visible_to(self, actor):
            return self if actor.can("files:*") else self.owned_by(actor.id)

        @keyed
        def owned_by(self, user_id):
            return self.filter(owner_id=user_id)
"""

import datetime as dt
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import wraps
from typing import Any, ClassVar, Concatenate, NamedTuple, ParamSpec, Protocol, Self, TypeVar, overload
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.sql import Query

from skeleton.db.compiled_sql import CLOCK_IS_FROZEN, Placeholder, reads_clock
from skeleton.db.counting import MaintainedCount

PLACEHOLDER_TYPES = frozenset({UUID, str, int, float, Decimal, dt.date, dt.datetime})
"""Types of arguments that a `Placeholder` can replace. Others (None, a member of an enum) are part of the key."""

_get_query, _set_query = QuerySet.query.fget, QuerySet.query.fset  # type: ignore[attr-defined]

_Row = TypeVar("_Row", bound=Model)
_Rows = TypeVar("_Rows", bound="RowLevelQuerySet[Any]")
_P = ParamSpec("_P")


_DEFERRED: Any = object()
"""Stands for the query of a queryset that has not built it yet."""


class Step(NamedTuple):
    """A call of a keyed method: its name, its constant arguments, and the names of its values."""

    name: str
    constants: tuple[tuple[str, Hashable], ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryKey:
    """The steps that built a queryset. `values` are what differs between querysets with the same key; not compared."""

    queryset: type["RowLevelQuerySet[Any]"]
    model: type[Model]
    steps: tuple[Step, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict, compare=False)

    def then(self, name: str, arguments: Mapping[str, object]) -> "QueryKey":
        """Return the key with one more step."""
        constants: list[tuple[str, Hashable]] = []
        names: list[tuple[str, str]] = []
        values = dict(self.values)
        for argument, value in arguments.items():
            if type(value) in PLACEHOLDER_TYPES:
                key = f"{len(self.steps)}.{name}.{argument}"
                names.append((argument, key))
                values[key] = value
            else:
                hash(value)
                constants.append((argument, value))
        steps = (*self.steps, Step(name, tuple(constants), tuple(names)))
        return QueryKey(self.queryset, self.model, steps, values)

    def rows(self, *, placeholders: bool = True) -> QuerySet[Model]:
        """Build the ordinary queryset, by default with a `Placeholder` for each value."""
        found: QuerySet[Model] = self.queryset(self.model, Query(self.model))
        for step in self.steps:
            values = {name: Placeholder(key) if placeholders else self.values[key] for name, key in step.values}
            found = getattr(found, step.name)(**dict(step.constants), **values)
        return found

    @property
    def maintained_count(self) -> MaintainedCount | None:
        """Return the maintained count of exactly these rows, or None if there is none."""
        count = self.queryset.maintained_count
        for step in self.steps:
            count_rule: _CountRule | None = getattr(self.queryset, step.name).count_rule
            count = count_rule(count, dict(step.constants)) if count and count_rule else None
        return count


class RowLevelQuerySet(QuerySet[_Row]):
    """A queryset whose rows depend on the actor. Unless `visible_to` is overridden, everyone sees every row.

    `maintained_count` is the count that triggers maintain for the table, if any (see `db.counting`).
    """

    maintained_count: ClassVar[MaintainedCount | None] = None
    _key: QueryKey | bool | None
    """The query key; True for one without steps, which most querysets start with; None if the key has been dropped."""

    _hints: dict[str, Model]
    _query: object

    def __init__(
        self,
        model: type[Model] | None = None,
        query: Query | None = None,
        using: str | None = None,
        hints: dict[str, Model] | None = None,
    ) -> None:
        begins = query is None and using is None
        super().__init__(model, _DEFERRED if begins else query, using, hints)
        self._key = True if begins else None

    def visible_to(self, actor: object) -> Self:
        """Return the rows that `actor` may see. Other rows do not exist for them: not in lists, and 404 by id."""
        return self

    def all(self) -> Self:
        query_key = self.query_key
        return self._keyed(query_key) if query_key else super().all()

    @property
    def query_key(self) -> QueryKey | None:
        """Return the query key with its values, or None if the queryset was changed in any other way."""
        return QueryKey(type(self), self.model) if self._key is True else self._key or None

    @property
    def query(self) -> Any:
        """Return the query, building it if necessary. The caller may change it, so the key is dropped."""
        query_key = self._key
        if query_key is not None:
            if isinstance(query_key, QueryKey) and query_key.steps:
                self.__dict__.update({**vars(query_key.rows(placeholders=False)), "_hints": self._hints})
            else:
                self._query = Query(self.model)
            self._key = None  # last, because another thread may access the same queryset
        return _get_query(self)

    @query.setter
    def query(self, value: object) -> None:
        self._key = None
        _set_query(self, value)

    def _keyed(self, query_key: QueryKey) -> Self:
        made = type(self)(self.model, None, None, self._hints)
        made._key = query_key
        return made


def is_plain(rows: QuerySet[Model]) -> bool:
    """Return whether a queryset can be filtered, locked and extended by columns without reading other rows."""
    query = rows.query
    return not (
        query.distinct or query.is_sliced or query.combinator or query.values_select or query.group_by is not None
    )


def plain_rows(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return the same rows as a queryset that can be filtered, locked and extended by columns.

    The rows of a distinct, grouped or sliced queryset, or of a union, are found by their ids. Columns from `annotate`
    are read for each row, except those of a slice or a union, which can't be limited to a row.
    """
    if is_plain(rows):
        return rows
    query = rows.query
    plain: QuerySet[_Row] = rows.model._base_manager.using(rows.db).filter(pk__in=rows.values("pk"))
    if query.is_sliced or query.combinator:
        return plain
    one = rows.order_by().filter(pk=OuterRef("pk"))
    columns = {name: Subquery(one.values(name)[:1]) for name in query.annotation_select}
    annotated: QuerySet[_Row] = plain.annotate(**columns)
    return annotated


class _CountRule:
    """Returns the maintained count after a call of a keyed method, if there still is one; see `keyed`."""

    def __init__(self, partition: str | None) -> None:
        self.partition = partition

    def __call__(self, count: MaintainedCount, constants: Mapping[str, object]) -> MaintainedCount | None:
        if self.partition is None:
            return count
        return replace(count, partition=str(constants[self.partition])) if self.partition in constants else None


class _Keyed(Protocol[_P]):
    """A queryset method that returns a queryset of the class it is called on."""

    def __get__(self, rows: _Rows, owner: object = None) -> Callable[_P, _Rows]: ...

    def __call__(self, rows: _Rows, *args: _P.args, **kwargs: _P.kwargs) -> _Rows: ...


@overload
def keyed(method: Callable[Concatenate[Any, _P], QuerySet[Model]], /) -> _Keyed[_P]: ...


@overload
def keyed(
    *, keeps_rows: bool = False, partition: str | None = None
) -> Callable[[Callable[Concatenate[Any, _P], QuerySet[Model]]], _Keyed[_P]]: ...


def keyed(
    method: Callable[..., object] | None = None, /, *, keeps_rows: bool = False, partition: str | None = None
) -> Any:
    """Make a queryset method part of the query key. It runs only when the query is needed, or to compile it.

    The method must only build on `self` and use its arguments as values: it may receive a `Placeholder` for each, which
    raises ValueNotKnown if the method looks at it. A method that reads the clock is refused.
    `keeps_rows` means that it adds columns and excludes no rows, so a maintained count stays valid. `partition` names
    the argument that selects one partition of the maintained count.
    """
    if method is None:
        return lambda found: _keyed(found, _CountRule(partition) if keeps_rows or partition else None)
    return _keyed(method, None)


def _keyed(method: Callable[..., object], count_rule: _CountRule | None) -> object:
    names = tuple(inspect.signature(method).parameters)[1:]
    if reads_clock(method):
        raise ImproperlyConfigured(f"{method.__qualname__} {CLOCK_IS_FROZEN}")

    @wraps(method)
    def called(self: RowLevelQuerySet[Model], *args: object, **kwargs: object) -> object:
        query_key = self.query_key
        if query_key is None:
            return method(self, *args, **kwargs)
        return self._keyed(query_key.then(method.__name__, {**dict(zip(names, args, strict=False)), **kwargs}))

    called.count_rule = count_rule  # type: ignore[attr-defined]
    return called
