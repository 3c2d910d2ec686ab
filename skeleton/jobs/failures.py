"""Records why a job failed, in one line without passwords and tokens.

The queue records only that a job failed. The worker writes the reason over its own connection, after the job's
transaction has been rolled back, so the record is kept.
"""

import traceback
from collections.abc import Awaitable, Callable

import structlog
from django.conf import settings
from django.utils.translation import gettext_noop
from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from skeleton.kernel.redaction import redact

log = structlog.get_logger("skeleton.jobs")

WORKER_LOST_MESSAGE = gettext_noop("The worker died or lost the database. Another worker will run this job.")

_UPSERT_FAILURE = """
    INSERT INTO core_job_failure (job_id, failed_at, error, place)
    SELECT id, now(), %(error)s, %(place)s FROM procrastinate_jobs WHERE id = %(job_id)s
    ON CONFLICT (job_id) DO UPDATE SET failed_at = now(), error = excluded.error, place = excluded.place
"""


async def record_failure_middleware(
    call_next: Callable[[], Awaitable[object]], context: JobContext, worker: Worker
) -> object:
    """Run a job, record the exception if it fails, and raise it again for the queue. A worker middleware."""
    try:
        return await call_next()
    except Exception as exc:
        await record_failure(worker.app, context.job.id, reason_of(exc), location_of(exc))
        log.warning("job_failed", job=context.job.id, task=context.job.task_name, reason=reason_of(exc))
        raise


async def record_failure(app: App, job_id: int | None, error: str, place: str = "") -> None:
    """Store the reason. If the database is unavailable, it is only in the log."""
    try:
        await app.connector.execute_query_async(_UPSERT_FAILURE, job_id=job_id, error=error, place=place)
    except ConnectorException:
        log.warning("reason_not_kept", job=job_id)


def reason_of(exc: BaseException) -> str:
    """Return the exception in one line, without secrets.

    Only the first line of its message is used, because PostgreSQL's other lines contain the refused row.
    """
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return redact(f"{type(exc).__name__}: {lines[0]}" if lines else type(exc).__name__)


def location_of(exc: BaseException) -> str:
    """Return where in the project it was raised, as `contracts/tasks.py:20 run_contract_cycle`; otherwise ""."""
    home = str(settings.BASE_DIR)
    for frame in reversed(traceback.extract_tb(exc.__traceback__)):
        path = frame.filename.removeprefix(f"{home}/")
        if path != frame.filename and not path.startswith((".", "venv")):
            return f"{path}:{frame.lineno} {frame.name}"
    return ""
