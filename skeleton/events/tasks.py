"""Periodic jobs of the event log."""

from django.utils.translation import gettext_lazy as _

from skeleton.events import log
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("41 3 * * *")
@titled(_("Clean up the event log"), _("Every night: delete events that are older than they are kept."))
def delete_old_events() -> None:
    log.delete_old_events()
