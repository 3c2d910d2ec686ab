"""Notifications, their deliveries over other channels, and each user's preferences."""

import datetime as dt
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record
from skeleton.notifications.choices import Channel, DeliveryStatus
from skeleton.notifications.quiet import quiet_until


class NotificationQuerySet(RowLevelQuerySet["Notification"]):
    def visible_to(self, actor: Any) -> Self:
        """Return the actor's own, and nobody else's."""
        return self.owned_by(actor.id)

    @keyed
    def owned_by(self, user_id: Any) -> "models.QuerySet[Notification]":
        return self.filter(user_id=user_id)


class Notification(models.Model):
    """A notification of one user about one event, created in the transaction of the event.

    `title` and `body` are in the user's language at that time and do not change. `values` are the placeholders from
    which the texts of the other channels are created at delivery. `link` is the API path of the object concerned.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False)
    type = models.CharField(max_length=40)  # an Event; no choices, so that a new one needs no migration
    title = models.TextField()
    body = models.TextField()
    link = models.CharField(max_length=200, null=True)  # noqa: DJ001 (the API says null)
    values = models.JSONField()
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications_notification"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(title=""), name="notifications_notification_title_present"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("user", "id", name="notifications_notification_own"),
            models.Index("user", "id", name="notifications_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.title


class DeliveryQuerySet(RowLevelQuerySet["Delivery"]):
    def visible_to(self, actor: Any) -> Self:
        """Every delivery, for who looks after the system (`*:*`): to whom, how and why not, but not what."""
        return self.without_contents()

    @keyed(keeps_rows=True)
    def without_contents(self) -> "models.QuerySet[Delivery]":
        return self.select_related("notification__user").defer("notification__title", "notification__body")


class Delivery(Record):
    """The delivery of a notification over one channel. There is at most one per notification and channel."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    status = models.CharField(max_length=7, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.IntegerField(default=0)
    error = models.TextField(default="", blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "notifications_delivery"
        verbose_name_plural = "deliveries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notification", "channel"], name="notifications_delivery_once"),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="notifications_delivery_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.SENT, sent_at__isnull=False)
                | Q(status__in=[DeliveryStatus.WAITING, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED], sent_at=None),
                name="notifications_delivery_status_fits",
            ),
            models.CheckConstraint(condition=Q(attempts__gte=0), name="notifications_delivery_attempts_positive"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "id",
                name="notifications_delivery_open",
                condition=Q(status__in=[DeliveryStatus.WAITING, DeliveryStatus.FAILED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.status}"


class PreferencesQuerySet(RowLevelQuerySet["Preferences"]):
    def visible_to(self, actor: Any) -> Self:
        """Return the actor's own, and nobody else's."""
        return self.owned_by(actor.id)

    @keyed
    def owned_by(self, user_id: Any) -> "models.QuerySet[Preferences]":
        return self.filter(user_id=user_id)


class Preferences(Record):
    """A user's channels and quiet hours. A user without a row has the defaults.

    Quiet hours last from `quiet_hours_start` to `quiet_hours_end` in `timezone` (an IANA name). There are none if one
    of them is missing or both are equal.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences", editable=False
    )
    email_enabled = models.BooleanField(default=True)
    sms_enabled = models.BooleanField(default=False)
    push_enabled = models.BooleanField(default=False)
    quiet_hours_start = models.TimeField(null=True, blank=True)
    quiet_hours_end = models.TimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        db_table = "notifications_preferences"
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return "Preferences"

    def wants(self, channel: Channel) -> bool:
        """Return whether the channel is enabled."""
        enabled: bool = getattr(self, f"{channel.value}_enabled")
        return enabled

    def quiet_until(self, moment: dt.datetime) -> dt.datetime | None:
        """Return the end of the quiet hours that include `moment`, or None if it is outside of them."""
        if self.quiet_hours_start is None or self.quiet_hours_end is None:
            return None
        try:
            zone = ZoneInfo(self.timezone)
        except ZoneInfoNotFoundError:  # the zone has been removed from the database since it was chosen
            zone = ZoneInfo("UTC")
        return quiet_until(moment, self.quiet_hours_start, self.quiet_hours_end, zone)


class Occasion(models.Model):
    """A record that a one-time event, such as an overdue invoice, has been notified. It is never deleted."""

    pk = models.CompositePrimaryKey("event", "key")
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "notifications_occasion"

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
