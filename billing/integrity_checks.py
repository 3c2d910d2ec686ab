"""The checks of documents in `manage.py verify_books`. Each check yields one sentence for each difference."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from accounting.integrity_checks import register_check

_GAPS = """
    SELECT name, coalesce(series.last, 0), coalesce(found.highest, 0), coalesce(found.documents, 0)
    FROM (SELECT name, last FROM core_number_series WHERE name ~ '^(INV|ORD|PAY|CN)-') AS series
    FULL JOIN (
        SELECT split_part(number, '-', 1) || '-' || split_part(number, '-', 2) AS name,
               max(split_part(number, '-', 3)::bigint) AS highest,
               count(DISTINCT split_part(number, '-', 3)::bigint) AS documents
        FROM (SELECT number FROM billing_invoice WHERE origin = 'created'
              UNION ALL SELECT number FROM billing_order
              UNION ALL SELECT number FROM billing_payment
              UNION ALL SELECT number FROM billing_credit_note WHERE number IS NOT NULL) AS numbers GROUP BY 1
    ) AS found USING (name)
    WHERE (series.last, found.highest) IS DISTINCT FROM (found.highest, found.documents)
    ORDER BY name
"""
_UNBILLED = """
    SELECT number, currency, unbilled_total, due.amount
    FROM billing_order o CROSS JOIN LATERAL (
        SELECT CASE WHEN o.status IN ('confirmed', 'shipped', 'delivered') THEN billing_order_unbilled(o.id)
                    ELSE 0 END AS amount
    ) AS due
    WHERE o.unbilled_total <> due.amount ORDER BY number_key
"""
_BILLED_TWICE = """
    SELECT o.number, rest.line_position, -rest.quantity
    FROM billing_order o CROSS JOIN LATERAL billing_order_rest(o.id, '{draft,sent,paid}') AS rest
    WHERE rest.quantity < 0 ORDER BY number_key
"""
_PAID = """
    SELECT i.number, i.currency, part.name, part.source, part.kept, coalesce(sum(s.amount), 0)
    FROM billing_invoice i
    CROSS JOIN LATERAL (VALUES ('paid', 'payment', 'payments', i.amount_paid),
                               ('credited', 'credit_note', 'credit notes', i.amount_credited),
                               ('written off', 'write_off', 'write-offs', i.amount_written_off)
    ) AS part (name, kind, source, kept)
    LEFT JOIN billing_settlement s ON s.invoice_id = i.id AND s.kind = part.kind AND s.undone_at IS NULL
    GROUP BY i.id, part.name, part.source, part.kept HAVING part.kept <> coalesce(sum(s.amount), 0)
    ORDER BY i.number_key, part.name
"""
_ALLOCATED = """
    SELECT p.number, p.currency, part.name, part.kept, part.amount
    FROM billing_payment p CROSS JOIN LATERAL (VALUES
        ('allocated', p.allocated, billing_allocated(p.id)),
        ('refunded', p.refunded, (SELECT coalesce(sum(r.amount), 0) FROM billing_payment r
                                  WHERE r.refund_of_payment_id = p.id AND r.reversed_at IS NULL))
    ) AS part (name, kept, amount)
    WHERE part.kept <> part.amount
    UNION ALL
    SELECT n.number, n.currency, part.name, part.kept, part.amount
    FROM billing_credit_note n CROSS JOIN LATERAL (VALUES
        ('allocated', n.allocated, (SELECT coalesce(sum(s.amount), 0) FROM billing_settlement s
                                    WHERE s.credit_note_id = n.id AND s.undone_at IS NULL)),
        ('refunded', n.refunded, (SELECT coalesce(sum(r.amount), 0) FROM billing_payment r
                                  WHERE r.refund_of_credit_note_id = n.id AND r.reversed_at IS NULL))
    ) AS part (name, kept, amount)
    WHERE part.kept <> part.amount
    UNION ALL
    SELECT i.number, i.currency, 'credited', i.credited_total, notes.amount
    FROM billing_invoice i CROSS JOIN LATERAL (
        SELECT coalesce(sum(n.total), 0) AS amount FROM billing_credit_note n
        WHERE n.invoice_id = i.id AND n.status = 'sent'
    ) AS notes
    WHERE i.credited_total <> notes.amount
    ORDER BY 1, 3
"""
_TAX_TAKEN = """
    SELECT i.number, i.currency, taken.rate, taken.invoiced_tax, taken.tax_credited + taken.tax_corrected
    FROM billing_invoice i CROSS JOIN billing_taken_by_rate(i.id) AS taken
    WHERE i.id IN (SELECT invoice_id FROM billing_settlement WHERE kind = 'write_off' AND undone_at IS NULL)
          AND taken.tax_corrected > 0
          AND taken.tax_credited + taken.tax_corrected > taken.invoiced_tax + taken.write_offs
    ORDER BY i.number_key, taken.rate
