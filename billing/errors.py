"""What the constraints that live in SQL only (migrations 0002 to 0012) say to people."""

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.moments import MOMENT_AHEAD


def declare_constraints() -> None:
    """Called once, when the app starts."""
    declare("billing_invoice_customer_usable", Conflict, "The customer is not active.", field="customer_id")
    declare("billing_invoice_customer_kind", Invalid, "Only a customer can be invoiced.", field="customer_id")
    declare("billing_invoice_begins_as_draft", Conflict, "An invoice begins as a draft.")
    declare("billing_invoice_transition", Conflict, "The invoice cannot go from its present status to that one.")
    declare("billing_invoice_identity", Conflict, "Number, customer, currency and date of issue of an invoice stay.")
    declare("billing_invoice_frozen", Conflict, "The invoice is not a draft any more: only its notes can be changed.")
    declare("billing_invoice_permanent", Conflict, "An invoice is never deleted; it can be cancelled.")
    declare("billing_invoice_totals_of_lines", Conflict, "The totals of the invoice are not those of its lines.")
    declare("billing_invoice_sent_has_lines", Conflict, "An invoice without lines cannot be sent.")
    declare("billing_invoice_paid_of_payments", Conflict, "The amount paid is not the sum of the payments.")
    declare("billing_invoice_line_drafts_only", Conflict, "Only the lines of a draft can be changed.")
    declare("billing_payment_paid_at_ahead", Invalid, MOMENT_AHEAD, field="paid_at")
    declare("billing_invoice_paid_at_ahead", Invalid, MOMENT_AHEAD, field="paid_at")
    declare("billing_payment_append_only", Conflict, "A payment is never changed or deleted.")
    declare("billing_total_purchases_derived", Conflict, "A customer's purchases follow from the invoices.")
    declare("billing_invoice_in_books", Conflict, "This belongs to an invoice: send or cancel the invoice instead.")
    declare("billing_payment_in_books", Conflict, "This belongs to a payment, which is never changed or undone.")
    declare("billing_entry_purpose", Conflict, "Documents are posted when they are sent or received, for nothing else.")
    declare("billing_order_number_form", Invalid, "The number of an order is ORD-<year>-<nnnnnn>.")
    declare("billing_order_shipping_address_form", Invalid, "Must be an object.", field="shipping_address")
    declare("billing_order_customer_usable", Conflict, "The customer is not active.", field="customer_id")
    declare("billing_order_customer_kind", Invalid, "Only a customer can order.", field="customer_id")
    declare("billing_order_begins_as_draft", Conflict, "An order begins as a draft.")
    declare("billing_order_transition", Conflict, "The order cannot go from its present status to that one.")
    declare("billing_order_identity", Conflict, "Number, customer, currency and day of an order stay.")
    declare("billing_order_frozen", Conflict, "The order is not a draft any more, and cannot be changed.")
    declare("billing_order_permanent", Conflict, "An order is never deleted; it can be cancelled.")
    declare("billing_order_totals_of_lines", Conflict, "The totals of the order are not those of its lines.")
    declare("billing_order_confirmed_has_lines", Conflict, "An order without lines cannot be confirmed.")
    declare("billing_order_line_drafts_only", Conflict, "Only the lines of a draft can be changed.")
    declare("billing_order_history_append_only", Conflict, "The history of an order is never written by hand.")
    declare("billing_order_cancelled_unbilled", Conflict, "The order is invoiced: cancel its invoices first.")
    declare("billing_order_stock_held", Conflict, "A confirmed order holds what its lines need; no other holds any.")
    declare("billing_order_unbilled_derived", Conflict, "What is not billed follows from the invoices.")
    declare("billing_invoice_fits_order", Conflict, "An invoice of an order needs its customer and currency.")
    declare("billing_invoice_line_of_its_order", Conflict, "A line bills the order that its invoice was made from.")
    declare("billing_invoice_line_bills_once", Conflict, "More would be billed than was ordered.", field="quantity")
