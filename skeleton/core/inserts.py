"""Writing new rows in one statement, whose text depends neither on how many they are nor on their values.

The ORM compiles each INSERT anew, which costs a document of a few lines as much as everything else about it. Here
the rows travel as one JSON parameter, and PostgreSQL takes them apart by the table's own types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field, GeneratedField, Model
from django.utils import timezone

Row = dict[str, Any]


def insert_rows(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Insert `rows` of column values in their order, and give them back with the model's defaults filled in.

    Neither signals nor `save` are involved; constraints and triggers are, as ever.
    """
    insert = _insert_of(model)
    filled = [insert.fill(row) for row in rows]
    if filled:
        with connection.cursor() as cursor:
            cursor.execute(insert.sql, [orjson.dumps(filled, default=str).decode()])
    return filled


@dataclass(frozen=True, slots=True)
class _Insert:
    sql: str
    columns: frozenset[str]
    defaults: tuple[tuple[str, Callable[[], Any]], ...]

    def fill(self, row: Mapping[str, Any]) -> Row:
        unknown = row.keys() - self.columns
        if unknown:
            raise TypeError(f"no such columns: {', '.join(sorted(unknown))}")
        return {name: default() for name, default in self.defaults if name not in row} | dict(row)


@cache
def _insert_of(model: type[Model]) -> _Insert:
    fields = {str(f.column): f for f in model._meta.concrete_fields if not isinstance(f, GeneratedField)}
    quote = connection.ops.quote_name
    names, table = ", ".join(quote(column) for column in fields), quote(model._meta.db_table)
    return _Insert(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",  # noqa: S608 (the model's own names)
        frozenset(fields),
        tuple((column, _default_of(field)) for column, field in fields.items()),
    )


def _default_of(field: "Field[Any, Any]") -> Callable[[], Any]:
    return timezone.now if getattr(field, "auto_now", False) else field.get_default
