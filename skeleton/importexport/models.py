"""The model of an import."""

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
    """A file to import into a list, and the result. It is kept for a week and visible to its owner only.

    `attempts` counts the attempts in the current state. `done` of `total` rows have been processed. `report` is shown
    in the preview. `encoding` and `notation` are those that the user chose, `source` is what was found out about the
    file. `plan` is its SHA-256 over all rows, which ensures that applying does exactly what was shown.
    `message` is the reason why the whole file was refused.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    screen = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    encoding = models.CharField(max_length=20, null=True)  # noqa: DJ001 (null: detect it)
    notation = models.CharField(max_length=5, null=True)  # noqa: DJ001 (null: detect it)
    source = models.JSONField(default=dict)
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
