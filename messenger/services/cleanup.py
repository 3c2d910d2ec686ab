"""Deletes old events and tickets. Messages are kept; events only as long as streams may resume from them."""

from django.conf import settings
from django.db import connection

from messenger.services.tickets import delete_expired_tickets

# the newest event stays, regardless of its age: it holds the current position of the log
_CLEAR = """
    DELETE FROM messenger_event
    WHERE created_at < clock_timestamp() - %s * interval '1 day'
      AND position < (SELECT max(position) FROM messenger_event)
"""


def delete_old_events() -> int:
    """Delete events older than `SKELETON_MESSENGER_DAYS`, and expired tickets. Returns the number of events."""
    delete_expired_tickets()
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [settings.SKELETON_MESSENGER_DAYS])
        return int(cursor.rowcount)
