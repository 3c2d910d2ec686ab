"""The queue's jobs as the back office shows them. The table is procrastinate's."""

from uuid import UUID

from procrastinate.contrib.django.models import ProcrastinateJob

from skeleton.jobs.choices import State


class Job(ProcrastinateJob):
    """A job, wherever it came from. The queue deletes those that are done after a week."""

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
        """Its number as the audit log writes it, whose ids are UUIDs."""
        return UUID(int=self.pk)


def title_of(task_name: str) -> str:
    """`skeleton.files.tasks.report_orphans` as people say it: Report orphans."""
    return task_name.rpartition(".")[2].replace("_", " ").capitalize()
