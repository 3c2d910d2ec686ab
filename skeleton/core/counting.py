"""How many rows a large table has, exactly, without counting them.

Every statement that adds or removes rows leaves its difference in `core_row_count`, in its own transaction; the count
is the sum of the differences that a reader's snapshot sees. So it is right under concurrency and rollback, and no row
of the counter is ever updated, so nobody waits for anybody. Now and then a writer folds the differences into one,
leaving out those that another is folding. All of it is done by triggers, which a migration sets with

    SELECT core_begin_counting('parties_party', 'kind')

where the second argument, if any, is the column by which the rows are counted apart.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from skeleton.core.fetching import fetch
from skeleton.core.statements import Statement

_ALL = "SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = %s"
_PART = f"{_ALL} AND part = %s"
_PARTS = "SELECT part, sum(delta)::bigint FROM core_row_count WHERE source = %s GROUP BY part HAVING sum(delta) > 0"


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted table, or the part of it whose rows have one value in the column that they are counted by."""

    table: str
    part: str | None = None

    def statement(self) -> Statement:
        """The statement that answers the count."""
        return Statement(_ALL, (self.table,)) if self.part is None else Statement(_PART, (self.table, self.part))

    def by_part(self) -> dict[str, int]:
        """How many rows each part of the table has; parts without any are left out."""
        return dict(fetch(_PARTS, [self.table]))


@dataclass(frozen=True, slots=True)
class Bounded:
    """A count that gave up at `number`, where `more`: for what nobody counts to the end, and what no trigger keeps."""

    number: int
    more: bool

    @classmethod
    def of(cls, rows: QuerySet[Any], *, most: int = 1000) -> "Bounded":
        """Count `rows`, at most so many of them."""
        found = rows.order_by()[: most + 1].count()
        return cls(min(found, most), found > most)
