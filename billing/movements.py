"""Every change of what a customer owes and has on account, as SQL with one row for each, on the day of its posting.

`open` is what sent invoices are due: the documents' part of the receivables account. `on_account` is what was paid or
credited and no invoice has taken: their part of the customer advances account. The sums of all rows up to a day are
what the books have at the end of that day. A settlement by a payment or credit note changes both alike, so it doesn't
change the balance, which is what is open less what is on account.
"""

from enum import StrEnum


class MovementKind(StrEnum):
    INVOICE = "invoice"
    CANCELLATION = "cancellation"
    PAYMENT = "payment"
    PAYMENT_REVERSED = "payment_reversed"
    REFUND = "refund"
    REFUND_REVERSED = "refund_reversed"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"
    WRITE_OFF_UNDONE = "write_off_undone"
    ALLOCATION = "allocation"
    """A settlement by a payment or credit note, and its undoing. Not in statements."""


_INVOICES = """
    SELECT customer_id, currency, posted_on AS day, sent_at AS moment, 'invoice' AS kind, id, number,
           NULL AS reference, due_date, total::numeric AS open, 0::numeric AS on_account
    FROM billing_invoice WHERE sent_at IS NOT NULL
"""
# Invoices that were cancelled before there were credit notes: all others are credited as a whole.
_CANCELLATIONS = """
    SELECT customer_id, currency, cancelled_on, cancelled_at, 'cancellation', id, number, NULL, NULL::date,
           -total, 0
    FROM billing_invoice WHERE status = 'cancelled' AND sent_at IS NOT NULL AND credited_total < total
"""
_PAYMENTS = """
    SELECT customer_id, currency, {day}, {moment}, CASE direction WHEN 'in' THEN '{received}' ELSE '{refunded}' END, id,
           number, reference, NULL::date, 0, CASE direction WHEN 'in' THEN {sign} amount ELSE - {sign} amount END
    FROM billing_payment WHERE {condition}
"""
_PAID = _PAYMENTS.format(
    day="day", moment="created_at", received="payment", refunded="refund", sign="", condition="true"
)
_REVERSED = _PAYMENTS.format(
    day="reversal_day",
    moment="reversed_at",
    received="payment_reversed",
    refunded="refund_reversed",
    sign="-",
    condition="reversed_at IS NOT NULL",
)
_SETTLEMENTS = """
    SELECT i.customer_id, i.currency, s.{day}, s.{moment},
           CASE s.kind WHEN 'write_off' THEN '{write_off}' ELSE 'allocation' END, s.id, i.number, NULL, NULL::date,
           {sign} s.amount, CASE s.kind WHEN 'write_off' THEN 0 ELSE {sign} s.amount END
    FROM billing_settlement s JOIN billing_invoice i ON i.id = s.invoice_id WHERE {condition}
"""
_MADE = _SETTLEMENTS.format(day="day", moment="created_at", write_off="write_off", sign="-", condition="true")
_UNDONE = _SETTLEMENTS.format(
    day="undone_day", moment="undone_at", write_off="write_off_undone", sign="", condition="s.undone_at IS NOT NULL"
)
_CREDIT_NOTES = """
    SELECT customer_id, currency, issue_date, sent_at, 'credit_note', id, number, NULL, NULL::date, 0, total
    FROM billing_credit_note WHERE status = 'sent'
"""

MOVEMENTS = "UNION ALL".join((_INVOICES, _CANCELLATIONS, _PAID, _REVERSED, _MADE, _UNDONE, _CREDIT_NOTES))
"""Columns: customer_id, currency, day, moment, kind, id, number, reference, due_date, open, on_account (cents)."""

ON_ACCOUNT = """
    SELECT customer_id, currency, amount - allocated - refunded AS amount FROM billing_payment
    WHERE direction = 'in' AND reversed_at IS NULL AND amount > allocated + refunded
    UNION ALL
    SELECT customer_id, currency, total - allocated - refunded FROM billing_credit_note
    WHERE status = 'sent' AND total > allocated + refunded
"""
"""What is on account now, from the maintained columns: customer_id, currency, amount (minor units)."""

_TAXED = """
    SELECT currency, posted_on AS day, sent_at AS moment, 'invoice' AS kind, id, number, customer_id, 1 AS sign,
           tax_breakdown AS taxes
    FROM billing_invoice WHERE sent_at IS NOT NULL AND origin = 'created'
    UNION ALL
    SELECT currency, cancelled_on, cancelled_at, 'cancellation', id, number, customer_id, -1, tax_breakdown
    FROM billing_invoice WHERE status = 'cancelled' AND sent_at IS NOT NULL AND credited_total < total
    UNION ALL
    SELECT currency, issue_date, sent_at, 'credit_note', id, number, customer_id, -1, tax_breakdown
    FROM billing_credit_note WHERE status = 'sent'
    UNION ALL
    SELECT i.currency, moved.day, moved.moment, moved.kind, i.id, i.number, i.customer_id, moved.sign, s.tax
    FROM billing_settlement s JOIN billing_invoice i ON i.id = s.invoice_id
    CROSS JOIN LATERAL (
        VALUES (s.day, s.created_at, 'write_off', -1), (s.undone_day, s.undone_at, 'write_off_undone', 1)
    ) AS moved (day, moment, kind, sign)
    WHERE s.kind = 'write_off' AND moved.day IS NOT NULL
"""
TAX_MOVEMENTS = f"""
    SELECT d.currency, d.day, d.moment, d.kind, d.id, d.number, d.customer_id,
           coalesce(r.category, CASE WHEN r.rate > 0 THEN 'S' END) AS category, r.rate,
           d.sign * r.base AS base, d.sign * r.tax AS tax
    FROM ({_TAXED}) AS d
    CROSS JOIN jsonb_to_recordset(d.taxes) AS r (rate numeric, base numeric, tax numeric, category text)
"""  # noqa: S608 (constants only)
"""Every change of the documents' tax, with a row for each rate and category (S where none is known, but for rate 0).

Columns: currency, day, moment, kind, id, number, customer_id, rate, category, base, tax (minor units). Credit notes and
write-offs take tax back; a write-off has the id and the number of its invoice. The earlier system has declared the tax
of imported invoices.
"""
