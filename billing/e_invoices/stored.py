"""Reads what electronic invoices are made of: documents with their lines, and what credit notes take of invoices."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from parties.queries import code_of_country
from skeleton.kernel.errors import NotFound

Json = dict[str, Any]

_SHARED = (
    *("id", "number", "customer_id", "customer_name", "currency", "notes", "sent_at"),
    *("subtotal", "tax_total", "tax_breakdown", "total", "issue_date"),
)
_OF_INVOICE = (
    *("number", "issue_date", "due_date", "delivery_date", "service_start", "service_end"),
    *("buyer_reference", "purchase_order_reference", "delivery_address"),
)
_ORDER_NUMBER = {"order_number": F("order__number")}
_LINE = (
    *("item_number", "description", "quantity", "unit_code", "unit_price", "price_base_quantity"),
    *("discount", "tax_rate", "total"),
)
_CATEGORY = {"category": F("tax_code__category")}


def stored_invoice(rows: QuerySet[Invoice], pk: UUID) -> Json:
    """Return an invoice with its lines, for `mapping.from_invoice`. Raises NotFound if it isn't in `rows`."""
    invoice = rows.filter(pk=pk).values(*_SHARED, "origin", *_OF_INVOICE[2:], **_ORDER_NUMBER).first()
    if invoice is None:
        raise NotFound
    lines = InvoiceLine.objects.filter(invoice=pk).order_by("position")
    return {**_with_country(invoice), "lines": list(lines.values(*_LINE, **_CATEGORY))}


def stored_credit_note(rows: QuerySet[CreditNote], pk: UUID) -> Json:
    """Return a credit note with its lines and its `invoice`, for `mapping.from_credit_note`.

    Once sent, it has its `seller` and `buyer`. Raises NotFound if it isn't in `rows`.
    """
    note = rows.filter(pk=pk).values(*_SHARED, "invoice_id", "reason", "seller", "buyer").first()
    if note is None:
        raise NotFound
    invoice = Invoice.objects.filter(pk=note["invoice_id"]).values(*_OF_INVOICE, **_ORDER_NUMBER).get()
    lines = CreditNoteLine.objects.filter(credit_note=pk).order_by("position")
    return {**note, "invoice": _with_country(invoice), "lines": list(lines.values(*_LINE, **_CATEGORY))}


def _with_country(invoice: Json) -> Json:
    """Add the code of the country to the delivery address."""
    address = invoice["delivery_address"]
    if not address:
        return invoice
    return {**invoice, "delivery_address": {**address, "country_code": code_of_country(address.get("country_id"))}}
