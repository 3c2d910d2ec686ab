"""Proxy model of procrastinate's jobs for the back office."""

from uuid import UUID

from procrastinate.contrib.django.models import ProcrastinateJob

from skeleton.jobs.choices import State


class Job(ProcrastinateJob):
    """A job of the queue. Finished jobs are deleted after a week."""

    class Meta:
        proxy = True
        verbose_name = "job"
        verbose_name_plural = "jobs"

    def __str__(self) -> str:
        return f"{title_of(self.task_name)} ({self.pk})"

    def get_status_display(self) -> str:
        return State(self.status).label

    @property
    def audited_as(self) -> UUID:
        """Return the job's number as a UUID, because the audit log's ids are UUIDs."""
        return UUID(int=self.pk)


def title_of(task_name: str) -> str:
    """Return a readable title: "Report orphans" for `skeleton.files.tasks.report_orphans`."""
    return task_name.rpartition(".")[2].replace("_", " ").capitalize()
