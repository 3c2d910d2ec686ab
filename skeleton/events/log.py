"""The event log's positions: appending, reading how far it goes, and removing old events.

Positions are contiguous within an epoch and only grow. An epoch begins with the database and after each restore, at the
time in microseconds, which is above every position given before. So a number is enough to recognise a position of an
earlier epoch.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from skeleton.db.fetching import fetch

BATCH = 10_000

_APPEND = "UPDATE events_log SET appended_at = now() WHERE EXISTS (SELECT FROM events_pending)"
_BEGIN_EPOCH = "UPDATE events_log SET origin = ''"
_STATE = """
    SELECT base, newest, coalesce((SELECT min(position) FROM events_event WHERE position > base), newest + 1)
    FROM events_log
"""
_DELETE_OLD = """
    DELETE FROM events_event WHERE created_at < clock_timestamp() - %s * interval '1 day'
    AND position IN (SELECT position FROM events_event ORDER BY position LIMIT %s)
"""


@dataclass(frozen=True, slots=True)
class LogState:
    """The positions that the log has now: the start of the epoch, the newest one, and the oldest one that is kept."""

    base: int
    newest: int
    oldest: int

    @property
    def start(self) -> int:
        """Return the position after which every kept event of this epoch follows."""
        return self.oldest - 1

    def covers(self, position: int) -> bool:
        """Return whether the log contains every event after `position`."""
        return self.start <= position <= self.newest


def log_state() -> LogState:
    """Return the positions visible now. No event will be added at or below the newest one."""
    ((base, newest, oldest),) = fetch(_STATE, [])
    return LogState(base, newest, oldest)


def append() -> bool:
    """Move the next committed events to the log in one transaction, and return whether there were any.

    Another process that appends at the same moment waits for this one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_APPEND)
        return bool(cursor.rowcount)


def append_all() -> bool:
    """Append until no committed event is pending, and return whether there were any."""
    appended = False
    while append():
        appended = True
    return appended


def begin_epoch() -> None:
    """Begin an epoch, so that no earlier position is valid any more. Called after a restore."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_EPOCH)


def delete_old_events() -> int:
    """Delete events older than `SKELETON_EVENT_DAYS`, oldest first, and return how many there were."""
    deleted = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_DELETE_OLD, [settings.SKELETON_EVENT_DAYS, BATCH])
            count = int(cursor.rowcount)
        deleted += count
        if count < BATCH:
            return deleted
