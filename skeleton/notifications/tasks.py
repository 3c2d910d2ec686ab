"""The jobs of notifications, imported here so that workers find them, and the periodic clean-up."""

from django.utils.translation import gettext_lazy as _

from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled
from skeleton.notifications.services.cleaning import forget_read
from skeleton.notifications.services.delivery import deliver, send

__all__ = ["clean_up", "deliver", "send"]


@periodic("29 3 * * *")
@titled(_("Delete read notifications"), _("Every night, for notifications that were read long ago."))
def clean_up() -> None:
    """Delete notifications that were read long ago, every night."""
    forget_read()
