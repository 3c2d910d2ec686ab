"""Jobs: what is done later, by a worker. The queue is tables in the same PostgreSQL, so a job is part of a transaction.

    @job
    def send_reminder(invoice_id: str) -> None: ...

    with verb(actor, "send"):
        ...
        send_reminder.enqueue(invoice_id=str(invoice.pk))

A change that is rolled back leaves no job; one that is committed never loses its job. Workers run a job at least once:
one that was killed runs again elsewhere. So a job's work is one transaction, which also notes that it is done; the
second run finds the note and does nothing. What a job does outside of the database (an e-mail) comes last in it, and
may in the worst case happen twice.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob

from skeleton.db.connections import check_if_idle
from skeleton.jobs.titles import name_of

FIRST_WAIT, LONGEST_WAIT = 10, 3600  # seconds
ATTEMPTS = 12
"""About five hours in all. After that the job has failed, and waits for a person."""

_NOTE = "INSERT INTO core_job_done (job_id, done_at) VALUES (%s, now()) ON CONFLICT DO NOTHING"


class Backoff(BaseRetryStrategy):
    """Waits twice as long after each failure, an hour at most."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        if job.attempts + 1 >= ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": wait_after(job.attempts)})


def wait_after(failures: int) -> int:
    """Seconds until the next try, after so many failures before this one."""
    return int(min(FIRST_WAIT * 2**failures, LONGEST_WAIT))


class Job:
    """A function that workers run. Called directly it just runs, as in tests."""

    def __init__(self, function: Callable[..., None], *, atomic: bool = True) -> None:
        self.function, self.name, self.atomic = function, name_of(function), atomic
        self._task: Any = app.task(name=self.name, retry=Backoff(), pass_context=True)(self._run)

    def __call__(self, **arguments: Any) -> None:
        self.function(**arguments)

    def enqueue(self, *, at: dt.datetime | None = None, **arguments: Any) -> int:
        """Ask for a run with these arguments (JSON values), `at` that moment or as soon as this transaction commits.

        The job's number. Nothing is asked for if the transaction is rolled back.
        """
        try:
            return int(self._task.configure(schedule_at=at).defer(**arguments))
        except ConnectorException as exc:
            raise exc.__cause__ or exc from None  # to whoever asked, the database is away as in any other statement

    def _run(self, context: JobContext, /, **arguments: Any) -> None:
        check_if_idle()
        if not self.atomic:
            self.function(**arguments)
            return
        with transaction.atomic():
            if is_first_run(context.job.id):
                self.function(**arguments)


def job(function: Callable[..., None]) -> Job:
    """Make `function` a job: one transaction, tried again with growing pauses when it fails, done once."""
    return Job(function)


def long_job(function: Callable[..., None]) -> Job:
    """Make `function` a job that opens its own transactions, because it works for long outside of them.

    It is tried again as any other, so it must note in its own transaction what is done, and count its attempts itself:
    nothing else ends a job that kills its worker each time.
    """
    return Job(function, atomic=False)


def periodic(cron: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Have workers run `function` at the times that `cron` says (UTC), on one of them only, never twice at once.

    It takes care of its own transactions, and may be run at any moment and again. A run that fails is not repeated: the
    next one comes anyway.
    """

    def make(function: Callable[[], Any]) -> Callable[[], Any]:
        def run(timestamp: int) -> None:
            check_if_idle()
            function()

        run.__doc__ = function.__doc__
        name = name_of(function)
        task: Any = app.task(name=name, lock=name, queueing_lock=name)(run)
        app.periodic(cron=cron)(task)
        return function

    return make


def is_first_run(job_id: int | None) -> bool:
    """Note, in this transaction, that the job is done; false where the note is there already.

    Another worker that runs the same job at this moment is waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [job_id])
        return bool(cursor.rowcount == 1)