"""
_UNPOSTED = """
    SELECT 'invoice ' || i.number || ' (' || i.status || ')'
    FROM billing_invoice i
    LEFT JOIN accounting_entry e ON e.source_type = 'invoice' AND e.source_id = i.id AND e.purpose = 'send'
    LEFT JOIN accounting_entry r ON r.reverses_id = e.id
    LEFT JOIN LATERAL (
        SELECT bool_or(billing_has_entry('credit_note', n.id, 'send')) AS posted
        FROM billing_credit_note n WHERE n.invoice_id = i.id AND n.status = 'sent'
    ) AS notes ON true
    WHERE ((i.sent_at IS NOT NULL AND i.total > 0),
           (i.status = 'cancelled' AND i.sent_at IS NOT NULL AND i.total > 0 AND notes.posted IS NOT true))
          <> (e.id IS NOT NULL, r.id IS NOT NULL)
    UNION ALL
    SELECT 'credit note ' || n.number
    FROM billing_credit_note n
    JOIN billing_invoice i ON i.id = n.invoice_id
    LEFT JOIN accounting_entry e ON e.source_type = 'credit_note' AND e.source_id = n.id AND e.purpose = 'send'
    LEFT JOIN accounting_entry sent ON sent.source_type = 'invoice' AND sent.source_id = i.id AND sent.purpose = 'send'
    LEFT JOIN accounting_entry r ON r.reverses_id = sent.id
    WHERE n.status = 'sent' AND n.total > 0
          AND (CASE WHEN e.id IS NULL THEN n.total <> i.total OR r.id IS NULL
                    ELSE EXISTS (SELECT FROM accounting_entry u WHERE u.reverses_id = e.id) END)
    UNION ALL
    SELECT 'write-off of invoice ' || i.number
    FROM billing_settlement s JOIN billing_invoice i ON i.id = s.invoice_id
    WHERE s.kind = 'write_off' AND NOT billing_check_write_off_books(s, i.currency)
    UNION ALL
    SELECT 'payment ' || p.number
    FROM billing_payment p
    LEFT JOIN accounting_entry e ON e.source_type = 'payment' AND e.source_id = p.id
                                    AND e.purpose = CASE p.direction WHEN 'in' THEN 'receive' ELSE 'refund' END
    WHERE e.id IS NULL OR EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
          OR billing_has_entry('payment', p.id, 'reverse') <> (p.reversed_at IS NOT NULL)
    ORDER BY 1
"""
_TOTALS = """
    SELECT d.number, d.currency, d.subtotal, d.tax_total, d.total, coalesce(sum(r.base), 0), coalesce(sum(r.tax), 0)
    FROM (SELECT number, currency, subtotal, tax_total, total, tax_breakdown FROM billing_invoice
          UNION ALL
          SELECT number, currency, subtotal, tax_total, total, tax_breakdown FROM billing_credit_note
          WHERE status = 'sent') AS d
    LEFT JOIN LATERAL jsonb_to_recordset(d.tax_breakdown) AS r (base numeric, tax numeric) ON true
    GROUP BY 1, 2, 3, 4, 5
    HAVING (d.subtotal, d.tax_total, d.total)
           IS DISTINCT FROM (coalesce(sum(r.base), 0), coalesce(sum(r.tax), 0), coalesce(sum(r.base + r.tax), 0))
    ORDER BY d.number
"""


def check_totals() -> Iterator[str]:
    """Yield the invoices and issued credit notes whose totals are not the sums of their tax breakdown."""
    for number, currency, subtotal, tax_total, total, base, tax in _rows(_TOTALS):
        yield (
            f"{number}: {subtotal} and {tax_total} of tax make {total} {currency}, but its tax breakdown adds up to "
            f"{base} and {tax} (minor units)"
        )


def check_numbers_have_no_gap() -> Iterator[str]:
    for name, last, highest, documents in _rows(_GAPS):
        yield f"{name}: {documents} documents, the highest number is {highest}, the last one given is {last}"


def check_orders_are_billed_once() -> Iterator[str]:
    for number, currency, kept, amount in _rows(_UNBILLED):
        yield f"{number}: {kept} {currency} are kept as not billed, its lines leave {amount} (minor units)"
    for number, position, quantity in _rows(_BILLED_TWICE):
        yield f"{number}: {quantity} more of line {position} are billed than were ordered"


def check_amounts_paid() -> Iterator[str]:
    for number, currency, settled, source, kept, amount in _rows(_PAID):
        yield f"{number}: {settled} {kept} {currency}, its {source} add up to {amount} {currency} (minor units)"
    for number, currency, name, kept, amount in _rows(_ALLOCATED):
        yield f"{number}: {name} {kept} {currency}, the rows add up to {amount} {currency} (minor units)"


def check_tax_taken_back() -> Iterator[str]:
    """Yield the rates of which more tax was taken back than invoiced. Each write-off may round by one minor unit."""
    for number, currency, rate, invoiced, taken in _rows(_TAX_TAKEN):
        yield (
            f"{number}: credit notes and write-offs took back {taken} {currency} of tax at {float(rate):g} percent, "
            f"but it has only {invoiced} (minor units)"
        )


def check_documents_are_posted() -> Iterator[str]:
    for (document,) in _rows(_UNPOSTED):
        yield f"{document}: its entries are not those that its state asks for"


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def register_checks() -> None:
    """Register the checks of billing. Called once, when the app starts."""
    register_check("numbers of orders and invoices have no gap", check_numbers_have_no_gap)
    register_check("totals of documents are the sums of their tax breakdown", check_totals)
    register_check("orders are billed once, and what is not billed is what is kept", check_orders_are_billed_once)
    register_check("the amount paid of every invoice is that of its payments", check_amounts_paid)
    register_check("credit notes and write-offs take back no more tax than was invoiced", check_tax_taken_back)
    register_check("every document is in the books, as its state asks", check_documents_are_posted)
