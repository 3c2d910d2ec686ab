"""E-mail with documents in tests: running its job, and reminders of invoices that are overdue."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.models import DocumentEmail, Invoice
from billing.services.emails import email_invoice, send_email
from billing.services.reminders import remind_invoice
from billing.tests.factories import sent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import today
from skeleton.notifications.tests.factories import jump, queued, work_off

JOB = "billing.services.emails."


def overdue(days: int = 10, **fields: Any) -> Invoice:
    """Create a sent invoice that was due `days` ago."""
    return sent(due_date=today() - dt.timedelta(days=days), **fields)


def mailed(invoice: Invoice, **values: Any) -> DocumentEmail:
    """Queue an e-mail with the invoice."""
    return DocumentEmail.objects.get(pk=email_invoice(invoice_id=invoice.pk, values=values, actor=SYSTEM))  # type: ignore[arg-type]


def reminded(invoice: Invoice, **values: Any) -> DocumentEmail:
    """Queue the next reminder of the invoice."""
    return DocumentEmail.objects.get(pk=remind_invoice(invoice_id=invoice.pk, values=values, actor=SYSTEM))  # type: ignore[arg-type]


def deliver() -> int:
    """Run the due jobs that send e-mail with documents, and return their number."""
    return work_off(JOB)


def come_back() -> None:
    """Make the next attempt due, and run it."""
    [(number, _name, _arguments, _at)] = queued(JOB)
    jump(number)
    deliver()


def run_job(email_id: UUID) -> None:
    """Run the job of one e-mail at once, in its transaction."""
    with transaction.atomic():
        send_email(email_id=str(email_id))
