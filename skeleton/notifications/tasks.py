"""The jobs of notifications, imported here so that workers find them, and the periodic clean-up."""

from skeleton.jobs.queue import periodic
from skeleton.notifications.services.cleaning import forget_read
from skeleton.notifications.services.delivery import deliver, send

__all__ = ["clean_up", "deliver", "send"]


@periodic("29 3 * * *")
def clean_up() -> None:
    """Every night: what was read long ago."""
    forget_read()
