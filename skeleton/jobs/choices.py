from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class JobState(models.TextChoices):
    """The queue's job states, with our labels."""

    TODO = "todo", _("Waiting")
    DOING = "doing", _("Running")
    FAILED = "failed", _("Failed")
    SUCCEEDED = "succeeded", _("Done")
    CANCELLED = "cancelled", pgettext_lazy("job", "Cancelled")
    ABORTED = "aborted", _("Aborted")


NEEDS_ATTENTION = (JobState.TODO, JobState.DOING, JobState.FAILED)
"""States of jobs that may need attention."""
