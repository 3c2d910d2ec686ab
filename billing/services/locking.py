"""Locks on an invoice and what comes before it in the order of locks."""

from uuid import UUID

from billing.models import Invoice, Order
from skeleton.db.locks import locked_for_update, locked_or_none


def locked_with_customer_and_order(invoice_id: UUID) -> Invoice:
    """Lock the invoice's customer, its order and the invoice, and return the invoice. Raises NotFound.

    Until commit, the customer can't be renamed or its credit checked, nor the order be invoiced or cancelled.
    """
    rows = Invoice.objects.select_related("customer").only("order_id", "customer__id")
    order_id = locked_for_update(rows, invoice_id, of="customer", no_key=True).order_id
    if order_id:
        locked_for_update(Order.objects.only("pk"), order_id, no_key=True)
    return locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)


def lock_order_of(invoice_id: UUID) -> None:
    """Lock the invoice's order. Call this before locking the invoice."""
    of_invoice = Invoice.objects.filter(pk=invoice_id).values("order_id")[:1]
    locked_or_none(Order.objects.only("pk"), of_invoice, no_key=True)
