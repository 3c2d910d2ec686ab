"""What people are told when the state of an invoice or order does not allow an action: why, and what to do instead."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, OrderStatus
from skeleton.kernel.translation import Text

PART_PAID: Final = "part_paid"
"""Stands for the state of a sent invoice that has payments, which allows less than that of one without."""

Messages = Mapping[str, Text]
"""The message for each state that does not allow the action."""

_SENT, _PAID, _CANCELLED = InvoiceStatus.SENT, InvoiceStatus.PAID, InvoiceStatus.CANCELLED

INVOICE_NOT_EDITABLE: Messages = {
    _SENT: _(
        "This invoice has already been sent, so only its notes can be changed. To correct it, issue a credit note, or "
        "cancel it and create a new one."
    ),
    PART_PAID: _(
        "This invoice has already been sent and has payments, so only its notes can be changed. To correct it, issue a "
        "credit note."
    ),
    _PAID: _(
        "This invoice has already been paid, so only its notes can be changed. To correct it, issue a credit note."
    ),
    _CANCELLED: _("This invoice has been cancelled, so only its notes can be changed. Create a new one instead."),
}
INVOICE_NOT_SENDABLE: Messages = {
    _SENT: _("This invoice has already been sent. To replace it, cancel it and create a new one."),
    PART_PAID: _("This invoice has already been sent and has payments."),
    _PAID: _("This invoice has already been paid."),
    _CANCELLED: _("This invoice has been cancelled. Create a new one instead."),
}
INVOICE_NOT_PAYABLE: Messages = {
    InvoiceStatus.DRAFT: _("This invoice is still a draft. Send it first, then record the payment."),
    _PAID: _("This invoice has already been paid in full."),
    _CANCELLED: _("This invoice has been cancelled and takes no payments. Record the payment for another invoice."),
}
INVOICE_NOT_CANCELLABLE: Messages = {
    _SENT: _(
        "Something else than its own credit notes settles this invoice, so it cannot be cancelled. Undo that first, or "
        "issue a credit note."
    ),
    PART_PAID: _("This invoice already has payments, so it cannot be cancelled. Issue a credit note instead."),
    _PAID: _("This invoice has already been paid, so it cannot be cancelled. Issue a credit note instead."),
    _CANCELLED: _("This invoice has already been cancelled."),
}
INVOICE_NOT_CREDITABLE: Messages = {
    InvoiceStatus.DRAFT: _("This invoice is still a draft. Change or cancel it instead."),
    _CANCELLED: _("This invoice has been cancelled, so there is nothing to credit."),
}
NOTHING_TO_WRITE_OFF: Messages = {
    InvoiceStatus.DRAFT: _("This invoice is still a draft. Change or cancel it instead."),
    _PAID: _("Nothing is due on this invoice."),
    _CANCELLED: _("This invoice has been cancelled, so nothing is due on it."),
}
INVOICE_NOT_OVERDUE: Messages = {
    InvoiceStatus.DRAFT: _("This invoice is still a draft, so nothing is due on it yet."),
    _PAID: _("Nothing is due on this invoice."),
    _CANCELLED: _("This invoice has been cancelled, so nothing is due on it."),
}

ORDER_NOT_EDITABLE: Messages = {
    OrderStatus.PENDING: _(
        "This order has already been submitted and can no longer be changed. Cancel it and create a new one."
    ),
    OrderStatus.CONFIRMED: _(
        "This order has already been confirmed and can no longer be changed. Cancel it and create a new one."
    ),
    OrderStatus.SHIPPED: _("This order has already been shipped and can no longer be changed."),
    OrderStatus.DELIVERED: _("This order has already been delivered and can no longer be changed."),
    OrderStatus.CANCELLED: _("This order has been cancelled. Create a new one instead."),
}
ORDER_NOT_BILLABLE: Messages = {
    OrderStatus.DRAFT: _("This order is still a draft. Confirm it first, then create the invoice."),
    OrderStatus.PENDING: _("This order has not been confirmed yet. Confirm it first, then create the invoice."),
    OrderStatus.CANCELLED: _("This order has been cancelled, so it cannot be invoiced."),
}
ORDER_NEXT_STEPS: Messages = {
    OrderStatus.DRAFT: _("This order is still a draft. It can be submitted, confirmed or cancelled."),
    OrderStatus.PENDING: _("This order has been submitted. It can be confirmed or cancelled."),
    OrderStatus.CONFIRMED: _(
        "This order has been confirmed. It can be shipped, or cancelled as long as it has no invoice."
    ),
    OrderStatus.SHIPPED: _("This order has been shipped. It can only be delivered now."),
    OrderStatus.DELIVERED: _("This order has been delivered. Its status can no longer change."),
    OrderStatus.CANCELLED: _("This order has been cancelled. Create a new one instead."),
}
