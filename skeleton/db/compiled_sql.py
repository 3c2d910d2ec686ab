"""SQL that is compiled once per shape and run many times with other values.

The ORM spends more time on turning a queryset into SQL than PostgreSQL spends on answering it. A queryset in which
`Placeholder` stands for each value is compiled once; a run only fills the values in.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, DateField, Expression, F, Field, Func, Model, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.sql.compiler import SQLCompiler

from skeleton.db.fetching import Rows, fetch
from skeleton.kernel.days import today

_compiling: ContextVar[bool] = ContextVar("compiling_a_statement", default=False)


class Placeholder(Expression):
    """A place for a value that is known only when the statement runs.

    `variant` tells apart what changes the SQL itself (an id or a code?), and is part of the shape.
    """

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None, variant: object = None) -> None:
        super().__init__(output_field=output_field)
        self.name, self.variant = name, variant

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[object]]:  # type: ignore[override]
        return "%s", [self]

    def __repr__(self) -> str:
        return f"Placeholder({self.name!r})"


_TODAY = Placeholder("today")


class CurrentDate(Expression):
    """Today by `days.today()`, as a parameter: of the moment at which the SQL runs, also where it is compiled once."""

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
    """Compiled SQL; where a Placeholder stands in `params`, the value of that name is put.

    Run often, it is prepared on the server, where PostgreSQL may settle on one plan for all values. Not so where
    `prepared` is false: it is then planned for its values each time.
    """

    sql: str
    params: tuple[object, ...]
    prepared: bool = True

    def run(self, values: Mapping[str, object]) -> Rows:
        """All rows, with `values` for the placeholders."""
        return fetch(self.sql, self._parameters(values), prepared=self.prepared)

    def cache_key(self, values: Mapping[str, object]) -> Hashable:
        """What two runs have in common that ask for the same."""
        return self.sql, tuple(self._parameters(values))

    def _parameters(self, values: Mapping[str, object]) -> list[object]:
        return [
            param if not isinstance(param, Placeholder) else today() if param is _TODAY else values[param.name]
            for param in self.params
        ]


class ScalarSubquery(Expression):
    """A statement of one value as a column of another. It knows nothing of the rows around it, and so runs once."""

    def __init__(self, statement: CompiledSQL, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.statement = statement

    def as_sql(self, compiler: object, connection: object) -> tuple[str, list[object]]:  # type: ignore[override]
        return f"({self.statement.sql})", list(self.statement.params)

    def get_group_by_cols(self) -> list[BaseExpression]:
        return []


class PkInSubquery(Func):
    """Whether a row's id is one of those that a statement gives."""

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
    tail_params: Sequence[Placeholder] = (),
    prepared: bool = True,
) -> CompiledSQL:
    """Compile the statement that reads `columns` of `rows`.

    `tail` is SQL to append, such as `LIMIT %s`, with the placeholders `tail_params`.
    """
    with _compiled_once():
        sql, params = rows.values_list(*columns).query.sql_with_params()
    return CompiledSQL(f"{sql} {tail}".rstrip(), (*params, *tail_params), prepared)


def compile_count(rows: QuerySet[Model], *, prepared: bool = True) -> CompiledSQL:
    """The statement that counts `rows`; annotations that no filter needs are left out."""
    with _compiled_once():
        sql, params = rows.order_by().values("pk").query.sql_with_params()
    return CompiledSQL(f"SELECT count(*) FROM ({sql}) AS counted", params, prepared)  # noqa: S608 (the ORM wrote it)
