"""Who sees which notifications: everybody their own, and nobody anybody else's."""

from django.db.models import QuerySet

from skeleton.db.access import OpenGate, OwnGate
from skeleton.notifications.models import Delivery, Notification, Preferences

NOTIFICATIONS = OwnGate(Notification.objects.all, owner="user_id")
PREFERENCES = OwnGate(Preferences.objects.all, owner="user_id")


def _deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("notification__user").defer("notification__title", "notification__body")


DELIVERIES = OpenGate(_deliveries)
"""For whoever looks after the system (`*:*`): to whom, how and why not, but not what."""
