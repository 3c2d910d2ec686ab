"""File metadata. The contents are in the storage, under `storage_key`."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models

from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.files import uses
from skeleton.kernel.models import Record


class FileQuerySet(RowLevelQuerySet["File"]):
    """Files: everybody sees their own, who holds `files:*` sees all."""

    def visible_to(self, actor: Any) -> Self:
        """Return the actor's own, or all for who holds `files:*`."""
        return self if actor.can("files:*") else self.owned_by(actor.id)

    def readable_by(self, actor: Any) -> Self:
        """Return what the actor may open by its id: what they see, and what is shown to them, as in a message."""
        return self if actor.can("files:*") else self.opened_by(actor.id)

    @keyed
    def owned_by(self, user_id: Any) -> "models.QuerySet[File]":
        return self.filter(owner_id=user_id)

    @keyed
    def opened_by(self, user_id: Any) -> "models.QuerySet[File]":
        opened = models.Q(owner_id=user_id)
        for shown in uses.shown_to(user_id):
            opened |= models.Q(models.Exists(shown))
        return self.filter(opened)


class File(Record):
    """An uploaded file. Size, type and checksum are computed from its contents and never change."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="files")
    name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=100)
    size = models.BigIntegerField()  # bytes
    checksum = models.CharField(max_length=64)  # SHA-256, in hexadecimal
    purpose = models.CharField(max_length=50, null=True)  # noqa: DJ001 (an empty text is stored as null)
    storage_key = models.CharField(max_length=60)

    objects = FileQuerySet.as_manager()

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
