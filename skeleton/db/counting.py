"""How many rows there are: of a large table exactly and without counting them, of a long list as it was a moment ago.

**Kept.** Every statement that adds or removes rows leaves its difference in `core_row_count`, in its own transaction;
the count is the sum of the differences that a reader's snapshot sees. So it is right under concurrency and rollback,
and no row of the counter is ever updated, so nobody waits for anybody. Now and then a writer folds the differences into
one, leaving out those that another is folding. All of it is done by triggers, which a migration sets with

    SELECT core_begin_counting('parties_party', 'kind')

where the second argument, if any, is the column by which the rows are counted apart.

**Remembered.** What is filtered has to be counted, and counting a million rows takes longer than all else of a request.
So a process remembers for `CACHE_SECONDS` what it counted, but only where that was `CACHED_FROM_ROWS` rows or more: a
total that anybody could check by looking is always counted anew, in the very statement that reads the page.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, QuerySet

from skeleton.db.compiled_sql import CompiledSQL
from skeleton.db.fetching import fetch

_ALL = "SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = %s"
_PART = f"{_ALL} AND part = %s"
_PARTS = "SELECT part, sum(delta)::bigint FROM core_row_count WHERE source = %s GROUP BY part HAVING sum(delta) > 0"


@dataclass(frozen=True, slots=True)
class MaintainedCount:
    """A counted table, or the part of it whose rows have one value in the column that they are counted by.

    `filter_name` is the filter of the table's list that asks for such a part, where there is one.
    """

    table: str
    partition: str | None = None
    filter_name: str | None = None

    def statement(self) -> CompiledSQL:
        """The statement that answers the count."""
        return (
            CompiledSQL(_ALL, (self.table,))
            if self.partition is None
            else CompiledSQL(_PART, (self.table, self.partition))
        )

    def for_shape(self, shape: tuple[tuple[str, Any], ...]) -> CompiledSQL | None:
        """The statement that answers the count of a list narrowed by `shape`; None where that is not kept."""
        if not shape:
            return self.statement()
        (name, value), *others = shape
        return replace(self, partition=value).statement() if name == self.filter_name and not others else None

    def by_partition(self) -> dict[str, int]:
        """How many rows each part of the table has; parts without any are left out."""
        return dict(fetch(_PARTS, [self.table]))


CACHED_FROM_ROWS = 10_000
"""A total from here on may be shown for `CACHE_SECONDS` after it was counted."""

CACHE_SECONDS = 10.0  # seconds


class CountCache:
    """The large totals that this process counted a moment ago, by what was asked."""

    MAX_ENTRIES = 1000

    def __init__(self) -> None:
        self._totals: OrderedDict[object, tuple[int, float]] = OrderedDict()

    def get(self, counting: CompiledSQL, values: Mapping[str, object]) -> int | None:
        """What `counting` found with these values, if that was just now."""
        total, until = self._totals.get(counting.cache_key(values), (None, 0.0))
        return total if until > time.monotonic() else None

    def set(self, counting: CompiledSQL, values: Mapping[str, object], total: int) -> None:
        """`counting` has just found `total`."""
        key = counting.cache_key(values)
        if total < CACHED_FROM_ROWS:
            self._totals.pop(key, None)
            return
        self._totals[key] = (total, time.monotonic() + CACHE_SECONDS)
        if len(self._totals) > self.MAX_ENTRIES:
            self._totals.popitem(last=False)


COUNT_CACHE = CountCache()


@dataclass(frozen=True, slots=True)
class CappedCount:
    """A count that stops at a limit. `is_capped` is true if there are more rows than `number`."""

    number: int
    is_capped: bool

    @classmethod
    def count(cls, rows: QuerySet[Model], *, limit: int = 1000) -> "CappedCount":
        """Count `rows`, at most so many of them."""
        found = rows.order_by()[: limit + 1].count()
        return cls(min(found, limit), found > limit)
