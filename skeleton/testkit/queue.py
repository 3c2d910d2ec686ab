"""The queue in tests: run what is waiting, and leave nothing behind. For transactional tests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from skeleton.jobs.worker import work


@contextmanager
def own_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue's tables are not Django's to flush; the threads of a worker must not keep their connections."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    _empty()  # a worker of another test enqueues what was due in the last minutes, at some times of the day
    yield
    _empty()


def _empty() -> None:
    with connection.cursor() as cursor:
        for table in ("jobs", "workers", "periodic_defers"):
            cursor.execute(f"DELETE FROM procrastinate_{table}")


def run_all() -> None:
    """Run the jobs whose time has come, as a worker does, until none is left."""
    asyncio.run(_work_and_let_go())


async def _work_and_let_go() -> None:
    await work(wait=False)
    await sync_to_async(connections.close_all)()  # periodic jobs were enqueued from asgiref's own thread
