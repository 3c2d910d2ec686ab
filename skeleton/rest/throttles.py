"""Rate limits. The general limit counts per process; limits that protect secrets count exactly, in PostgreSQL.

A hit of an exact limit is one statement on an UNLOGGED table, in its own transaction. So the limit holds across
threads, processes and machines.
"""

import hashlib
import itertools
import threading
import time
from collections import OrderedDict
from typing import Self

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from skeleton.kernel.context import current_request
from skeleton.kernel.errors import TooManyRequests
from skeleton.rest.addresses import network_of

_HIT = "SELECT core_throttle_hit(%s::text[], %s::int[], %s::int[], %s::int[], %s::int[])"
_PURGE = """
    DELETE FROM core_throttle
    WHERE key IN (SELECT key FROM core_throttle WHERE resets_at < now() FOR UPDATE SKIP LOCKED)
"""
PURGE_EVERY_HITS = 1000
"""Expired counters are deleted after this many hits in a process, so that attackers cannot fill the disk."""
_hit_counter = itertools.count(1)
_UNDO = """
    WITH held AS MATERIALIZED (  -- in the order in which hits lock them
        SELECT key FROM core_throttle WHERE key = ANY (%(keys)s::text[])
        ORDER BY array_position(%(keys)s::text[], key::text) FOR UPDATE
    )
    UPDATE core_throttle SET hits = hits - 1, next_at = NULL WHERE key IN (SELECT key FROM held) AND hits > 0
"""

LimitSubject = tuple["Limit", str]


class Limit:
    """At most `rate[0]` hits within `rate[1]` seconds from the first, for each subject. `name` keys the setting.

    A limit with `has_backoff` never blocks a subject completely: after `rate[0]` hits, each further hit has to wait
    twice as long as the one before, from the first to the second value of `settings.SKELETON_LIMIT_WAITS` (seconds). It
    is reset after `rate[1]` seconds without a hit.
    """

    def __init__(self, name: str, *, has_backoff: bool = False) -> None:
        self.name, self.has_backoff = name, has_backoff

    def hit(self, subject: str) -> None:
        """Count a hit. Raises TooManyRequests with the time to wait. Must be called outside of transactions."""
        hit_limits((self, subject))

    def undo(self, subject: str) -> None:
        """Undo a hit, after a successful attempt."""
        undo_hits((self, subject))

    def key(self, subject: str) -> str:
        """Return the key of a subject: of constant length, and without readable e-mail addresses."""
        digest = hashlib.blake2b(subject.encode(errors="surrogatepass"), digest_size=16).hexdigest()
        return f"{self.name}:{digest}"

    @property
    def parameters(self) -> tuple[int, int, int, int]:
        """Return the allowed hits, the seconds, and the first and longest wait (0 without backoff)."""
        allowed, seconds = settings.SKELETON_LIMITS[self.name]
        first, longest = settings.SKELETON_LIMIT_WAITS if self.has_backoff else (0, 0)
        return allowed, seconds, first, longest


def hit_limits(*hits: LimitSubject) -> None:
    """Count a hit for several limits in one statement. Raises TooManyRequests like `Limit.hit`.

    The limits are checked in this order, which must be the same for all callers. If one refuses the hit, none counts
    it.
    """
    if not settings.SKELETON_THROTTLE:
        return
    columns = zip(*(limit.parameters for limit, _ in hits), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [_keys(hits), *map(list, columns)])
        wait = cursor.fetchone()[0]
        if next(_hit_counter) % PURGE_EVERY_HITS == 0:
            cursor.execute(_PURGE)
    if wait:
        raise TooManyRequests(retry_after=wait)


def undo_hits(*hits: LimitSubject) -> None:
    """Undo the hits, in one statement."""
    if settings.SKELETON_THROTTLE:
        with connection.cursor() as cursor:
            cursor.execute(_UNDO, {"keys": _keys(hits)})


def _keys(hits: tuple[LimitSubject, ...]) -> list[str]:
    return [limit.key(subject) for limit, subject in hits]


class GeneralThrottle(BaseThrottle):
    """Limits the requests per user, or per network for anonymous requests. It counts per process, to bound abuse.

    It stores at most `MAX_SUBJECTS` subjects and drops the oldest, so that clients can't fill the memory with
    addresses. DRF instantiates a throttle class for each request; `throttle_classes` contains an instance of this one,
    which keeps its counts.
    """

    MAX_SUBJECTS = 10_000

    def __init__(self) -> None:
        # hits and time of reset by subject, oldest first (removing the first item of a plain dict is slow)
        self._counts: OrderedDict[object, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self) -> Self:
        return self

    def allow_request(self, request: Request | HttpRequest, view: object) -> bool:
        """Count the request and return whether it is allowed. Stores the limit's state in the request's context."""
        context = current_request.get()
        if context is None or not settings.SKELETON_THROTTLE:
            return True
        context.throttled = True
        allowed, seconds = settings.SKELETON_LIMITS["general"]
        subject = getattr(getattr(request, "user", None), "id", None) or network_of(context.ip)
        hits, ends = self._count(subject, seconds)
        context.retry_after = max(1, int(ends - time.monotonic()) + 1)
        context.allowed, context.remaining = allowed, max(0, allowed - int(hits))
        return hits <= allowed

    def wait(self) -> int:
        """Return the seconds until the request may be repeated."""
        context = current_request.get()
        return context.retry_after if context else 1

    def _count(self, subject: object, seconds: float) -> tuple[float, float]:
        now = time.monotonic()
        with self._lock:
            found = self._counts.get(subject)
            if found is None or found[1] <= now or found[1] > now + seconds:
                self._counts.pop(subject, None)
                found = self._counts[subject] = [0, now + seconds]
                if len(self._counts) > self.MAX_SUBJECTS:
                    self._counts.popitem(last=False)
            found[0] += 1
            return found[0], found[1]


general_throttle = GeneralThrottle()
"""The instance of this process."""
