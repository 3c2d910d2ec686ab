"""Number series without gaps or doubles: INV-2026-001, INV-2026-002, …

A number belongs to the transaction that takes it: the series' row is locked until commit, and a rollback gives the
number back. So it is taken as late as possible, after every other lock, and by the very statement that writes the
document: each round trip less under that lock is time in which another could have the next number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.models import Model

from skeleton.db.inserts import Row, as_parameter, insert_for

NUMBER = "number"
"""The column of a model that is numbered."""


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one kind in one year: `<prefix>-<year>-<n>` with at least `digits` digits."""

    prefix: str
    year: int
    digits: int

    @property
    def name(self) -> str:
        return f"{self.prefix}-{self.year}"


def insert_numbered(model: type[Model], row: Mapping[str, object], series: Series) -> Row:
    """Insert `row` of column values with the series' next number, and give it back with the model's defaults filled in.

    Take every other lock before. Raises TypeError for a column that the model does not have.
    """
    filled = insert_for(model).fill({**row, NUMBER: ""})
    with connection.cursor() as cursor:
        cursor.execute(_statement(model), [series.name, series.name, series.digits, as_parameter([filled])])
        (filled[NUMBER],) = cursor.fetchone()
    return filled


def take_number(series: Series) -> str:
    """Return the series' next number, for a document that is numbered after it was inserted.

    Take every other lock before, but for those of stock and accounting.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_NUMBER, [series.name, series.name, series.digits])
        (number,) = cursor.fetchone()
    return str(number)


_NEXT_NUMBER = """
    WITH taken AS (
        INSERT INTO core_number_series AS s (name, last) VALUES (%s, 1)
        ON CONFLICT (name) DO UPDATE SET last = s.last + 1
        RETURNING last::text
    ), series AS (
        SELECT %s || '-' || lpad(last, greatest(%s, length(last)), '0') AS next FROM taken
    )
"""

_TAKE_NUMBER = f"{_NEXT_NUMBER} SELECT next FROM series"  # noqa: S608 (constants only)


@cache
def _statement(model: type[Model]) -> str:
    insert = insert_for(model).sql(beside="series, ", instead={NUMBER: "series.next"})
    return f"{_NEXT_NUMBER} {insert} RETURNING {NUMBER}"
