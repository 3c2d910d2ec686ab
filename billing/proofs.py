"""What `manage.py verify_books` proves of documents: each proof yields one sentence for each difference."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from accounting.choices import Role
from accounting.proofs import register

_GAPS = """
    SELECT name, coalesce(series.last, 0), coalesce(found.highest, 0), coalesce(found.invoices, 0)
    FROM (SELECT name, last FROM core_number_series WHERE name LIKE 'INV-%') AS series
    FULL JOIN (
        SELECT 'INV-' || split_part(number, '-', 2) AS name, max(split_part(number, '-', 3)::bigint) AS highest,
               count(DISTINCT split_part(number, '-', 3)::bigint) AS invoices
        FROM billing_invoice GROUP BY 1
    ) AS found USING (name)
    WHERE (series.last, found.highest) IS DISTINCT FROM (found.highest, found.invoices)
    ORDER BY name
"""
_PAID = """
    SELECT i.number, i.currency, i.amount_paid, coalesce(sum(p.amount), 0)
    FROM billing_invoice i LEFT JOIN billing_payment p ON p.invoice_id = i.id
    GROUP BY i.id HAVING i.amount_paid <> coalesce(sum(p.amount), 0) ORDER BY i.number_key
"""
_UNPOSTED = """
    SELECT 'invoice ' || i.number || ' (' || i.status || ')'
    FROM billing_invoice i
    LEFT JOIN accounting_entry e ON e.source_type = 'invoice' AND e.source_id = i.id AND e.purpose = 'send'
    LEFT JOIN accounting_entry r ON r.reverses_id = e.id
    WHERE ((i.sent_at IS NOT NULL AND i.total > 0), (i.status = 'cancelled' AND i.sent_at IS NOT NULL AND i.total > 0))
          <> (e.id IS NOT NULL, r.id IS NOT NULL)
    UNION ALL
    SELECT 'payment ' || p.id
    FROM billing_payment p
    LEFT JOIN accounting_entry e ON e.source_type = 'payment' AND e.source_id = p.id AND e.purpose = 'receive'
    WHERE e.id IS NULL OR EXISTS (SELECT FROM accounting_entry r WHERE r.reverses_id = e.id)
    ORDER BY 1
"""
# what was posted to the account by hand is nobody's invoice
_RECEIVABLE = """
    SELECT currency, coalesce(booked.amount, 0), coalesce(open.amount, 0)
    FROM (
        SELECT l.currency, sum(l.debit - l.credit) AS amount
        FROM accounting_line l
        JOIN accounting_account a ON a.id = l.account_id AND a.code = %s
        JOIN accounting_entry e ON e.id = l.entry_id
        LEFT JOIN accounting_entry undone ON undone.id = e.reverses_id
        WHERE coalesce(undone.source_type, e.source_type) IN ('invoice', 'payment')
        GROUP BY l.currency
    ) AS booked
    FULL JOIN (
        SELECT currency, sum(total - amount_paid) AS amount FROM billing_invoice WHERE status = 'sent' GROUP BY currency
    ) AS open USING (currency)
    WHERE coalesce(booked.amount, 0) <> coalesce(open.amount, 0) ORDER BY currency
"""


def invoice_numbers_have_no_gap() -> Iterator[str]:
    for name, last, highest, invoices in _rows(_GAPS):
        yield f"{name}: {invoices} invoices, the highest number is {highest}, the last one given is {last}"


def amounts_paid_are_payments() -> Iterator[str]:
    for number, currency, paid, payments in _rows(_PAID):
        yield f"{number}: paid {paid} {currency}, its payments add up to {payments} {currency} (minor units)"


def documents_are_in_the_books() -> Iterator[str]:
    for (document,) in _rows(_UNPOSTED):
        yield f"{document}: its entries are not those that its state asks for"


def receivable_is_what_is_due() -> Iterator[str]:
    for currency, booked, due in _rows(_RECEIVABLE, [Role.RECEIVABLE.code]):
        yield f"{currency}: account {Role.RECEIVABLE.code} has {booked}, sent invoices are due {due} (minor units)"


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def register_own() -> None:
    """Called once, when the app starts."""
    register("invoice numbers have no gap", invoice_numbers_have_no_gap)
    register("the amount paid of every invoice is that of its payments", amounts_paid_are_payments)
    register("every document is in the books, as its state asks", documents_are_in_the_books)
    register("receivable is what sent invoices are due", receivable_is_what_is_due)
