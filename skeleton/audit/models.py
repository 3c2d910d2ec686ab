"""The audit log: who changed what, when and from where. Triggers write it in the transaction of the change."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from skeleton.audit.actions import label_of
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
    actor_email = models.TextField(verbose_name=_("actor email"))
    action = models.TextField(verbose_name=_("action"))
    resource = models.TextField(verbose_name=_("resource"))
    resource_id = models.UUIDField(verbose_name=_("resource id"))
    changes = models.JSONField(verbose_name=_("changes"))
    ip = models.TextField(null=True, verbose_name=_("ip"))  # noqa: DJ001 (null means unknown)
    request_id = models.TextField(null=True, verbose_name=_("request id"))  # noqa: DJ001
    created_at = models.DateTimeField(verbose_name=_("created at"))

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["resource", "resource_id", "id"], name="audit_entry_resource"),
            models.Index(fields=["actor", "id"], name="audit_entry_actor"),
            models.Index(fields=["created_at"], name="audit_entry_created_at"),
        ]

    def __str__(self) -> str:
        return f"{label_of(self.action)}: {self.actor_email}"
