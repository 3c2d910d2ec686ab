"""The audit log: who changed what, when and from where. Triggers write it in the transaction of the change."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from skeleton.db.querysets import RowLevelQuerySet


class AuditEntry(models.Model):
    """One change of one resource, as recorded by the database.

    `changes` maps a field to [before, after]. For children (lines, addresses), the key is the children's name and both
    values are lists of rows. A trigger refuses to change or delete entries.
    """

    id = models.UUIDField(primary_key=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", verbose_name="actor"
    )
    actor_email = models.TextField()
    action = models.TextField()
    resource = models.TextField()
    resource_id = models.UUIDField()
    changes = models.JSONField()
    ip = models.TextField(null=True)  # noqa: DJ001 (null means unknown)
    request_id = models.TextField(null=True)  # noqa: DJ001
    created_at = models.DateTimeField()

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["resource", "resource_id", "id"], name="audit_entry_resource"),
            models.Index(fields=["actor", "id"], name="audit_entry_actor"),
            models.Index(fields=["created_at"], name="audit_entry_created_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"
