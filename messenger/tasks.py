"""Periodic jobs of the messenger."""

from django.utils.translation import gettext_lazy as _

from messenger.services import cleanup
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("31 3 * * *")
@titled(_("Clean up the messenger"), _("Every night: delete old events and expired tickets."))
def delete_old_events() -> None:
    cleanup.delete_old_events()
