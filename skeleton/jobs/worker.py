"""A worker: takes jobs from the queue and runs them, until it is told to stop.

It reaches the queue over connections of its own; the jobs use Django's, one per thread, and what they enqueue is part
of their transaction.
"""

from typing import Any

import structlog
from django.conf import settings
from procrastinate import App
from procrastinate.contrib.django import DjangoApp, app

from skeleton.jobs.failures import LOST, keep_reason, note

log = structlog.get_logger("skeleton.jobs")

GRACE_SECONDS = 8
"""How long a job may go on after the worker was told to stop. It is then run again by another one."""
POLL_SECONDS = 5
"""Jobs announce themselves; this is for those whose time comes, and for announcements that were missed."""


async def work(*, wait: bool = True) -> None:
    """Run jobs until SIGTERM or Ctrl-C; without `wait`, until there are none left."""
    stalled: float = settings.SKELETON_JOB_STALLED_SECONDS
    own = own_app()
    async with own.open_async():
        await release_stalled(own)
        await own.run_worker_async(
            wait=wait,
            concurrency=settings.SKELETON_JOB_THREADS,
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=stalled / 3,
            stalled_worker_timeout=stalled,
            shutdown_graceful_timeout=GRACE_SECONDS,
            install_signal_handlers=wait,
            worker_middleware=[keep_reason],
        )


def own_app() -> App:
    """The same tasks over other connections. The tasks themselves keep enqueuing over Django's."""
    queue: Any = app.connector  # Django's, which alone knows how to make one for workers
    own = DjangoApp(connector=queue.get_worker_connector(), import_paths=app.import_paths)
    own.tasks, own.periodic_registry = app.tasks, app.periodic_registry
    return own


async def release_stalled(own: App) -> int:
    """Give back to the queue the jobs of workers that no longer show signs of life; how many those were."""
    jobs = own.job_manager
    stalled = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.SKELETON_JOB_STALLED_SECONDS))
    for found in stalled:
        log.warning("job_released", job=found.id, task=found.task_name)
        await note(own, found.id, LOST)
        await jobs.retry_job(found)
    return len(stalled)
