"""Reads of billing."""

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from billing.choices import InvoiceStatus
from billing.models import Invoice
from skeleton.core.counting import Counted
from skeleton.core.filters import CurrentDate

COUNTED = Counted("billing_invoice")
"""PostgreSQL keeps how many invoices there are, by status."""

OVERDUE = Q(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
"""Sent, not fully paid, and past its due date, by the database's clock (UTC). The day itself is still in time."""


def invoices() -> QuerySet[Invoice]:
    """Invoices, each with `is_overdue`."""
    return Invoice.objects.annotate(is_overdue=ExpressionWrapper(OVERDUE, output_field=BooleanField()))


def invoices_by_status() -> dict[str, int]:
    """How many invoices each status has, those with none left out. Kept, not counted."""
    return COUNTED.by_part()


def overdue_invoices() -> QuerySet[Invoice]:
    """Invoices that should have been paid by now."""
    return Invoice.objects.filter(OVERDUE)
