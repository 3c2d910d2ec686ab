"""Reads of billing."""

from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum

from billing.choices import InvoiceStatus
from billing.models import Invoice, Order
from skeleton.core.counting import Counted
from skeleton.core.filters import CurrentDate

COUNTED = Counted("billing_invoice")
"""PostgreSQL keeps how many invoices there are, by status."""

COUNTED_ORDERS = Counted("billing_order")
"""Likewise of orders."""

OVERDUE = Q(status=InvoiceStatus.SENT, due_date__lt=CurrentDate())
"""Sent, not fully paid, and past its due date, by the database's clock (UTC). The day itself is still in time."""


def invoices() -> QuerySet[Invoice]:
    """Invoices, each with `is_overdue`."""
    return Invoice.objects.annotate(is_overdue=ExpressionWrapper(OVERDUE, output_field=BooleanField()))


def invoices_by_status() -> dict[str, int]:
    """How many invoices each status has, those with none left out. Kept, not counted."""
    return COUNTED.by_part()


def orders() -> QuerySet[Order]:
    """Orders, each with `invoiced`: what its invoices that are not cancelled come to; None where there are none."""
    standing = Invoice.objects.filter(order=OuterRef("pk")).exclude(status=InvoiceStatus.CANCELLED)
    sums = standing.order_by().values("order").annotate(sum=Sum("total")).values("sum")
    return Order.objects.annotate(invoiced=Subquery(sums))


def orders_by_status() -> dict[str, int]:
    """How many orders each status has, those with none left out. Kept, not counted."""
    return COUNTED_ORDERS.by_part()


def is_invoiced(order_id: UUID) -> bool:
    """Whether there is an invoice of the order that is not cancelled."""
    return Invoice.objects.filter(order=order_id).exclude(status=InvoiceStatus.CANCELLED).exists()
