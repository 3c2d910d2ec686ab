"""Scheduled tasks of stock."""

from django.utils.translation import gettext_lazy as _

from inventory.services.reservations import expire_reservations
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("* * * * *")
@titled(_("Release expired reservations"), _("Every minute, for reservations past their time."))
def release_expired_reservations() -> None:
    """Release expired reservations, every minute."""
    expire_reservations()
