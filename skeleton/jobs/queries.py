"""Queries for jobs, periodic jobs and workers."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinatePeriodicDefer, ProcrastinateWorker

from skeleton.db.models import JobFailure
from skeleton.jobs.models import Job
from skeleton.jobs.titles import job_title
from skeleton.kernel.translation import Text


def jobs_with_failures() -> QuerySet[Job]:
    """Return all jobs with their last failure (`reason`, `place`, `failed_at`) and last state change (`since`)."""
    failure = JobFailure.objects.filter(job_id=OuterRef("pk"))
    # A "scheduled" event is in the future: it is the time at which the job is to run.
    events = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).exclude(type="scheduled").order_by("-id")
    rows: QuerySet[Job] = Job.objects.annotate(
        reason=Subquery(failure.values("error")),
        place=Subquery(failure.values("place")),
        failed_at=Subquery(failure.values("failed_at")),
        since=Subquery(events.values("at")[:1]),
    )
    return rows


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A periodic job: its purpose, its schedule (UTC), and its last run."""

    title: Text
    purpose: Text
    cron: str
    next: dt.datetime
    last: dt.datetime | None = None
    job_id: int | None = None
    state: str | None = None


def periodic_jobs() -> list[PeriodicJob]:
    """Return every periodic job, ordered by its next run."""
    now = timezone.now()
    defers = ProcrastinatePeriodicDefer.objects.select_related("job").order_by("defer_timestamp")
    last = {defer.task_name: defer for defer in defers}  # the queue stores little more than the last run of each
    found = []
    for periodic in app.periodic_registry.periodic_tasks.values():
        defer = last.get(periodic.task.name)
        title = job_title(periodic.task.name)
        found.append(
            PeriodicJob(
                title=title.name,
                purpose=title.purpose,
                cron=periodic.cron,
                next=periodic.croniter.get_next(dt.datetime, start_time=now),
                last=_moment(defer.defer_timestamp) if defer else None,
                job_id=defer.job_id if defer else None,
                state=defer.job.status if defer and defer.job else None,
            )
        )
    return sorted(found, key=lambda each: (each.next, str(each.title)))


def _moment(seconds: int | None) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds or 0, dt.UTC)


def live_worker_count() -> int:
    """Return the number of workers with a recent heartbeat."""
    since = timezone.now() - dt.timedelta(seconds=settings.SKELETON_JOB_STALLED_SECONDS)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).count()
