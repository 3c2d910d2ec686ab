"""Reading: what was read stays read, from the first time on."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from skeleton.db.access import visible
from skeleton.db.locks import all_locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.notifications.access import NOTIFICATIONS


def mark_read(*, notification_id: UUID, actor: Actor) -> None:
    """Mark one of the actor's own as read now, unless it was before. Raises NotFound."""
    own = visible(NOTIFICATIONS, actor).filter(pk=notification_id)
    if not own.filter(read_at=None).update(read_at=timezone.now()) and not own.exists():
        raise NotFound


def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's own as read that are there by now; how many were unread."""
    unread = visible(NOTIFICATIONS, actor).filter(read_at=None)
    with transaction.atomic():
        # locked in one order, so that two of these at the same moment take turns
        found = all_locked_for_update(unread, no_key=True)
        return unread.filter(pk__in=found).update(read_at=timezone.now()) if found else 0
