from django.db import models


class State(models.TextChoices):
    """The queue's own words for the states of a job, and ours."""

    TODO = "todo", "Waiting"
    DOING = "doing", "Running"
    FAILED = "failed", "Failed"
    SUCCEEDED = "succeeded", "Done"
    CANCELLED = "cancelled", "Cancelled"
    ABORTED = "aborted", "Aborted"


OPEN = (State.TODO, State.DOING, State.FAILED)
"""States that a person may want to know of."""
