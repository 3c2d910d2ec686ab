"""The worker: takes jobs from the queue and runs them until it is stopped.

It accesses the queue over separate connections. The jobs use Django's connections, one per thread, so what they enqueue
is part of their transaction.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from procrastinate import App, JobContext
from procrastinate.contrib.django import DjangoApp, app

from skeleton.jobs.failures import WORKER_LOST_MESSAGE, record_failure, record_failure_middleware

log = structlog.get_logger("skeleton.jobs")

GRACE_SECONDS = 8
"""Seconds for which jobs may continue after the worker was told to stop. Unfinished ones are run by another worker."""
POLL_SECONDS = 2
"""Polling interval. Workers are woken when new jobs are committed (`jobs.queue`). Polling finds scheduled jobs, and
those of commands, which wake nobody."""


async def run_worker(*, wait: bool = True) -> None:
    """Run jobs until SIGTERM or Ctrl-C or, without `wait`, until none can run now, not even one a job has enqueued."""
    own = worker_app()
    async with own.open_async():
        await release_stalled(own)
        while await _run(own, wait=wait) and not wait:
            pass


async def _run(own: App, *, wait: bool) -> int:
    """Run jobs and return how many were begun. Without `wait`, it ends while the last ones may still enqueue others."""
    stalled: float = settings.SKELETON_JOB_STALLED_SECONDS
    begun = 0

    async def count(call_next: Callable[[], Awaitable[object]], context: JobContext, worker: object) -> object:
        nonlocal begun
        begun += 1
        return await call_next()

    await own.run_worker_async(
        wait=wait,
        concurrency=settings.SKELETON_JOB_THREADS,
        fetch_job_polling_interval=POLL_SECONDS,
        update_heartbeat_interval=stalled / 3,
        stalled_worker_timeout=stalled,
        shutdown_graceful_timeout=GRACE_SECONDS,
        install_signal_handlers=wait,
        worker_middleware=[count, record_failure_middleware],
    )
    return begun


def worker_app() -> App:
    """Return an app with the same tasks but separate connections. The tasks still enqueue over Django's connection."""
    queue: Any = app.connector  # only Django's connector can create one for workers
    own = DjangoApp(connector=queue.get_worker_connector(), import_paths=app.import_paths)
    own.tasks, own.periodic_registry = app.tasks, app.periodic_registry
    return own


async def release_stalled(own: App) -> int:
    """Return the jobs of workers without a heartbeat to the queue, and return how many there were."""
    jobs = own.job_manager
    stalled = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.SKELETON_JOB_STALLED_SECONDS))
    for found in stalled:
        log.warning("job_released", job=found.id, task=found.task_name)
        await record_failure(own, found.id, WORKER_LOST_MESSAGE)
        await jobs.retry_job(found)
    return len(stalled)
