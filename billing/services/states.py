"""Errors for actions that the state of an invoice doesn't allow."""

from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, allowed_actions
from billing.models import Invoice
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.translation import Text


def require_draft(invoice: Invoice, message: Text) -> None:
    """Raise Conflict, with the actions its state allows, if the invoice is not a draft."""
    if invoice.status != InvoiceStatus.DRAFT:
        raise state_error(invoice, message)


def state_error(invoice: Invoice, message: Text) -> Conflict:
    """Return a Conflict: the invoice's state doesn't allow an action. Includes the actions that it allows."""
    status, paid = invoice.status, invoice.amount_paid
    has_payments = status == InvoiceStatus.SENT and paid
    template = _("The invoice has payments. {message}") if has_payments else _("The invoice is {status}. {message}")
    told = format_text(template, status=Label(InvoiceStatus(status).label), message=message)
    return Conflict(told, details={"allowed": allowed_actions(status, amount_paid=paid)})
