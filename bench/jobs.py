"""Measures the jobs per second of one worker and of four."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg

from bench.database import PROJECT, Database, bare_environment, postgres_pid, prepare
from bench.measure import cpu_seconds
from bench.report import environment_text
from bench.servers import OUT

WORKERS = (1, 4)
JOBS, ROUNDS, WARM_UP = 1_000, 3, 200
START_SECONDS, END_SECONDS = 60, 120
NOTHING = "skeleton.notifications.services.delivery.send"
"""The task that sends a delivery. For a delivery that does not exist, it does one query and ends."""

_EMPTY = "TRUNCATE procrastinate_jobs CASCADE"
_ENQUEUE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'default', %s, jsonb_build_object('delivery_id', gen_random_uuid()) FROM generate_series(1, %s)
"""
_WAKE = """NOTIFY procrastinate_any_queue_v1, '{"type": "job_inserted", "job_id": 0}'"""
_ALIVE = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat >= %s"
_OPEN = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status IN ('todo', 'doing')"
_DONE = """
SELECT count(*), max(at) FROM procrastinate_events JOIN procrastinate_jobs AS job ON job.id = job_id
WHERE type = 'succeeded' AND task_name = %s AND at >= %s
"""


def run() -> str:
    """Run the measurements, and return the section of the results."""
    load, database, taken = os.getloadavg()[0], prepare(1_000), {}
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for number in WORKERS:
            connection.execute(_EMPTY)
            with workers(number, database, connection) as pids:
                batch(connection, WARM_UP)
                before = spent(pids, database)
                rates = [batch(connection, JOBS) for _ in range(ROUNDS)]
                each = [(b - a) / JOBS / ROUNDS * 1000 for a, b in zip(before, spent(pids, database), strict=True)]
            taken[number] = median(rates), min(rates), max(rates), *each
        connection.execute(_EMPTY)
    return section(database, load, taken)


@contextmanager
def workers(number: int, database: Database, connection: psycopg.Connection[Any]) -> Iterator[list[int]]:
    """Start that many `manage.py worker`, wait until they are ready, and yield their process ids."""
    environment = bare_environment() | {"SKELETON_DATA_DIR": str(database.home), "SKELETON_LOG_LEVEL": "error"}
    OUT.mkdir(parents=True, exist_ok=True)
    began, processes = now(connection), []
    with (OUT / "workers.log").open("wb") as log:
        try:
            for _ in range(number):
                command = [sys.executable, "manage.py", "worker"]
                processes.append(subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log))
            wait(START_SECONDS, lambda: value(connection, _ALIVE, began) == number)
            yield [process.pid for process in processes]
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def batch(connection: psycopg.Connection[Any], jobs: int) -> float:
    """Return the jobs per second, from the moment at which all are enqueued until the last one is done."""
    connection.execute(_ENQUEUE, [NOTHING, jobs])
    connection.execute(_WAKE)
    began = now(connection)
    wait(END_SECONDS, lambda: not value(connection, _OPEN, NOTHING))
    done, ended = connection.execute(_DONE, [NOTHING, began]).fetchone() or (0, began)
    if done < jobs * 0.9:  # a few may have been done before the clock was started
        raise SystemExit(f"{done} of {jobs} jobs were done: see {OUT / 'workers.log'}.")
    return float(done / (ended - began).total_seconds())


def spent(pids: list[int], database: Database) -> tuple[float, float]:
    """Return the seconds of processor time of the workers and of the database."""
    return sum(map(cpu_seconds, pids)), cpu_seconds(postgres_pid(database.home))


def wait(seconds: float, until: Any) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit(f"The workers took more than {seconds} s: see {OUT / 'workers.log'}.")
        time.sleep(0.2)


def now(connection: psycopg.Connection[Any]) -> Any:
    """Return the database's time, which is the time of workers and events."""
    return value(connection, "SELECT clock_timestamp()")


def value(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    return (connection.execute(query, values).fetchone() or [None])[0]


INTRODUCTION = """# Jobs

Made by `make bench-jobs` ({environment}).
{jobs:,} jobs enqueued by one statement, {rounds} times, for `manage.py worker` as it is, with four threads each. The
job is a delivery that is not there any more: its transaction notes that it is done, looks for the row, and ends.
Commits are durable. Workers and database share the machine, which had a load of {load:.0f} when this began.
"""


def section(database: Database, load: float, taken: dict[int, tuple[float, ...]]) -> str:
    row = "| {} | {:.0f} | {:.0f}, {:.0f} | {:.2f} | {:.2f} |"
    return "\n".join(
        [
            INTRODUCTION.format(environment=environment_text(database), jobs=JOBS, rounds=ROUNDS, load=load),
            "| workers | jobs a second | from, to | CPU ms of a job | database ms |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *(row.format(number, *found) for number, found in taken.items()),
            "",
        ]
    )
