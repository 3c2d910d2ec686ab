"""Running the job queue in transactional tests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from skeleton.jobs.worker import run_worker


@contextmanager
def empty_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty the queue before and after, as Django does not flush its tables, and let workers close connections."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    _empty()  # a worker of another test may have enqueued periodic jobs that were due
    yield
    _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        for table in ("jobs", "workers", "periodic_defers"):
            cursor.execute(f"DELETE FROM procrastinate_{table}")


def run_due_jobs() -> None:
    """Run all due jobs, as a worker does, until none is left."""
    asyncio.run(_work_and_close())


async def _work_and_close() -> None:
    await run_worker(wait=False)
    await sync_to_async(connections.close_all)()  # periodic jobs were enqueued in asgiref's thread
