"""The event log: what changed, in the order in which readers receive it.

PostgreSQL writes all three tables (migration 0001). An event is first pending: it is written in the transaction of its
change, without a position. The sequencer then moves it to the log and gives it one.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet


class EventFields(models.Model):
    """What is known about an event when it happens.

    `source` is the object's table and `verb` is `created`, `updated`, `deleted` or a change of status (`draft>sent`);
    together they determine the type (`events.kinds`). `scope_id` decides who may see the event, where the permission
    alone doesn't: the owner of a file, the conversation of a message. `number` orders the events of one object.
    """

    id = models.UUIDField(verbose_name=_("id"))
    source = models.TextField(verbose_name=_("source"))
    verb = models.TextField(verbose_name=_("verb"))
    resource = models.TextField(verbose_name=_("resource"))
    resource_id = models.UUIDField(verbose_name=_("resource id"))
    scope_id = models.UUIDField(null=True, verbose_name=_("scope id"))
    actor_id = models.UUIDField(null=True, verbose_name=_("actor id"))
    api_key_id = models.UUIDField(null=True, verbose_name=_("API key id"))
    request_id = models.TextField(null=True, verbose_name=_("request id"))  # noqa: DJ001 (null means unknown)
    created_at = models.DateTimeField(verbose_name=_("created at"))
    changes = ArrayField(models.TextField(), verbose_name=_("changes"))
    data = models.JSONField(null=True, verbose_name=_("data"))

    class Meta:
        abstract = True


class PendingEvent(EventFields):
    """An event without a position. There is one for each transaction (`xact`) and object."""

    number = models.BigAutoField(primary_key=True)
    xact = models.BigIntegerField(null=True)

    class Meta:
        db_table = "events_pending"
        verbose_name = _("pending event")
        verbose_name_plural = _("pending events")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["xact", "resource_id"],
                name="events_pending_object",
                violation_error_message=_("A transaction has one event for each object."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.verb}"


class Event(EventFields):
    """An event of the log. Positions are contiguous within an epoch, and no event appears below a visible one."""

    position = models.BigIntegerField(primary_key=True, verbose_name=_("position"))
    number = models.BigIntegerField(verbose_name=_("number"))

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "events_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["resource_id", "position"], name="events_event_resource"),
            models.Index(
                fields=["scope_id", "position"],
                name="events_event_scope",
                condition=models.Q(scope_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.source} {self.verb}"


class EventLog(models.Model):
    """The single row with the log's newest position. Whoever updates it moves the pending events.

    `base` is the position before the first one of the present epoch, `origin` the database in which the epoch began. A
    copy of the database has another origin, so it begins an epoch of its own.
    """

    id = models.SmallIntegerField(primary_key=True)
    base = models.BigIntegerField()
    newest = models.BigIntegerField()
    origin = models.TextField()
    appended_at = models.DateTimeField()

    class Meta:
        db_table = "events_log"
        verbose_name = _("event log")
        verbose_name_plural = _("event logs")

    def __str__(self) -> str:
        return str(self.newest)
