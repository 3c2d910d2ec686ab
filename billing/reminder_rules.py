"""When an overdue invoice is reminded of: pure rules, by level."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastReminder:
    """The last reminder of an invoice that was not withdrawn, and the day on which it was written."""

    level: int
    day: dt.date
    failed: bool = False

    @property
    def next_level(self) -> int:
        """Return the level that comes next: the same again if the reminder did not arrive."""
        return self.level if self.failed else self.level + 1


def automatic_level(days: Sequence[int], due_date: dt.date, last: LastReminder | None, today: dt.date) -> int | None:
    """Return the level to send automatically today, or None.

    Level n is sent `days[n - 1]` days after the due date. No level is left out, and between two of them there are as
    many days as between their `days`, however late the first one was. After a failure, a person has to correct the
    address first.
    """
    if last and last.failed:
        return None
    level = last.next_level if last else 1
    if level > len(days):
        return None
    earliest = due_date + dt.timedelta(days=days[level - 1])
    if last:
        earliest = max(earliest, last.day + dt.timedelta(days=days[level - 1] - days[level - 2]))
    return level if today >= earliest else None
