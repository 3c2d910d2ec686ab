"""Periodic jobs of the messenger."""

from django.utils.translation import gettext_lazy as _

from messenger.services import tickets
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled


@periodic("31 3 * * *")
@titled(_("Clean up the messenger"), _("Every night: delete expired tickets."))
def delete_expired_tickets() -> None:
    tickets.delete_expired_tickets()
