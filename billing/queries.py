"""Queries of billing."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet

from billing.choices import InvoiceStatus
from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Order, OrderLine, Payment
from billing.models.invoices import InvoiceQuerySet
from billing.models.orders import FULLY_CREDITED, OrderQuerySet
from billing.totals import amount_due
from parties.queries import names_of_country
from skeleton.kernel.errors import NotFound


def invoices_by_status(currency: str | None = None) -> dict[str, int]:
    """Return the number of invoices by status, without zeros. Reads maintained counts, unless for one currency."""
    counted = InvoiceQuerySet.maintained_count
    return _counts_by_status(Invoice.objects.filter(currency=currency)) if currency else counted.by_partition()


def orders_by_status(currency: str | None = None) -> dict[str, int]:
    """Return the number of orders by status, without zeros. Reads maintained counts, unless for one currency."""
    counted = OrderQuerySet.maintained_count
    return _counts_by_status(Order.objects.filter(currency=currency)) if currency else counted.by_partition()


def _counts_by_status(rows: QuerySet[Any]) -> dict[str, int]:
    return dict(rows.order_by().values_list("status").annotate(number=Count("pk")))


def is_invoiced(order_id: UUID) -> bool:
    """Return whether the order has an invoice that is neither cancelled nor fully credited."""
    invoices = Invoice.objects.filter(order=order_id).exclude(status=InvoiceStatus.CANCELLED)
    return invoices.exclude(FULLY_CREDITED).exists()


_PRINTED = (
    "id",
    "number",
    "customer_id",
    "customer_name",
    "status",
    "origin",
    "currency",
    "subtotal",
    "tax_total",
    "tax_breakdown",
    "total",
    "amount_paid",
    "amount_credited",
    "amount_written_off",
    "issue_date",
    "due_date",
    "payment_days",
    "delivery_date",
    "service_start",
    "service_end",
    "buyer_reference",
    "purchase_order_reference",
    "delivery_address",
    "notes",
    "sent_at",
    "paid_at",
    "cancelled_at",
    "updated_at",
)
_DUE_COLUMNS = ("status", "total", "amount_paid", "amount_credited", "amount_written_off")
_PRINTED_ORDER = (
    "number",
    "customer_id",
    "customer_name",
    "status",
    "currency",
    "subtotal",
    "tax_total",
    "tax_breakdown",
    "total",
    "notes",
    "shipping_address",
    "created_at",
    "updated_at",
)
_PRINTED_LINE = (
    *("item_number", "description", "quantity", "unit_code", "unit_price", "price_base_quantity"),
    *("discount", "tax_rate", "total"),
)
_PRINTED_PAYMENT = ("paid_at", "method", "reference", "settled")


def printed_invoice(rows: QuerySet[Invoice], pk: UUID) -> dict[str, Any]:
    """Return the data of an invoice's PDF, with `lines` and `payments`. Raises NotFound if it isn't in `rows`."""
    invoice = rows.filter(pk=pk).values(*_PRINTED, order_number=F("order__number")).first()
    if invoice is None:
        raise NotFound
    return {
        **invoice,
        "delivery_address": _with_country(invoice["delivery_address"]),
        "amount_due": amount_due(*(invoice[name] for name in _DUE_COLUMNS)),
        "lines": list(InvoiceLine.objects.filter(invoice=pk).order_by("position").values(*_PRINTED_LINE)),
        "payments": [
            dict(zip(("paid_at", "method", "reference", "amount"), row, strict=True))
            for row in Payment.objects.of_invoice(pk).order_by("pk").values_list(*_PRINTED_PAYMENT)
        ],
    }


def _with_country(address: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an address with the `names` of its country by language."""
    return address and {**address, "names": names_of_country(address.get("country_id"))}


_PRINTED_CREDIT_NOTE = (
    "id",
    "number",
    "customer_id",
    "customer_name",
    "status",
    "currency",
    "subtotal",
    "tax_total",
    "tax_breakdown",
    "total",
    "issue_date",
    "reason",
    "notes",
    "seller",
    "buyer",
    "sent_at",
    "updated_at",
)


def printed_credit_note(rows: QuerySet[CreditNote], pk: UUID) -> dict[str, Any]:
    """Return the data of a credit note's PDF, with `lines`. Raises NotFound if it isn't in `rows`."""
    of_invoice = {"invoice_number": F("invoice__number"), "invoice_date": F("invoice__issue_date")}
    note = rows.filter(pk=pk).values(*_PRINTED_CREDIT_NOTE, **of_invoice).first()
    if note is None:
        raise NotFound
    lines = CreditNoteLine.objects.filter(credit_note=pk).order_by("position").values(*_PRINTED_LINE)
    return {**note, "lines": list(lines)}


def printed_order(rows: QuerySet[Order], pk: UUID) -> dict[str, Any]:
    """Return the data of an order's PDF, with the country's `names`. Raises NotFound if it isn't in `rows`."""
    order = rows.filter(pk=pk).values(*_PRINTED_ORDER).first()
    if order is None:
        raise NotFound
    return {
        **order,
        "order_date": order["created_at"],
        "shipping_address": _with_country(order["shipping_address"]),
        "lines": list(OrderLine.objects.filter(order=pk).order_by("position").values(*_PRINTED_LINE)),
    }
