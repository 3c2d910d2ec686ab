"""SQL that is compiled from a queryset once, and run many times with different values.

Compiling a queryset to SQL often takes longer than the query itself. A queryset with a `Placeholder` for each value is
compiled once, and each run only inserts the values.
"""

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import unwrap
from types import CodeType, FrameType
from typing import Any, ClassVar, Never, NoReturn

from django.db import connection
from django.db.models import BooleanField, DateField, Expression, F, Field, Func, Model, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.sql.compiler import SQLCompiler

from skeleton.db.fetching import Rows, fetch
from skeleton.kernel.days import today

_compiling: ContextVar[bool] = ContextVar("compiling_a_statement", default=False)


class Parameter(Expression):
    """A parameter of compiled SQL. Its value is known only when the statement runs."""

    def __init__(self, name: str, output_field: "Field[Never, object] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[object]]:  # type: ignore[override]
        return "%s", [self]

    def get_group_by_cols(self) -> list[BaseExpression]:
        return []  # it has one value for all rows

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class ValueNotKnown(TypeError):
    """A method looked at the value of a `Placeholder`."""


def _asked_by_django(frame: FrameType) -> bool:
    """Return whether Django compares the arguments of expressions, to find equal ones."""
    return str(frame.f_globals.get("__name__")).startswith("django.")


class Placeholder(Parameter):
    """Stands for a value in the method that builds a queryset. In the queryset, it becomes a `Parameter`.

    The method may pass it on, but not look at it: that raises ValueNotKnown, because the SQL is used for all values.
    `variant` distinguishes values that need different SQL (for example an id or a code).
    """

    never: ClassVar[Sequence[object]] = ()
    """Values that it does not have."""

    def __init__(self, name: str, output_field: "Field[Never, object] | None" = None, variant: object = None) -> None:
        super().__init__(name, output_field)
        self.known_field, self.variant = output_field, variant

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        return Parameter(self.name, self.known_field).resolve_expression(*args, **kwargs)

    def _refuse(self, *args: object) -> NoReturn:
        raise ValueNotKnown(
            f"The SQL is compiled once for all values of {self.name!r}, so a @keyed method or a filter's method= can't"
            " look at its argument: pass it on to filter(), or decide before the call. A filter of"
            " skeleton.rest.filters with constant = True passes the value itself."
        )

    def __eq__(self, other: object) -> bool:
        if other in self.never:
            return False
        return super().__eq__(other) if _asked_by_django(sys._getframe(1)) else self._refuse()

    def __hash__(self) -> int:
        return super().__hash__() if _asked_by_django(sys._getframe(1)) else self._refuse()

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __str__ = __format__ = __len__ = __iter__ = __contains__ = __int__ = __float__ = _refuse


class QueryWhileCompiling(TypeError):
    """A method that builds a queryset has executed one, whose result would be used by all later requests."""


def _refuse_query(*args: object) -> NoReturn:
    raise QueryWhileCompiling(
        "The SQL is compiled once for all requests, so rows that a @keyed method or a filter's method= reads would"
        " never be read again: pass a queryset on to filter(), without list() or a loop."
    )


@contextmanager
def refusing_queries() -> Iterator[None]:
    """Raise QueryWhileCompiling for any query within the block."""
    with connection.execute_wrapper(_refuse_query):
        yield


_CLOCKS = frozenset({"today", "now", "utcnow", "localdate", "localtime"})
"""Names of the functions of Python, Django and this project that return the current date or time."""

CLOCK_IS_FROZEN = "reads the clock, but its SQL is compiled once: use CurrentDate(), or Now() of Django."


def reads_clock(method: Callable[..., object]) -> bool:
    """Return whether the code of a method names a function that returns the current date or time."""
    code = getattr(unwrap(method), "__code__", None)
    return isinstance(code, CodeType) and any(_CLOCKS & set(each.co_names) for each in _codes_of(code))


def _codes_of(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes_of(const)


_TODAY = Parameter("today")


class CurrentDate(Expression):
    """The current date (`days.today()`) as a parameter. It is evaluated whenever the SQL runs, not when compiled."""

    output_field = DateField()

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[object]]:  # type: ignore[override]
        return "%s::date", [_TODAY if _compiling.get() else today()]


@contextmanager
def _compiled_once() -> Iterator[None]:
    token = _compiling.set(True)
    try:
        yield
    finally:
        _compiling.reset(token)


@dataclass(frozen=True, slots=True)
class CompiledSQL:
    """Compiled SQL. A run replaces each Parameter in `params` by the value with its name.

    Statements that run often are prepared on the server, where PostgreSQL may use one plan for all values. If
    `prepared` is false, each run is planned for its values.
    """

    sql: str
    params: tuple[object, ...]
    prepared: bool = True

    def run(self, values: Mapping[str, object]) -> Rows:
        """Return all rows, with `values` for the placeholders."""
        return fetch(self.sql, self._parameters(values), prepared=self.prepared)

    def cache_key(self, values: Mapping[str, object]) -> Hashable:
        """Return a key that is equal for runs with the same SQL and parameters."""
        return self.sql, tuple(self._parameters(values))

    def _parameters(self, values: Mapping[str, object]) -> list[object]:
        return [
            param if not isinstance(param, Parameter) else today() if param is _TODAY else values[param.name]
            for param in self.params
        ]


class ScalarSubquery(Expression):
    """A statement with one value as a column of another. It is uncorrelated, so PostgreSQL runs it once."""

    def __init__(self, statement: CompiledSQL, output_field: "Field[Never, object]") -> None:
        super().__init__(output_field=output_field)
        self.statement = statement

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[object]]:  # type: ignore[override]
        return f"({self.statement.sql})", list(self.statement.params)

    def get_group_by_cols(self) -> list[BaseExpression]:
        return []


class PkInSubquery(Func):
    """Tests whether the row's id is in the result of a statement."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, statement: CompiledSQL) -> None:
        super().__init__(F("pk"))
        self.statement = statement

    def as_sql(self, compiler: SQLCompiler, connection: object, **_: object) -> tuple[str, list[object]]:  # type: ignore[override]
        pk, params = compiler.compile(self.source_expressions[0])
        return f"{pk} IN ({self.statement.sql})", [*params, *self.statement.params]


def compile_rows(
    rows: QuerySet[Model],
    columns: Sequence[str],
    *,
    tail: str = "",
    tail_params: Sequence[Parameter] = (),
    prepared: bool = True,
) -> CompiledSQL:
    """Compile the statement that reads `columns` of `rows`.

    `tail` is SQL to append, such as `LIMIT %s`, with the parameters `tail_params`.
    """
    with _compiled_once():
        sql, params = rows.values_list(*columns).query.sql_with_params()
    return CompiledSQL(f"{sql} {tail}".rstrip(), (*params, *tail_params), prepared)


def compile_count(rows: QuerySet[Model], *, prepared: bool = True) -> CompiledSQL:
    """Compile the statement that counts `rows`, without annotations that no filter needs."""
    with _compiled_once():
        sql, params = rows.order_by().values("pk").query.sql_with_params()
    return CompiledSQL(f"SELECT count(*) FROM ({sql}) AS counted", params, prepared)  # noqa: S608 (SQL from the ORM)
