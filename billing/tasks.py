"""What happens to invoices by itself, and the jobs of billing, for the workers to know them."""

from django.utils.translation import gettext_lazy as _

from billing.services.documents import issue_sent_invoice
from billing.services.overdue import tell_of_overdue
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled

__all__ = ["announce_overdue", "issue_sent_invoice"]


@periodic("15 * * * *")
@titled(_("Announce overdue invoices"), _("Every hour, for the invoices that have become overdue at midnight."))
def announce_overdue() -> None:
    """Every hour, so that a worker that was away at midnight costs an hour at most; once a day there is work."""
    tell_of_overdue()
