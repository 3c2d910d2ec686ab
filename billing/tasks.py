"""Scheduled tasks of billing. Importing this module also registers the jobs of billing with the workers."""

from django.utils.translation import gettext_lazy as _

from billing.services import overdue, reminders
from billing.services.documents import issue_sent_invoice
from billing.services.e_invoices import issue_e_invoice
from billing.services.emails import send_email
from skeleton.jobs.queue import periodic
from skeleton.jobs.titles import titled

__all__ = ["issue_e_invoice", "issue_sent_invoice", "notify_overdue_invoices", "send_due_reminders", "send_email"]


@periodic("15 * * * *")
@titled(_("Announce overdue invoices"), _("Every hour, for the invoices that have become overdue at midnight."))
def notify_overdue_invoices() -> None:
    """Notify about overdue invoices.

    Runs hourly, so that a worker outage at midnight delays it by an hour at most. There is new work once a day.
    """
    overdue.notify_overdue_invoices()


@periodic("35 7 * * *")
@titled(_("Send reminders"), _("Every morning: remind customers of overdue invoices, if reminders are switched on."))
def send_due_reminders() -> None:
    """Remind of the invoices for which a reminder is due."""
    reminders.send_due_reminders()
