"""Manual actions on jobs. They use the queue's own functions where possible, so that its event log stays complete."""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from skeleton.db.locks import locked_for_update
from skeleton.jobs.choices import JobState
from skeleton.jobs.models import Job
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import audited_transaction


def run_job_now(*, job_id: int, actor: Actor) -> None:
    """Make a failed or waiting job run as soon as a worker is free.

    A job that has used up its attempts gets one more. Raises NotFound, Conflict (it is running or finished).
    """
    with audited_transaction(actor, "run_now"):
        state = _locked(job_id, JobState.FAILED, JobState.TODO)
        if state == JobState.FAILED:
            _retry(job_id)
        else:
            _write("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s", job_id)


def cancel_job(*, job_id: int, actor: Actor) -> None:
    """Cancel a waiting or failed job. Raises NotFound, Conflict (it is running or finished)."""
    with audited_transaction(actor, "cancel"):
        state = _locked(job_id, JobState.FAILED, JobState.TODO)
        if state == JobState.TODO:
            app.job_manager.cancel_job_by_id(job_id)
        else:  # the queue has no function to cancel a failed job
            _write("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE id = %s", job_id)


def _locked(job_id: int, *allowed: JobState) -> JobState:
    """Lock the job, so that no worker can take it, and return its state. Raises NotFound, Conflict."""
    state = JobState(locked_for_update(Job.objects.only("status"), job_id).status)
    if state not in allowed:
        message = format_text(_("This job is {status}."), status=Label(state.label))
        raise Conflict(message, details={"allowed": [state.value for state in allowed]})
    return state


def _retry(job_id: int) -> None:
    try:
        app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
    except UniqueViolation as exc:  # a periodic job can be queued only once
        raise Conflict(_("The same job is already waiting.")) from exc


def _write(statement: str, job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [job_id])
