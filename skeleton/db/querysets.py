"""QuerySets with row-level access (`visible_to`) and a query key, by which their SQL is compiled once.

A queryset from a model's manager has a query key: the model, and the `@keyed` methods called since. Two querysets with
one key have the same SQL and differ only in values, so `rest.reading` compiles it once, with a `Placeholder` for each.
Whatever else is done to a queryset (`filter`, `order_by`, a change of its `query`) drops the key, and with it the
compiled SQL: such a queryset is honoured as it is, and compiled each time.

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

from django.db.models import Model, QuerySet
from django.db.models.sql import Query

from skeleton.db.counting import MaintainedCount
from skeleton.db.statements import Placeholder

VALUES = frozenset({UUID, str, int, float, Decimal, dt.date, dt.datetime})
"""Types of arguments that a `Placeholder` can stand for. Others (None, an enumeration's member) are part of the key."""

_get_query, _set_query = QuerySet.query.fget, QuerySet.query.fset  # type: ignore[attr-defined]

_Row = TypeVar("_Row", bound=Model)
_Rows = TypeVar("_Rows", bound="RowLevelQuerySet[Any]")
_P = ParamSpec("_P")


_PUT_OFF: Any = object()
"""Stands for the query of a queryset that has made none yet."""


class Step(NamedTuple):
    """A keyed method that was called: its name, and its arguments as constants and as names of values."""

    name: str
    constants: tuple[tuple[str, Hashable], ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a queryset was made: its query key. `values` are what differs between querysets of one key."""

    queryset: type["RowLevelQuerySet[Any]"]
    model: type[Model]
    steps: tuple[Step, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def then(self, name: str, arguments: Mapping[str, object]) -> "Recipe":
        """The recipe with one more step."""
        constants: list[tuple[str, Hashable]] = []
        names: list[tuple[str, str]] = []
        values = dict(self.values)
        for argument, value in arguments.items():
            if type(value) in VALUES:
                key = f"{len(self.steps)}.{name}.{argument}"
                names.append((argument, key))
                values[key] = value
            else:
                hash(value)
                constants.append((argument, value))
        steps = (*self.steps, Step(name, tuple(constants), tuple(names)))
        return Recipe(self.queryset, self.model, steps, values)

    def rows(self, *, placeholders: bool = True) -> QuerySet[Any]:
        """The ordinary queryset that this describes, with a `Placeholder` for each value unless told otherwise."""
        found: Any = self.queryset(self.model, Query(self.model))
        for step in self.steps:
            values = {name: Placeholder(key) if placeholders else self.values[key] for name, key in step.values}
            found = getattr(found, step.name)(**dict(step.constants), **values)
        return found  # type: ignore[no-any-return]

    @property
    def counted(self) -> MaintainedCount | None:
        """Where PostgreSQL keeps the number of exactly these rows, if it does."""
        counted = self.queryset.counted
        for step in self.steps:
            keeps: _RecordsSteps | None = getattr(self.queryset, step.name).keeps
            counted = keeps(counted, dict(step.constants)) if counted and keeps else None
        return counted


class RowLevelQuerySet(QuerySet[_Row]):
    """A queryset whose rows depend on who asks. Without a `visible_to` of its own everybody sees every row.

    `counted` says where PostgreSQL keeps how many rows the table has, if it does (see `db.counting`).
    """

    counted: ClassVar[MaintainedCount | None] = None
    _steps: Recipe | bool | None
    """Its recipe; True for one without steps, which most querysets begin as; None where there is no recipe any more."""

    _hints: dict[str, object]
    _query: object

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        begins = query is None and using is None
        super().__init__(model, _PUT_OFF if begins else query, using, hints)
        self._steps = True if begins else None

    def visible_to(self, actor: object) -> Self:
        """The rows that `actor` may see. What it leaves out does not exist for the actor: a 404, or an absence."""
        return self

    def all(self) -> Self:
        recipe = self.recipe
        return self._keyed(recipe) if recipe else super().all()

    @property
    def recipe(self) -> Recipe | None:
        """The query key with its values; None for a queryset that was changed in any other way."""
        return Recipe(type(self), self.model) if self._steps is True else self._steps or None

    @property
    def query(self) -> Any:
        """The query, made now if it was put off. Whoever holds it may change it, so the key is dropped."""
        recipe = self._steps
        if recipe is not None:
            if isinstance(recipe, Recipe) and recipe.steps:
                self.__dict__.update({**vars(recipe.rows(placeholders=False)), "_hints": self._hints})
            else:
                self._query = Query(self.model)
            self._steps = None  # last, since another thread may ask the same queryset
        return _get_query(self)

    @query.setter
    def query(self, value: object) -> None:
        self._steps = None
        _set_query(self, value)

    def _keyed(self, recipe: Recipe) -> Self:
        made = type(self)(self.model, None, None, self._hints)
        made._steps = recipe
        return made


class _RecordsSteps:
    """What becomes of the kept count when a keyed method is called; see `keyed`."""

    def __init__(self, part: str | None) -> None:
        self.part = part

    def __call__(self, counted: MaintainedCount, constants: Mapping[str, object]) -> MaintainedCount | None:
        if self.part is None:
            return counted
        return replace(counted, part=str(constants[self.part])) if self.part in constants else None


class _Keyed(Protocol[_P]):
    """A queryset method that gives a queryset of the class it is called on."""

    def __get__(self, rows: _Rows, owner: object = None) -> Callable[_P, _Rows]: ...

    def __call__(self, rows: _Rows, *args: _P.args, **kwargs: _P.kwargs) -> _Rows: ...


@overload
def keyed(method: Callable[Concatenate[Any, _P], QuerySet[Model]], /) -> _Keyed[_P]: ...


@overload
def keyed(
    *, keeps_rows: bool = False, part: str | None = None
) -> Callable[[Callable[Concatenate[Any, _P], QuerySet[Any]]], _Keyed[_P]]: ...


def keyed(method: object = None, /, *, keeps_rows: bool = False, part: str | None = None) -> Any:
    """Make a queryset method part of the query key; it runs only when the query is needed, or to compile it.

    The method must only build on `self` and use its arguments as values: it may get a `Placeholder` for each.
    `keeps_rows`: it adds columns and leaves out no row, so a maintained count stays right. `part` names the argument by
    which the rows are counted apart.
    """
    if method is None:
        return lambda found: _keyed(found, _RecordsSteps(part) if keeps_rows or part else None)
    return _keyed(method, None)


def _keyed(method: Any, keeps: _RecordsSteps | None) -> object:
    names = tuple(inspect.signature(method).parameters)[1:]

    @wraps(method)
    def called(self: Any, *args: Any, **kwargs: Any) -> object:
        recipe = self.recipe
        if recipe is None:
            return method(self, *args, **kwargs)
        return self._keyed(recipe.then(method.__name__, {**dict(zip(names, args, strict=False)), **kwargs}))

    called.keeps = keeps  # type: ignore[attr-defined]
    return called
