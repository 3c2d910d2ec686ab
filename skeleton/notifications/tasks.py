"""The jobs of notifications, where the queue looks for them."""

from skeleton.notifications.services.delivery import deliver, send

__all__ = ["deliver", "send"]
