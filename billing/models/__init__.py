"""Models of billing, one module per noun."""

from billing.models.credit_notes import CreditNote, CreditNoteLine
from billing.models.emails import DocumentEmail
from billing.models.invoices import Invoice, InvoiceLine
from billing.models.issued_documents import EInvoice, InvoiceParties, IssuedDocument
from billing.models.orders import Order, OrderLine, OrderStatusChange
from billing.models.payments import Payment
from billing.models.settlements import Settlement

__all__ = [
    "CreditNote",
    "CreditNoteLine",
    "DocumentEmail",
    "EInvoice",
    "InvoiceParties",
    "Invoice",
    "InvoiceLine",
    "IssuedDocument",
    "Order",
    "OrderLine",
    "OrderStatusChange",
    "Payment",
    "Settlement",
]
