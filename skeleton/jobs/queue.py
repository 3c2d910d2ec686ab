"""Background jobs. The queue is in the same PostgreSQL, so enqueuing is part of the transaction.

    @job
    def send_reminder(invoice_id: str) -> None: ...

    with audited_transaction(actor, "send"):
        ...
        send_reminder.enqueue(invoice_id=str(invoice.pk))

If the transaction is rolled back, there is no job; once it is committed, its job cannot be lost. Workers run a job at
least once: if a worker is killed, another one runs its job again. Therefore a job's work is one transaction, which also
records the job as done. A second run finds this record and does nothing. Effects outside the database, such as an
e-mail, come last in a job and may happen twice in the worst case.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob

from skeleton.db.bells import bells
from skeleton.db.connections import health_check_if_idle
from skeleton.jobs.titles import name_of

MIN_RETRY_DELAY, MAX_RETRY_DELAY = 10, 3600  # seconds
ATTEMPTS = 12
"""Attempts over about five hours. After that the job has failed and waits for manual action."""

WORKERS = "procrastinate_any_queue_v1"
"""The channel on which the queue's workers listen."""
JOB_INSERTED = '{"type": "job_inserted", "job_id": 0}'
"""The notification of a new job. A worker then fetches whichever is next, so it needs no number."""

_MARK_DONE = "INSERT INTO core_job_done (job_id, done_at) VALUES (%s, now()) ON CONFLICT DO NOTHING"


class Backoff(BaseRetryStrategy):
    """Retry strategy that doubles the wait after each failure, up to an hour."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        if job.attempts + 1 >= ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": retry_delay(job.attempts)})


def retry_delay(failures: int) -> int:
    """Return the seconds to wait before the next attempt. `failures` is the number of failures before this one."""
    return int(min(MIN_RETRY_DELAY * 2**failures, MAX_RETRY_DELAY))


class Task:
    """A function that workers run. Calling it directly runs the function at once, as in tests."""

    def __init__(self, function: Callable[..., None], *, atomic: bool = True) -> None:
        self.function, self.name, self.atomic = function, name_of(function), atomic
        self._task: Any = app.task(name=self.name, retry=Backoff(), pass_context=True)(self._run)

    def __call__(self, **arguments: object) -> None:
        self.function(**arguments)

    def enqueue(self, *, at: dt.datetime | None = None, **arguments: object) -> int:
        """Enqueue a run with these arguments (JSON values), and return the job's number.

        It runs at the time `at`, or as soon as this transaction is committed. If the transaction is rolled back,
        nothing is enqueued.
        """
        try:
            number = int(self._task.configure(schedule_at=at).defer(**arguments))
        except ConnectorException as exc:
            raise exc.__cause__ or exc from None  # the caller handles Django's database errors, not the queue's
        transaction.on_commit(wake_workers)
        return number

    def _run(self, context: JobContext, /, **arguments: object) -> None:
        health_check_if_idle()
        if not self.atomic:
            self.function(**arguments)
            return
        with transaction.atomic():
            if mark_done(context.job.id):
                self.function(**arguments)


def wake_workers() -> None:
    """Let a free worker look for jobs, from a thread of this process. Without one, workers find them by polling."""
    bells.ring(WORKERS, JOB_INSERTED)


def job(function: Callable[..., None]) -> Task:
    """Turn `function` into a job that runs in one transaction, is retried on failure, and takes effect once."""
    return Task(function)


def non_atomic_job(function: Callable[..., None]) -> Task:
    """Turn `function` into a job that manages its own transactions, because it works for long outside of them.

    It is retried like any other job, so it must record in its own transactions what is done. It must also count its
    attempts, because nothing else stops a job that kills its worker each time.
    """
    return Task(function, atomic=False)


def periodic(cron: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Run `function` on the schedule `cron` (UTC), on one worker only and never twice at once.

    It manages its own transactions and must be idempotent. A failed run is not retried, as the next one follows anyway.
    """

    def make(function: Callable[[], object]) -> Callable[[], object]:
        def run(timestamp: int) -> None:
            health_check_if_idle()
            function()

        name = name_of(function)
        task: Any = app.task(name=name, lock=name, queueing_lock=name)(run)
        app.periodic(cron=cron)(task)
        return function

    return make


def mark_done(job_id: int | None) -> bool:
    """Record the job as done in this transaction. Return False if it has been recorded before.

    If another worker is running the same job at this moment, this waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MARK_DONE, [job_id])
        return bool(cursor.rowcount == 1)
