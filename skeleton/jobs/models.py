"""The queue's jobs as the back office shows them. The table is procrastinate's."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from skeleton.jobs.choices import State
from skeleton.jobs.titles import title_of
from skeleton.kernel.translation import Text


class Job(ProcrastinateJob):
    """A job, wherever it came from. The queue deletes those that are done after a week."""

    class Meta:
        proxy = True
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return f"{title_of(self.task_name).name} ({self.pk})"

    def get_status_display(self) -> Text:
        return State(self.status).label

    @property
    def audited_as(self) -> UUID:
        """Its number as the audit log writes it, whose ids are UUIDs."""
        return UUID(int=self.pk)
