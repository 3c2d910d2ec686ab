"""What a person may do about a job. The queue's own functions do it, so that its log of events stays whole."""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from skeleton.jobs.choices import State
from skeleton.jobs.models import Job
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import verb


def run_job_now(*, job_id: int, actor: Actor) -> None:
    """Have a failed or waiting job run as soon as a worker is free.

    One that had used up its tries gets one more. Raises NotFound, Conflict (it runs, or has ended).
    """
    with verb(actor, "run_now"):
        state = _locked(job_id, State.FAILED, State.TODO)
        if state == State.FAILED:
            _retry(job_id)
        else:
            _write("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s", job_id)


def cancel_job(*, job_id: int, actor: Actor) -> None:
    """Give up a waiting or failed job: it will not run. Raises NotFound, Conflict (it runs, or has ended)."""
    with verb(actor, "cancel"):
        state = _locked(job_id, State.FAILED, State.TODO)
        if state == State.TODO:
            app.job_manager.cancel_job_by_id(job_id)
        else:  # the queue has no word for giving up
            _write("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE id = %s", job_id)


def _locked(job_id: int, *allowed: State) -> State:
    """The state of the job, which a worker cannot take meanwhile."""
    status = Job.objects.select_for_update(of=("self",)).filter(pk=job_id).values_list("status", flat=True).first()
    if status is None:
        raise NotFound
    if status not in allowed:
        right = [state.value for state in allowed]
        raise Conflict(
            format_text(_("This job is {status}."), status=Label(State(status).label)), details={"allowed": right}
        )
    return State(status)


def _retry(job_id: int) -> None:
    try:
        app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
    except UniqueViolation as exc:  # periodic jobs wait once at most
        raise Conflict(_("The same job is already waiting.")) from exc


def _write(statement: str, job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [job_id])
