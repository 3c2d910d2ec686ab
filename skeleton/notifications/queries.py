"""Queries for recipients and their preferences."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from skeleton.identity.models import User
from skeleton.identity.queries import Recipient, creator_or_holders
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.notifications.choices import Event
from skeleton.notifications.models import Notification, NotificationKey, Preferences


def recipients_for(created_by: UUID | None, *permissions: str, actor: Actor = SYSTEM) -> list[Recipient]:
    """Return the recipients of a document's notifications: its creator, or else every active user with any of
    `permissions`, if there is no creator or they are no longer active.

    If the `actor` of this transaction created it, nothing needs to be read.
    """
    if created_by and created_by == actor.id:
        return [Recipient(created_by, actor.language)]
    return creator_or_holders(created_by, *permissions)


def without_notification(rows: QuerySet[Any], event: Event, key: Any) -> QuerySet[Any]:
    """Return those of `rows` without a notification of `event`. `key` is the expression for its `deduplication_key`."""
    sent = NotificationKey.objects.filter(event=event, key=OuterRef("deduplication_key"))
    remaining: QuerySet[Any] = rows.alias(deduplication_key=key).exclude(Exists(sent))
    return remaining


def preferences_by_user_id(user_id: UUID) -> Preferences:
    """Return the preferences of the user with this id."""
    return preferences_of(User.objects.select_related("notification_preferences").get(pk=user_id))


def preferences_of(user: User) -> Preferences:
    """Return the user's preferences, or unsaved defaults. Use `select_related("notification_preferences")`."""
    return getattr(user, "notification_preferences", None) or Preferences(user=user)


def unread_count(user_id: UUID) -> int:
    """Return the number of the user's unread notifications."""
    return Notification.objects.filter(user_id=user_id, read_at=None).count()
