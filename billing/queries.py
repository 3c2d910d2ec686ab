"""Reads of billing."""

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from billing.choices import InvoiceStatus
from billing.models import Invoice
from skeleton.core.filters import CurrentDate

OVERDUE = Q(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
"""Sent, not fully paid, and past its due date, by the database's clock (UTC). The day itself is still in time."""


def invoices() -> QuerySet[Invoice]:
    """Invoices, each with `is_overdue`."""
    return Invoice.objects.annotate(is_overdue=ExpressionWrapper(OVERDUE, output_field=BooleanField()))
