"""The row of a file. Its bytes lie in the storage, under `storage_key`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.models import Record


class File(Record):
    """A file that somebody uploaded. Size, type and checksum were taken from its bytes; none of them ever changes."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="files", verbose_name=_("owner"))
    name = models.CharField(max_length=255, verbose_name=_("name"))
    mime_type = models.CharField(max_length=100, verbose_name=_("mime type"))
    size = models.BigIntegerField(verbose_name=_("size"))  # bytes
    checksum = models.CharField(max_length=64, verbose_name=_("checksum"))  # SHA-256, in hexadecimal
    purpose = models.CharField(max_length=50, null=True, verbose_name=_("purpose"))  # noqa: DJ001 (an empty text is stored as null)
    storage_key = models.CharField(max_length=60, verbose_name=_("storage key"))

    class Meta:
        db_table = "files_file"
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["storage_key"],
                name="files_file_storage_key_unique",
                violation_error_message=_("Another file is stored under this key."),
            ),
            models.CheckConstraint(
                condition=models.Q(size__gt=0),
                name="files_file_size_positive",
                violation_error_message=_("The file is empty."),
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="files_file_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=models.Q(checksum__regex=r"^[0-9a-f]{64}$"),
                name="files_file_checksum_is_sha256",
                violation_error_message=_("The checksum must be a SHA-256."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "id"], name="files_file_owner"),
            models.Index(fields=["name", "id"], name="files_file_name"),
            models.Index(fields=["size", "id"], name="files_file_size"),
            models.Index(fields=["created_at", "id"], name="files_file_created_at"),
        ]

    def __str__(self) -> str:
        return self.name
