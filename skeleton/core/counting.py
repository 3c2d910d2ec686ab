"""How many rows a large table has, exactly, without counting them.

Every statement that adds or removes rows leaves its difference in `core_row_count`, in its own transaction; the count
is the sum of the differences that a reader's snapshot sees. So it is right under concurrency and rollback, and no row
of the counter is ever updated, so nobody waits for anybody. Now and then a writer folds the differences into one,
leaving out those that another is folding. All of it is done by triggers, which a migration sets with

    SELECT core_begin_counting('parties_party', 'kind')

where the second argument, if any, is the column by which the rows are counted apart.
"""

from dataclasses import dataclass

from skeleton.core.statements import Statement

_SUM = "SELECT coalesce(sum(delta), 0)::bigint FROM core_row_count WHERE source = %s AND part = %s"


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted table, or the part of it whose rows have one value in the column that they are counted by."""

    table: str
    part: str = ""

    def statement(self) -> Statement:
        """The statement that answers the count."""
        return Statement(_SUM, (self.table, self.part))
