"""File metadata. The contents are in the storage, under `storage_key`."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.files import usage
from skeleton.kernel.models import Record


class FileQuerySet(RowLevelQuerySet["File"]):
    """Files are visible to their owners, and all of them to users with `files:*`."""

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
        for shown in usage.shared_with(user_id):
            opened |= models.Q(models.Exists(shown))
        return self.filter(opened)


class File(Record):
    """An uploaded file. Size, type and checksum are computed from its contents and never change."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="files", verbose_name=_("owner"))
    name = models.CharField(max_length=255, verbose_name=_("name"))
    mime_type = models.CharField(max_length=100, verbose_name=_("mime type"))
    size = models.BigIntegerField(verbose_name=_("size"))  # bytes
    checksum = models.CharField(max_length=64, verbose_name=_("checksum"))  # SHA-256, in hexadecimal
    purpose = models.CharField(max_length=50, null=True, verbose_name=_("purpose"))  # noqa: DJ001 (an empty text is stored as null)
    storage_key = models.CharField(max_length=60, verbose_name=_("storage key"))

    objects = FileQuerySet.as_manager()

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
