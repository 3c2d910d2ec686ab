"""Notifications about overdue invoices, once per invoice."""

import structlog
from django.db import DatabaseError
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from billing.choices import InvoiceStatus
from billing.models import Invoice
from billing.services.notifications import notify_invoice_event
from skeleton.db.compiled_sql import CurrentDate
from skeleton.db.locks import locked_or_none
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event
from skeleton.notifications.queries import without_notification

log = structlog.get_logger("skeleton.billing")


def notify_overdue_invoices() -> int:
    """Notify about every overdue invoice that has no such notification yet, and return their number.

    It can be run at any time, repeatedly and concurrently. Each invoice has its own transaction: a failure is logged
    and retried by the next run.
    """
    told = 0
    for invoice_id in list(overdue_without_notification().values_list("pk", flat=True)):
        try:
            with audited_transaction(SYSTEM, "overdue"):
                # locked against payment; if someone else holds the lock, they pay it or the next run retries
                invoice = locked_or_none(_overdue(), invoice_id, no_key=True, skip_locked=True)
                if invoice:
                    notify_invoice_event(
                        Event.INVOICE_OVERDUE, invoice, actor=SYSTEM, deduplication_key=str(invoice_id)
                    )
                    told += 1
        except DatabaseError:
            log.exception("overdue_failed", invoice_id=str(invoice_id))
    return told


def overdue_without_notification() -> QuerySet[Invoice]:
    """Return the overdue invoices without a notification, oldest first."""
    return without_notification(_overdue(), Event.INVOICE_OVERDUE, Cast("pk", TextField())).order_by("pk")


def _overdue() -> QuerySet[Invoice]:
    return Invoice.objects.filter(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
