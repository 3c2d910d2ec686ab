"""Jobs that deliver notifications, according to the user's preferences at that time and never in quiet hours.

A delivery is one notification on one channel. Its row is locked while it is sent, so if two workers try, one sends it
and the other finds it sent. Failures are retried with growing pauses; the last one marks the delivery as failed.
"""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.db.records import save_changes
from skeleton.jobs.queue import job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.channels import Message, backend_of
from skeleton.notifications.choices import Channel, DeliveryStatus, Event
from skeleton.notifications.links import absolute_url
from skeleton.notifications.models import Delivery, Notification
from skeleton.notifications.queries import preferences_of
from skeleton.notifications.services.attempts import attempt
from skeleton.notifications.texts import texts_for

EVENTS_FOR_INACTIVE_USERS = (Event.ACCOUNT_DEACTIVATED,)
"""Events that are delivered even to deactivated users."""


@job
@titled(_("Deliver notifications"))
def create_deliveries(notification_ids: list[str]) -> None:
    """Start deliveries on the channels that users have enabled now, or try again after their quiet hours."""
    now = timezone.now()
    notifications = Notification.objects.filter(pk__in=notification_ids).select_related(
        "user__notification_preferences"
    )
    for notification in notifications.order_by("pk"):
        if not any(should_deliver(notification, channel) for channel in Channel):
            continue
        until = preferences_of(notification.user).quiet_until(now)
        if until:
            create_deliveries.enqueue(notification_ids=[str(notification.pk)], at=until)
        else:
            _start_deliveries(notification)


def _start_deliveries(notification: Notification) -> None:
    channels = [channel for channel in Channel if should_deliver(notification, channel)]
    rows = [Delivery(notification=notification, channel=channel) for channel in channels]
    for delivery in Delivery.objects.bulk_create(rows, ignore_conflicts=True):
        send_delivery.enqueue(delivery_id=str(delivery.pk))  # rows that already existed are not returned


@job
@titled(_("Send notification"))
def send_delivery(delivery_id: str) -> None:
    """Send one delivery if it is still waiting and still wanted."""
    waiting = Delivery.objects.filter(status=DeliveryStatus.WAITING)
    delivery = locked_or_none(waiting.select_related("notification__user__notification_preferences"), delivery_id)
    if delivery is None:
        return
    notification, channel = delivery.notification, Channel(delivery.channel)
    until = preferences_of(notification.user).quiet_until(timezone.now())
    if not should_deliver(notification, channel):
        save_changes(delivery, {"status": DeliveryStatus.SKIPPED})
    elif until:
        send_delivery.enqueue(delivery_id=delivery_id, at=until)
    else:
        _send(delivery)


def retry_delivery(*, delivery_id: UUID, actor: Actor) -> None:
    """Retry a failed delivery, with all attempts again. Raises NotFound, Conflict (it has not failed)."""
    with audited_transaction(actor, "send_again"):
        delivery = locked_for_update(Delivery.objects.all(), delivery_id)
        if delivery.status != DeliveryStatus.FAILED:
            raise Conflict(_("Only failed deliveries can be sent again."))
        save_changes(delivery, {"status": DeliveryStatus.WAITING, "attempts": 0})
        send_delivery.enqueue(delivery_id=str(delivery_id))


def _send(delivery: Delivery) -> None:
    attempt(
        delivery,
        lambda: backend_of(Channel(delivery.channel)).send(_message(delivery)),
        again=lambda moment: send_delivery.enqueue(delivery_id=str(delivery.pk), at=moment),
    )


def _message(delivery: Delivery) -> Message:
    """Return the message in the user's current language."""
    notification, channel = delivery.notification, Channel(delivery.channel)
    user, event, values = notification.user, Event(notification.type), notification.values
    texts = texts_for(user.language)
    title = "" if channel is Channel.SMS else texts.line(event, "title", values)
    text = {
        Channel.EMAIL: lambda: texts.email_text(event, values, name=user.name, address=absolute_url(notification.link)),
        Channel.SMS: lambda: texts.line(event, "sms", values),
        Channel.PUSH: lambda: texts.line(event, "body", values),
    }[channel]()
    return Message(delivery.pk, channel, title, text, user.pk, user.email, user.name)


def should_deliver(notification: Notification, channel: Channel) -> bool:
    """Return whether the notification should currently be delivered over this channel."""
    user = notification.user
    reachable = user.is_active or notification.type in EVENTS_FOR_INACTIVE_USERS
    return reachable and preferences_of(user).wants(channel)
