"""Deletes old read notifications, together with their deliveries."""

import datetime as dt

from django.conf import settings
from django.utils import timezone

from skeleton.notifications.models import Notification

BATCH = 1000
"""Maximum number of notifications deleted in one transaction."""


def delete_old_read() -> int:
    """Delete read notifications older than `SKELETON_NOTIFICATION_DAYS`, and return how many. 0 days: delete none.

    Unread notifications are kept, however old. The keys of events (`NotificationKey`) are kept, too.
    """
    if not settings.SKELETON_NOTIFICATION_DAYS:
        return 0
    until = timezone.now() - dt.timedelta(days=settings.SKELETON_NOTIFICATION_DAYS)
    old = Notification.objects.filter(created_at__lt=until, read_at__isnull=False)
    deleted = 0
    while found := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        Notification.objects.filter(pk__in=found).delete()
        deleted += len(found)
    return deleted
