"""Who sees which notifications: everybody their own, and nobody anybody else's."""

from skeleton.core.access import OwnGate
from skeleton.notifications.models import Notification

NOTIFICATIONS = OwnGate(Notification.objects.all, owner="user_id")
