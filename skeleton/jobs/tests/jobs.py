"""Jobs for the tests. They count their runs in the table of the rate limits."""

import time

from django.db import connection

from skeleton.jobs.queue import job

_COUNT = """
    INSERT INTO core_throttle AS t (key, hits, resets_at) VALUES (%s, 1, now() + interval '1 day')
    ON CONFLICT (key) DO UPDATE SET hits = t.hits + 1
"""


@job
def count(key: str, pause: float = 0) -> None:
    """Count a run under `key`, then sleep for `pause` seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key])
    time.sleep(pause)


@job
def fail(key: str) -> None:
    """Count a run under `key`, then fail."""
    count(key=key)
    raise RuntimeError("as it was told to")


@job
def pass_on(key: str) -> None:
    """Enqueue another job, then fail. The other job must be rolled back."""
    count.enqueue(key=key)
    raise RuntimeError("as it was told to")


@job
def hand_on(key: str, times: int) -> None:
    """Count a run under `key`, then, when the worker has looked for more jobs in vain, enqueue the next."""
    count(key=key, pause=0.3)
    if times > 1:
        hand_on.enqueue(key=key, times=times - 1)
