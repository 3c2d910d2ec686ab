"""Tables of billing, one module per noun."""

from billing.models.invoices import Invoice, InvoiceLine
from billing.models.payments import Payment

__all__ = ["Invoice", "InvoiceLine", "Payment"]
