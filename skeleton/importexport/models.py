"""Imports: a file on its way into the system."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.models import Record


class ImportState(models.TextChoices):
    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


class Import(Record):
    """A file that somebody wants to import into a screen, and what came of it. Kept for a week, for its owner alone.

    `attempts` counts how often work on its state was begun. `done` of `total` rows are worked through. `report` is what
    the preview shows; `plan` its SHA-256 over all rows, by which applying knows that it would do what was shown.
    `message` says why the whole file was not taken.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    screen = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    encoding = models.CharField(max_length=20, null=True)  # noqa: DJ001 (null: to be found out)
    content = models.BinaryField()
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.CHECKING)
    attempts = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    report = models.JSONField(default=dict)
    plan = models.CharField(max_length=64, default="")
    message = models.TextField(default="")

    class Meta:
        db_table = "exchange_import"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(state__in=ImportState.values),
                name="exchange_import_state_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="state",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="exchange_import_created_at")]

    def __str__(self) -> str:
        return self.file_name
