from django.db import models


class State(models.TextChoices):
    """The queue's job states, with our labels."""

    TODO = "todo", "Waiting"
    DOING = "doing", "Running"
    FAILED = "failed", "Failed"
    SUCCEEDED = "succeeded", "Done"
    CANCELLED = "cancelled", "Cancelled"
    ABORTED = "aborted", "Aborted"


OPEN = (State.TODO, State.DOING, State.FAILED)
"""States of jobs that may need attention."""
