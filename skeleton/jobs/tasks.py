"""Periodic jobs of the queue itself: releasing the jobs of dead workers, and cleaning up."""

from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _
from procrastinate import JobContext
from procrastinate.contrib.django import app

from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled
from skeleton.jobs.worker import release_stalled
from skeleton.rest.idempotency import delete_expired_answers

_DELETE_OLD = (
    # Finished jobs are removed after a week. Failed ones are kept until somebody retries or cancels them.
    "DELETE FROM procrastinate_jobs j WHERE status IN ('succeeded', 'cancelled', 'aborted') AND NOT EXISTS ("
    " SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - interval '7 days')",
    "DELETE FROM core_job_done d WHERE done_at < now() - interval '7 days'"
    " AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.id = d.job_id)",
    "DELETE FROM core_throttle WHERE resets_at < now() - interval '1 hour'",
)


@app.periodic(cron="* * * * *")
@app.task(name="skeleton.jobs.tasks.release_stalled_jobs", pass_context=True, queueing_lock="release_stalled_jobs")
@titled(_("Release stalled jobs"), _("Every minute: release the jobs of dead workers."))
async def release_stalled_jobs(context: JobContext, timestamp: int) -> None:
    await release_stalled(context.app)


@periodic("27 * * * *")
@titled(
    _("Delete kept answers"), _("Every hour: delete the answers kept for retries (Idempotency-Key) for over a day.")
)
def delete_idempotent_answers() -> None:
    delete_expired_answers()


@periodic("17 3 * * *")
@titled(_("Clean up"), _("Every night: delete old jobs, rate-limit counters and expired sessions."))
def delete_old_jobs() -> None:
    with connection.cursor() as cursor:
        for statement in _DELETE_OLD:
            cursor.execute(statement)
    call_command("clearsessions")
