"""Periodic jobs of the messenger."""

from django.utils.translation import gettext_lazy as _

from messenger.services.upkeep import clear_away
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("31 3 * * *")
@titled(_("Clean up the messenger"), _("Every night, for old events and unused tickets."))
def clean_up() -> None:
    """Delete old events and unused tickets, every night."""
    clear_away()
