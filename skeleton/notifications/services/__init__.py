"""Services of notifications: creating, marking as read, and delivering them."""

from skeleton.notifications.services.creation import notify

__all__ = ["notify"]
