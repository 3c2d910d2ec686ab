"""Invoices that nobody paid in time: once each, those concerned are told."""

import structlog
from django.db import DatabaseError
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from billing.choices import InvoiceStatus
from billing.models import Invoice
from billing.services.telling import tell_of_invoice
from skeleton.db.expressions import CurrentDate
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import verb
from skeleton.notifications.choices import Event
from skeleton.notifications.queries import untold

log = structlog.get_logger("skeleton.billing")


def tell_of_overdue() -> int:
    """Tell of every sent invoice whose due date is past (UTC) and of which that was not told; how many those were.

    It may be run at any moment, again, and by several at once. Each is told in a transaction of its own: one that
    fails is logged and left for the next run.
    """
    told = 0
    for invoice_id in list(untold_overdue().values_list("pk", flat=True)):
        try:
            with verb(SYSTEM, "overdue"):
                # held, so that it is not being paid at this moment; who holds it pays it or is seen by the next run
                if _overdue().select_for_update(skip_locked=True, no_key=True).filter(pk=invoice_id).exists():
                    tell_of_invoice(Event.INVOICE_OVERDUE, invoice_id=invoice_id, once=str(invoice_id))
                    told += 1
        except DatabaseError:
            log.exception("overdue_failed", invoice_id=str(invoice_id))
    return told


def untold_overdue() -> QuerySet[Invoice]:
    """Those of which it was not told yet, the oldest first."""
    return untold(_overdue(), Event.INVOICE_OVERDUE, Cast("pk", TextField())).order_by("pk")


def _overdue() -> QuerySet[Invoice]:
    return Invoice.objects.filter(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
