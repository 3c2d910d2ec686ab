"""Throttles. The general one counts in the process; those that guard secrets count in PostgreSQL, exactly.

An exact throttle is one upsert on an UNLOGGED table, committed by itself: it holds across threads, processes and
machines.
"""

import hashlib
import itertools
import time
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from skeleton.core.context import current_request
from skeleton.core.errors import TooManyRequests

_HIT = """
    INSERT INTO core_throttle AS t (key, hits, resets_at)
    SELECT key, 1, now() + seconds * interval '1 second' FROM unnest(%s::text[], %s::int[]) AS asked (key, seconds)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN t.resets_at <= now() THEN 1 ELSE t.hits + 1 END,
        resets_at = CASE WHEN t.resets_at <= now() THEN excluded.resets_at ELSE t.resets_at END
    RETURNING hits, ceil(extract(epoch FROM resets_at - now()))::int
"""
_FORGET = "DELETE FROM core_throttle WHERE resets_at < now()"
FORGET_EVERY = 1000
"""hits in one process, then what is over is deleted: whoever tries many accounts must not fill the disk."""
_counter = itertools.count(1)
_GIVE_BACK = "UPDATE core_throttle SET hits = hits - 1 WHERE key = %s AND hits > 0"


class Limit:
    """At most `rate[0]` hits within `rate[1]` seconds from the first, for each subject. `name` keys the setting."""

    def __init__(self, name: str) -> None:
        self.name = name

    def hit(self, subject: str) -> None:
        """Count one. Raises TooManyRequests, saying when to come back. Must be called outside of any transaction."""
        hit_all((self, subject))

    def give_back(self, subject: str) -> None:
        """Uncount one: the attempt turned out to be a good one."""
        if settings.SKELETON_THROTTLE:
            with connection.cursor() as cursor:
                cursor.execute(_GIVE_BACK, [self.key(subject)])

    def key(self, subject: str) -> str:
        """Of one length whatever the subject, and nobody's e-mail to be read in the table."""
        return f"{self.name}:{hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()}"


def hit_all(*hits: tuple[Limit, str]) -> None:
    """Count one for each of several limits, in one statement. Raises TooManyRequests, as `Limit.hit` does.

    The rows are locked in the order given, which must be the same wherever the same limits meet.
    """
    if not settings.SKELETON_THROTTLE:
        return
    limits = [settings.SKELETON_LIMITS[limit.name] for limit, _ in hits]
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [[limit.key(subject) for limit, subject in hits], [seconds for _, seconds in limits]])
        counted = cursor.fetchall()
        if next(_counter) % FORGET_EVERY == 0:
            cursor.execute(_FORGET)
    waits = [wait for (allowed, _), (number, wait) in zip(limits, counted, strict=True) if number > allowed]
    if waits:
        raise TooManyRequests(retry_after=max(1, *waits))


class GeneralThrottle(BaseThrottle):
    """So many requests a minute per user, or per address without one; per process, since it only bounds abuse."""

    def __init__(self) -> None:
        self._window = 0
        self._hits: dict[Any, int] = {}

    def allow_request(self, request: Request, view: Any) -> bool:
        if not settings.SKELETON_THROTTLE:
            return True
        allowed, seconds = settings.SKELETON_LIMITS["general"]
        window = int(time.time() // seconds)
        if window != self._window:
            self._window, self._hits = window, {}
        context = current_request.get()
        subject = getattr(request.user, "id", None) or (context.ip if context else None)
        hits = self._hits[subject] = self._hits.get(subject, 0) + 1
        return bool(hits <= allowed)

    def wait(self) -> float:
        seconds = settings.SKELETON_LIMITS["general"][1]
        return float(seconds - time.time() % seconds)
