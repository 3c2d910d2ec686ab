"""Reading: what was read stays read, from the first time on."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound
from skeleton.notifications.models import Notification


def mark_read(*, notification_id: UUID, actor: Actor) -> None:
    """Mark one of the actor's own as read now, unless it was before. Raises NotFound."""
    own = Notification.objects.visible_to(actor).filter(pk=notification_id)
    if not own.filter(read_at=None).update(read_at=timezone.now()) and not own.exists():
        raise NotFound


def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's own as read that are there by now; how many were unread."""
    unread = Notification.objects.visible_to(actor).filter(read_at=None)
    with transaction.atomic():
        # locked in one order, so that two of these at the same moment take turns
        found = list(unread.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        return unread.filter(pk__in=found).update(read_at=timezone.now()) if found else 0
