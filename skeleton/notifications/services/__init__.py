"""The verbs of notifications: telling, reading, sending out."""

from skeleton.notifications.services.telling import notify

__all__ = ["notify"]
