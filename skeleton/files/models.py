"""File metadata. The contents are in the storage, under `storage_key`."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from skeleton.kernel.models import Record


class File(Record):
    """An uploaded file. Size, type and checksum are computed from its contents and never change."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="files")
    name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=100)
    size = models.BigIntegerField()  # bytes
    checksum = models.CharField(max_length=64)  # SHA-256, in hexadecimal
    purpose = models.CharField(max_length=50, null=True)  # noqa: DJ001 (an empty text is stored as null)
    storage_key = models.CharField(max_length=60)

    class Meta:
        db_table = "files_file"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["storage_key"], name="files_file_storage_key_unique"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="files_file_size_positive"),
            models.CheckConstraint(condition=~models.Q(name=""), name="files_file_name_present"),
            models.CheckConstraint(
                condition=models.Q(checksum__regex=r"^[0-9a-f]{64}$"), name="files_file_checksum_is_sha256"
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
