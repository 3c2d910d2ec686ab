"""Notifications, their deliveries over other channels, and each user's preferences."""

import datetime as dt
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record
from skeleton.notifications.choices import Channel, DeliveryStatus
from skeleton.notifications.quiet_hours import quiet_until


class NotificationQuerySet(RowLevelQuerySet["Notification"]):
    def visible_to(self, actor: Any) -> Self:
        """Return only the actor's own rows."""
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
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False, verbose_name=_("user")
    )
    type = models.CharField(
        max_length=40, verbose_name=_("type")
    )  # an Event; no choices, so that a new one needs no migration
    title = models.TextField(verbose_name=_("title"))
    body = models.TextField(verbose_name=_("body"))
    link = models.CharField(max_length=200, null=True, verbose_name=_("link"))  # noqa: DJ001 (the API says null)
    values = models.JSONField(verbose_name=_("values"))
    read_at = models.DateTimeField(null=True, verbose_name=_("read at"))
    created_at = models.DateTimeField(default=timezone.now, editable=False, verbose_name=_("created at"))

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications_notification"
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(title=""),
                name="notifications_notification_title_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="title",
            ),
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

    notification = models.ForeignKey(
        Notification, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("notification")
    )
    channel = models.CharField(max_length=5, choices=Channel.choices, verbose_name=_("channel"))
    status = models.CharField(
        max_length=7, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING, verbose_name=_("status")
    )
    attempts = models.IntegerField(default=0, verbose_name=_("attempts"))
    error = models.TextField(default="", blank=True, verbose_name=_("error"))
    sent_at = models.DateTimeField(null=True, verbose_name=_("sent at"))

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "notifications_delivery"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["notification", "channel"],
                name="notifications_delivery_once",
                violation_error_message=_("This notification is already on its way by this channel."),
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values),
                name="notifications_delivery_channel_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="channel",
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.SENT, sent_at__isnull=False)
                | Q(status__in=[DeliveryStatus.WAITING, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED], sent_at=None),
                name="notifications_delivery_status_fits",
                violation_error_message=_("A delivery has a time of sending if it was sent, and only then."),
            ),
            models.CheckConstraint(
                condition=Q(attempts__gte=0),
                name="notifications_delivery_attempts_positive",
                violation_error_message=_("Must not be negative."),
                violation_error_code="attempts",
            ),
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
        """Return only the actor's own rows."""
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
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notification_preferences",
        editable=False,
        verbose_name=_("user"),
    )
    email_enabled = models.BooleanField(default=True, verbose_name=_("email enabled"))
    sms_enabled = models.BooleanField(default=False, verbose_name=_("sms enabled"))
    push_enabled = models.BooleanField(default=False, verbose_name=_("push enabled"))
    quiet_hours_start = models.TimeField(null=True, blank=True, verbose_name=_("quiet hours start"))
    quiet_hours_end = models.TimeField(null=True, blank=True, verbose_name=_("quiet hours end"))
    timezone = models.CharField(max_length=64, default="UTC", verbose_name=_("timezone"))

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        db_table = "notifications_preferences"
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

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


class NotificationKey(models.Model):
    """The key of an event that is notified only once, such as an overdue invoice. It is never deleted."""

    pk = models.CompositePrimaryKey("event", "key")
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "notifications_occasion"

    def __str__(self) -> str:
        return f"{self.event} {self.key}"
