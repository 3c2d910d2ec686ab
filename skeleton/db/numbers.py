"""Number series without gaps or duplicates: INV-2026-001, INV-2026-002, …

The row of a series is locked until the transaction commits, and a rollback returns the number. To keep this lock short,
take the number after all other locks; the statement that inserts the document does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.models import Model

from skeleton.db.inserts import Row, as_parameter, insert_for

NUMBER = "number"
"""The column that holds the number."""


@dataclass(frozen=True, slots=True)
class Series:
    """A number series of one year: `<prefix>-<year>-<n>`, where n has at least `digits` digits."""

    prefix: str
    year: int
    digits: int

    @property
    def name(self) -> str:
        return f"{self.prefix}-{self.year}"


def insert_numbered(model: type[Model], row: Mapping[str, object], series: Series) -> Row:
    """Insert `row` (values by column) with the next number, and return it with the model's defaults filled in.

    Take all other locks before. Raises TypeError for an unknown column.
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
    insert = insert_for(model).sql(extra_source="series, ", overrides={NUMBER: "series.next"})
    return f"{_NEXT_NUMBER} {insert} RETURNING {NUMBER}"
