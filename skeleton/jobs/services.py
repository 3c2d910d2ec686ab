"""What a person may do about a job. The queue's own functions do it, so that its log of events stays whole."""

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from skeleton.db.locks import locked_for_update
from skeleton.jobs.choices import State
from skeleton.jobs.models import Job
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
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
    state = State(locked_for_update(Job.objects.only("status"), job_id).status)
    if state not in allowed:
        right = [state.label.lower() for state in allowed]
        raise Conflict(f"This job is {state.label.lower()}.", details={"allowed": right})
    return state


def _retry(job_id: int) -> None:
    try:
        app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
    except UniqueViolation as exc:  # periodic jobs wait once at most
        raise Conflict("The same job is waiting already; once is enough.") from exc


def _write(statement: str, job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [job_id])
