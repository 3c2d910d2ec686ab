"""Errors for actions that the state of an invoice doesn't allow."""

from billing.choices import InvoiceStatus, allowed_actions
from billing.models import Invoice
from billing.state_messages import PART_PAID, Messages
from skeleton.kernel.errors import Conflict


def require_draft(invoice: Invoice, messages: Messages) -> None:
    """Raise Conflict, with the actions its state allows, if the invoice is not a draft."""
    if invoice.status != InvoiceStatus.DRAFT:
        raise state_error(invoice, messages)


def state_error(invoice: Invoice, messages: Messages) -> Conflict:
    """Return a Conflict with the message for the invoice's state, and the actions that the state allows."""
    status, paid = invoice.status, invoice.amount_paid
    state = PART_PAID if status == InvoiceStatus.SENT and paid else status
    return Conflict(messages[state], details={"allowed": allowed_actions(status, amount_paid=paid)})
