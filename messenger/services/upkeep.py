"""Clearing away what is of no more use. Messages stay; the log is kept for those who come back to a stream."""

from django.conf import settings
from django.db import connection

from messenger.services.tickets import forget_tickets

# the newest stays, whatever its age: it says where the log stands
_CLEAR = """
    DELETE FROM messenger_event
    WHERE created_at < clock_timestamp() - %s * interval '1 day'
      AND position < (SELECT max(position) FROM messenger_event)
"""


def clear_away() -> int:
    """Remove events older than `SKELETON_MESSENGER_DAYS`, and spent tickets; how many events there were."""
    forget_tickets()
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [settings.SKELETON_MESSENGER_DAYS])
        return int(cursor.rowcount)
