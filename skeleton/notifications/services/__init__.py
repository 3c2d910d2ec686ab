"""Services of notifications: creating, marking as read, and delivering them."""

from skeleton.notifications.services.telling import notify

__all__ = ["notify"]
