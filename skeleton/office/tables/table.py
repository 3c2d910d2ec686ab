"""A list as a table: its columns, and the key by which rows are matched."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import Model, QuerySet
from psycopg.types.range import Range

from skeleton.kernel.redaction import redact
from skeleton.office.tables.columns import (
    AmountColumn,
    BooleanColumn,
    Column,
    DateTimeColumn,
    JsonColumn,
    NumberColumn,
    TextColumn,
)

ID = "id"
ONE_DAY = dt.timedelta(days=1)
CHUNK = 1_000
"""Rows read at a time."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with `columns` in addition to the id. `key` has the columns that identify a record if a row has no id.

    `joins` and `prefetches` are the related data that the columns need, for select_related and prefetch_related.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    prefetches: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [ID, *(column.name for column in self.columns)]

    @property
    def key_columns(self) -> list[Column]:
        by_name = {column.name: column for column in self.columns}
        return [by_name[name] for name in self.key]

    def only(self, names: Collection[str]) -> "Table":
        """Return the table with these columns only. Its key remains if they include all of it."""
        columns = tuple(column for column in self.columns if column.name in names)
        return replace(self, columns=columns, key=self.key if set(self.key) <= set(names) else ())

    def read_only(self, names: Collection[str]) -> "Table":
        """Return the table with these columns read-only, so that an import ignores them."""
        columns = tuple(column.as_read_only() if column.name in names else column for column in self.columns)
        return replace(self, columns=columns)

    def with_related(self, rows: QuerySet[Model]) -> QuerySet[Model]:
        """Return `rows` with all related data that the columns need."""
        return (
            rows.select_related(*self.joins).prefetch_related(*self.prefetches)
            if self.joins or self.prefetches
            else rows
        )

    def lines(self, rows: QuerySet[Model]) -> Iterator[Sequence[object]]:
        """Yield the heading, then a line for each record."""
        columns = [part.prepare() for column in self.columns for part in column.spread_over(rows)]
        yield [ID, *(column.name for column in columns)]
        for record in self.with_related(rows).iterator(CHUNK):
            yield line_of(record, columns)

    def template(self) -> list[list[object]]:
        """Return the heading of an import template, without read-only columns."""
        return [[ID, *(column.name for column in self.columns if not column.read_only)]]


def line_of(record: Model, columns: Iterable[Column]) -> list[object]:
    """Return the cells of a record, starting with its id."""
    values = {column.name: column.value_of(record) for column in columns}
    return [str(record.pk), *(column.cell_for(record, values) for column in columns)]


# --- where nothing else is said ---------------------------------------------------------------------------------------

SECRET_FIELD_NAMES = ("password", "secret", "token", "hash", "epoch", "storage_key", "procrastinate")
"""Fields whose name contains one of these are never exported."""

FOLDED_KEY = "_key"
"""The end of the name of a column that only PostgreSQL uses, to compare another one."""


@cache
def table_for_model(model: type[Model]) -> Table:
    """Return a read-only table of a model's own fields: amounts in whole units, references by name."""
    fields = [field for field in model._meta.concrete_fields if _is_exported(field)]
    joins = tuple(field.name for field in fields if isinstance(field, models.ForeignKey))
    has_currency = any(field.name == "currency" for field in fields)
    return Table(tuple(_column_of(field, has_currency=has_currency) for field in fields), joins=joins)


def _is_exported(field: "models.Field[Any, Any]") -> bool:
    if field.primary_key or isinstance(field, (models.GeneratedField, models.BinaryField)):
        return False
    return not field.name.endswith(FOLDED_KEY) and not any(word in field.name for word in SECRET_FIELD_NAMES)


def _column_of(field: "models.Field[Any, Any]", *, has_currency: bool) -> Column:
    name = field.name
    if isinstance(field, (models.DateField, models.TimeField)):
        return DateTimeColumn(name)
    if isinstance(field, models.BigIntegerField) and has_currency:
        return AmountColumn(name, read_only=True)
    if isinstance(field, _TEXTS):
        return TextColumn(name, source=lambda record: _text(getattr(record, name)), read_only=True)
    for kind, column in _COLUMNS.items():
        if isinstance(field, kind):
            return column(name, read_only=True)
    if isinstance(field, DateRangeField):
        return TextColumn(name, source=lambda record: _date_range_text(getattr(record, name)), read_only=True)
    if isinstance(field, (models.JSONField, ArrayField)):
        return RedactedJsonColumn(name, read_only=True)
    raise TypeError(f"No column for {field}: give its screen a table.")


class RedactedJsonColumn(JsonColumn):
    """Read-only JSON. Anything that looks like a password or a token is hidden."""

    def to_cell(self, value: object, values: object) -> object:
        return redact(orjson.dumps(value, default=str).decode()) if value else None


_TEXTS = (models.ForeignKey, models.CharField, models.TextField, models.UUIDField, models.GenericIPAddressField)

_COLUMNS: dict[type["models.Field[Any, Any]"], type[Column]] = {
    models.DecimalField: NumberColumn,
    models.IntegerField: NumberColumn,
    models.BooleanField: BooleanColumn,
}


def _text(value: object) -> str | None:
    """Return a text, or the name of another record."""
    return None if value is None else str(value)


def _date_range_text(value: Range[dt.date] | None) -> str | None:
    """Format a period as in ISO 8601, both days included: `2026-01-01/2026-12-31`, with `..` for an open end."""
    if value is None or value.isempty:
        return None
    last = value.upper - ONE_DAY if value.upper and not value.upper_inc else value.upper
    return f"{value.lower or '..'}/{last or '..'}"
