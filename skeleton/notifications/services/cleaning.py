"""Forgetting what was read long ago, and with it what became of its e-mails."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from skeleton.notifications.models import Notification

BATCH = 1000
"""How many notifications one transaction deletes at most."""


def forget_read() -> int:
    """Delete what is older than `SKELETON_NOTIFICATION_DAYS` and was read; how many those were. 0 days: none.

    What is unread stays, however old. That something was told once only is remembered without it.
    """
    if not settings.SKELETON_NOTIFICATION_DAYS:
        return 0
    until = timezone.now() - dt.timedelta(days=settings.SKELETON_NOTIFICATION_DAYS)
    old = Notification.objects.filter(created_at__lt=until, read_at__isnull=False)
    forgotten = 0
    while found := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        Notification.objects.filter(pk__in=found).delete()
        forgotten += len(found)
    return forgotten
