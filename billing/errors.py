"""User messages of the constraints that exist only in SQL (migrations 0002 to 0012)."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.time_limits import IN_FUTURE_MESSAGE


def declare_constraints() -> None:
    """Declare the constraints. Called once, when the app starts."""
    _declare_tax_codes()
    _declare_invoices()
    _declare_payments_and_postings()
    _declare_orders()
    _declare_invoices_of_orders()
    _declare_credit_notes()
    _declare_issued_credit_notes()
    _declare_emails()


def _declare_tax_codes() -> None:
    told = _("The rate of a line is that of its tax code.")
    for table in ("billing_invoice_line", "billing_order_line", "billing_credit_note_line"):
        declare(f"{table}_rate_of_tax_code", Conflict, told, field="tax_rate")
    declare(
        "billing_tax_code_used",
        Conflict,
        _("Documents use this tax code, so this can no longer change. Deactivate it, and create a new one."),
    )


def _declare_invoices() -> None:
    declare(
        "billing_invoice_customer_usable",
        Conflict,
        _("The customer is not active. Activate the customer first."),
        field="customer_id",
    )
    declare("billing_invoice_customer_kind", Invalid, _("Only a customer can be invoiced."), field="customer_id")
    declare("billing_invoice_begins_as_draft", Conflict, _("A new invoice must be a draft."))
    declare("billing_invoice_transition", Conflict, _("The invoice cannot change from its current status to this one."))
    declare(
        "billing_invoice_identity",
        Conflict,
        _("The number, customer and currency of an invoice cannot be changed."),
    )
    declare(
        "billing_invoice_frozen", Conflict, _("This invoice is no longer a draft, so only its notes can be changed.")
    )
    declare("billing_invoice_permanent", Conflict, _("An invoice cannot be deleted. Cancel it instead."))
    declare("billing_invoice_totals_of_lines", Conflict, _("The totals of the invoice must match its lines."))
    declare(
        "billing_invoice_sent_has_lines", Conflict, _("This invoice has no lines yet. Add at least one, then send it.")
    )
    declare("billing_invoice_paid_of_payments", Conflict, _("The amount paid must be the sum of the payments."))
    declare("billing_invoice_line_drafts_only", Conflict, _("Only the lines of a draft can be changed."))
    declare("billing_invoice_number_form", Invalid, _("An invoice number has the form INV-<year>-<nnnnnn>."))
    declare(
        "billing_invoice_imported_number_form",
        Invalid,
        _("Invoices are numbered like this here. Keep the old number with a prefix."),
        field="number",
    )
    declare("billing_invoice_imported_sent", Conflict, _("An imported invoice must be open: it is never a draft."))
    declare("billing_invoice_delivery_address_form", Invalid, _("Must be an object."), field="delivery_address")
    declare("billing_issued_document_of_sent", Conflict, _("Only documents of sent invoices are kept."))


def _declare_payments_and_postings() -> None:
    declare("billing_payment_paid_at_ahead", Invalid, IN_FUTURE_MESSAGE, field="paid_at")
    declare("billing_invoice_paid_at_ahead", Invalid, IN_FUTURE_MESSAGE, field="paid_at")
    _declare_payments()
    declare("billing_total_purchases_derived", Conflict, _("A customer's purchases are calculated from the invoices."))
    declare("billing_invoice_in_books", Conflict, _("This belongs to an invoice: send or cancel the invoice instead."))
    declare("billing_payment_in_books", Conflict, _("This belongs to a payment: reverse the payment instead."))
    declare(
        "billing_entry_purpose",
        Conflict,
        _("Documents are posted only when they are sent or received, settled or undone."),
    )


def _declare_orders() -> None:
    declare("billing_order_number_form", Invalid, _("An order number has the form ORD-<year>-<nnnnnn>."))
    declare("billing_order_shipping_address_form", Invalid, _("Must be an object."), field="shipping_address")
    declare(
        "billing_order_customer_usable",
        Conflict,
        _("The customer is not active. Activate the customer first."),
        field="customer_id",
    )
    declare("billing_order_customer_kind", Invalid, _("Only a customer can order."), field="customer_id")
    declare("billing_order_begins_as_draft", Conflict, _("A new order must be a draft."))
    declare("billing_order_transition", Conflict, _("The order cannot change from its current status to this one."))
    declare(
        "billing_order_identity", Conflict, _("The number, customer, currency and day of an order cannot be changed.")
    )
    declare("billing_order_frozen", Conflict, _("This order is no longer a draft, so it cannot be changed."))
    declare("billing_order_permanent", Conflict, _("An order cannot be deleted. Cancel it instead."))
    declare("billing_order_totals_of_lines", Conflict, _("The totals of the order must match its lines."))
    declare(
        "billing_order_confirmed_has_lines",
        Conflict,
        _("This order has no lines yet. Add at least one, then confirm it."),
    )
    declare("billing_order_line_drafts_only", Conflict, _("Only the lines of a draft can be changed."))
    declare("billing_order_history_append_only", Conflict, _("The history of an order cannot be written by hand."))
    declare(
        "billing_order_stock_held",
        Conflict,
        _("A confirmed order reserves exactly what its lines need; other orders reserve nothing."),
    )


def _declare_invoices_of_orders() -> None:
    declare(
        "billing_order_cancelled_unbilled",
        Conflict,
        _("This order has been invoiced. Cancel or credit its invoices first, then cancel the order."),
    )
    declare("billing_order_unbilled_derived", Conflict, _("The unbilled amount is calculated from the invoices."))
    declare(
        "billing_invoice_fits_order",
        Conflict,
        _("An invoice for an order must have the order's customer and currency."),
    )
    declare(
        "billing_invoice_line_of_its_order",
        Conflict,
        _("A line can only bill the order that its invoice was made from."),
    )
    declare("billing_invoice_line_bills_once", Conflict, _("This would bill more than was ordered."), field="quantity")


def _declare_payments() -> None:
    declare("billing_payment_append_only", Conflict, _("A payment cannot be changed or deleted. Reverse it instead."))
    declare("billing_payment_number_form", Invalid, _("A payment number has the form PAY-<year>-<nnnnnn>."))
    declare("billing_payment_customer_kind", Invalid, _("Only a customer can pay."), field="customer_id")
    declare("billing_payment_derived", Conflict, _("What is allocated and refunded is calculated from other records."))
    declare(
        "billing_payment_refund_fits",
        Conflict,
        _("A refund pays back money that came in, to the same customer in the same currency."),
    )
    declare("billing_payment_reversed_once", Conflict, _("The payment has already been reversed."))
    declare(
        "billing_payment_reversed_unrefunded", Conflict, _("The payment has been refunded. Reverse the refund first.")
    )
    declare(
        "billing_payment_reversal_day",
        Invalid,
        _("A payment is reversed on its own day or later, and not in the future."),
        field="date",
    )
    declare(
        "billing_settlement_append_only", Conflict, _("A settlement cannot be changed or deleted, only undone once.")
    )
    declare(
        "billing_settlement_days",
        Invalid,
        _(
            "Must not be in the future, and not before the payment, the invoice, or the day on which a settlement of "
            "them was undone."
        ),
        field="date",
    )
    declare("billing_settlement_of_received", Conflict, _("Only a payment that came in and stands settles an invoice."))
    declare("billing_settlement_same_customer", Invalid, _("The invoice is another customer's."), field="invoice_id")
    declare("billing_settlement_same_currency", Invalid, _("The invoice is in another currency."), field="invoice_id")
    declare(
        "billing_settlement_in_books",
        Conflict,
        _("This belongs to an allocation: undo the allocation instead."),
    )


def _declare_credit_notes() -> None:
    declare("billing_credit_note_begins_as_draft", Conflict, _("A new credit note must be a draft."))
    declare(
        "billing_credit_note_fits_invoice",
        Conflict,
        _("A credit note must have the customer and the currency of its invoice."),
    )
    declare("billing_credit_note_of_sent", Conflict, _("Only a sent invoice that is not credited yet can be credited."))
    declare(
        "billing_credit_note_identity",
        Conflict,
        _("The invoice, customer and currency of a credit note cannot be changed."),
    )
    declare("billing_credit_note_frozen", Conflict, _("The credit note was sent and can no longer be changed."))
    declare("billing_credit_note_permanent", Conflict, _("A sent credit note cannot be deleted."))
    declare("billing_credit_note_number_form", Invalid, _("A credit note number has the form CN-<year>-<nnn>."))
    declare("billing_credit_note_line_drafts_only", Conflict, _("Only the lines of a draft can be changed."))
    declare(
        "billing_credit_note_used_derived",
        Conflict,
        _("What is allocated and refunded is calculated from other records."),
    )


def _declare_issued_credit_notes() -> None:
    declare("billing_credit_note_after_invoice", Conflict, _("A credit note cannot be issued before its invoice."))
    declare("billing_credit_note_has_lines", Conflict, _("A credit note without lines cannot be sent."))
    declare(
        "billing_credit_note_line_share", Conflict, _("A line must credit exactly its share of the invoice's line.")
    )
    declare("billing_credit_note_totals_of_lines", Conflict, _("The totals of the credit note must match its lines."))
    declare(
        "billing_credit_note_beside_write_off",
        Conflict,
        _("A part of the invoice is written off. Undo the write-off first."),
    )
    declare("billing_credit_note_restocked", Conflict, _("Goods are taken back only when the credit note is sent."))
    declare("billing_credit_note_restock_shipped", Conflict, _("More would be taken back into stock than was shipped."))
    declare("billing_credit_note_in_books", Conflict, _("This belongs to a credit note: it cannot be undone alone."))
    declare("billing_settlement_of_sent_credit_note", Conflict, _("Only a sent credit note settles an invoice."))
    declare("billing_settlement_own_credit_note", Conflict, _("A credit note always settles its own invoice first."))
    declare(
        "billing_settlement_tax_of_invoice",
        Conflict,
        _("A write-off takes back no more tax than is left of the invoice's."),
    )
    declare("billing_invoice_credited_derived", Conflict, _("What is credited is calculated from the credit notes."))
    declare(
        "billing_invoice_cancelled_by_credit_note", Conflict, _("A sent invoice is cancelled by crediting all of it.")
    )


def _declare_emails() -> None:
    declare("billing_email_begins_queued", Conflict, _("A new e-mail must be queued."))
    declare("billing_email_of_draft", Conflict, _("A draft cannot be e-mailed."))
    declare("billing_email_reminder_due", Conflict, _("Only an invoice on which something is due is reminded of."))
    declare("billing_email_fixed", Conflict, _("What was written in an e-mail cannot be changed."))
    declare("billing_email_final", Conflict, _("Only failed e-mail can be sent again."))
    declare("billing_email_permanent", Conflict, _("The log of e-mail cannot be deleted."))
