"""Row counts: maintained by triggers for whole tables, cached for a few seconds for large filtered lists.

**Maintained counts.** Every statement that adds or removes rows inserts the difference into `core_row_count`, in the
same transaction. The count is the sum of the differences in the reader's snapshot. So it is correct under concurrency
and rollbacks, and writers never wait for each other, because no row of the counter is updated. From time to time a
writer merges the differences into one, skipping those that another writer is merging. Triggers do all of this; a
migration creates them with

    SELECT core_begin_counting('parties_party', 'kind')

The optional second argument is the column by which the count is partitioned.

**Cached counts.** Filtered lists have to be counted, and counting a million rows takes longer than the rest of the
request. So each process caches a count for `CACHE_SECONDS`, if it is at least `CACHED_FROM_ROWS`. Smaller totals, which
a user could verify, are always counted in the statement that reads the page.
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
    """The maintained count of a table, or of one partition: the rows with one value in the partitioning column.

    `filter_name` is the list filter that selects a partition, if there is one.
    """

    table: str
    partition: str | None = None
    filter_name: str | None = None

    def statement(self) -> CompiledSQL:
        """Return the statement that reads the count."""
        return (
            CompiledSQL(_ALL, (self.table,))
            if self.partition is None
            else CompiledSQL(_PART, (self.table, self.partition))
        )

    def for_shape(self, shape: tuple[tuple[str, Any], ...]) -> CompiledSQL | None:
        """Return the statement that reads the count of a list with these filters, or None if it is not maintained."""
        if not shape:
            return self.statement()
        (name, value), *others = shape
        return replace(self, partition=value).statement() if name == self.filter_name and not others else None

    def by_partition(self) -> dict[str, int]:
        """Return the number of rows of each partition, without empty partitions."""
        return dict(fetch(_PARTS, [self.table]))


CACHED_FROM_ROWS = 10_000
"""Counts from this number on are cached for `CACHE_SECONDS`."""

CACHE_SECONDS = 10.0  # seconds


class CountCache:
    """The large counts of the last seconds, per process."""

    MAX_ENTRIES = 1000

    def __init__(self) -> None:
        self._totals: OrderedDict[object, tuple[int, float]] = OrderedDict()

    def get(self, counting: CompiledSQL, values: Mapping[str, object]) -> int | None:
        """Return the cached result of `counting` with these values, or None."""
        total, until = self._totals.get(counting.cache_key(values), (None, 0.0))
        return total if until > time.monotonic() else None

    def set(self, counting: CompiledSQL, values: Mapping[str, object], total: int) -> None:
        """Store the result of `counting`, if it is large enough."""
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
        """Count `rows`, up to `limit`."""
        found = rows.order_by()[: limit + 1].count()
        return cls(min(found, limit), found > limit)
