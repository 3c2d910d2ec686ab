"""Proxy model of procrastinate's jobs for the back office."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from skeleton.jobs.choices import JobState
from skeleton.jobs.titles import job_title
from skeleton.kernel.translation import Text


class Job(ProcrastinateJob):
    """A job of the queue. Finished jobs are deleted after a week."""

    class Meta:
        proxy = True
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return f"{job_title(self.task_name).name} ({self.pk})"

    def get_status_display(self) -> Text:
        return JobState(self.status).label

    @property
    def audit_id(self) -> UUID:
        """Return the job's number as a UUID, because the audit log's ids are UUIDs."""
        return UUID(int=self.pk)
