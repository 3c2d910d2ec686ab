"""Tracks which users are connected to any server process. Each process renews its records with every heartbeat."""

from collections.abc import Collection
from uuid import UUID, uuid4

from django.db import connection

FRESH_SECONDS = 45
"""A process that has not renewed its records for this long counts as dead."""

_SHOW = """
    INSERT INTO messenger_presence (process, user_id, seen_at)
    SELECT %s, user_id, clock_timestamp() FROM unnest(%s::uuid[]) AS user_id ORDER BY user_id
    ON CONFLICT (user_id, process) DO UPDATE SET seen_at = excluded.seen_at
"""
_RENEW = "UPDATE messenger_presence SET seen_at = clock_timestamp() WHERE process = %s"
_HIDE = "DELETE FROM messenger_presence WHERE process = %s AND user_id = ANY(%s)"
_FORGET = "DELETE FROM messenger_presence WHERE seen_at < clock_timestamp() - interval '1 hour'"


class PresenceRegistry:
    """The presence records of one process. After a crash may have emptied the UNLOGGED table, `reset` starts over."""

    def __init__(self) -> None:
        self._process = uuid4()
        self._shown: set[UUID] = set()

    def reset(self) -> None:
        self._shown = set()

    def update(self, user_ids: Collection[UUID]) -> None:
        """Record that exactly these users are connected to this process."""
        there = set(user_ids)
        if there == self._shown:
            return
        with connection.cursor() as cursor:
            if there - self._shown:
                cursor.execute(_SHOW, [self._process, list(there - self._shown)])
            if self._shown - there:
                cursor.execute(_HIDE, [self._process, list(self._shown - there)])
        self._shown = there

    def renew(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, [self._process])
            cursor.execute(_FORGET)
