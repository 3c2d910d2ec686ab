"""Marking notifications as read. A notification keeps the time at which it was first read."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from skeleton.db.locks import all_locked_for_update, lock_for_precondition
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.notifications.models import Notification


def mark_read(*, notification_id: UUID, actor: Actor) -> None:
    """Mark one of the actor's notifications as read, unless it is already. Raises NotFound."""
    own = Notification.objects.visible_to(actor).filter(pk=notification_id)
    lock_for_precondition(own, notification_id)
    if not own.filter(read_at=None).update(read_at=timezone.now()) and not own.exists():
        raise NotFound


def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's notifications as read, and return how many were unread."""
    unread = Notification.objects.visible_to(actor).filter(read_at=None)
    with transaction.atomic():
        # Locked in a fixed order, so that two concurrent calls cannot deadlock.
        found = all_locked_for_update(unread, no_key=True)
        return unread.filter(pk__in=found).update(read_at=timezone.now()) if found else 0
