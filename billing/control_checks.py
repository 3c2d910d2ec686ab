"""Integrity checks of the control accounts: what documents posted to them is what the documents say, on every day.

The movements of each customer, currency and day are compared (for tax, of each currency and day), so the sums agree at
the end of any day. Postings by hand belong to no document and are listed apart (`accounting.integrity_checks`).
"""

from collections.abc import Iterator

from django.db import connection

from accounting.choices import Role
from accounting.integrity_checks import register_check
from billing.movements import MOVEMENTS, TAX_MOVEMENTS

# The customer of an entry is that of its document; of a reversal, that of the entry that it reverses.
_BOOKED = """
    SELECT coalesce(i.customer_id, p.customer_id, n.customer_id, settled.customer_id) AS customer_id,
           l.currency, l.date AS day, sum(l.debit - l.credit) AS amount
    FROM accounting_account a JOIN accounting_line l ON l.account_id = a.id JOIN accounting_entry e ON e.id = l.entry_id
    LEFT JOIN accounting_entry reversed ON reversed.id = e.reverses_id
    CROSS JOIN LATERAL (SELECT coalesce(reversed.source_type, e.source_type) AS type,
                               coalesce(reversed.source_id, e.source_id) AS id) AS source
    LEFT JOIN billing_invoice i ON source.type = 'invoice' AND i.id = source.id
    LEFT JOIN billing_payment p ON source.type = 'payment' AND p.id = source.id
    LEFT JOIN billing_credit_note n ON source.type = 'credit_note' AND n.id = source.id
    LEFT JOIN billing_settlement s ON source.type IN ('allocation', 'write_off') AND s.id = source.id
    LEFT JOIN billing_invoice settled ON settled.id = s.invoice_id
    WHERE (a.code = %s OR {or_else}) AND source.type IN ('invoice', 'payment', 'credit_note', 'allocation', 'write_off')
    GROUP BY 1, 2, 3
"""
_BOOKED_ON_ONE = _BOOKED.format(or_else="false")
_BOOKED_TAX = _BOOKED.format(or_else="a.id IN (SELECT account_id FROM accounting_tax_code)")
_BY_CUSTOMER = """
    SELECT coalesce(c.name, 'no customer'), compared.currency, day, posted, owed
    FROM (
        SELECT customer_id, currency, day,
               {sign} coalesce(booked.amount, 0) AS posted, coalesce(moved.amount, 0) AS owed
        FROM ({booked}) AS booked
        FULL JOIN (
            SELECT customer_id, currency, day, sum({column}) AS amount FROM ({movements}) AS moves GROUP BY 1, 2, 3
        ) AS moved USING (customer_id, currency, day)
    ) AS compared LEFT JOIN parties_party c ON c.id = customer_id
    WHERE posted <> owed ORDER BY day, 1, 2
"""
_RECEIVABLE = _BY_CUSTOMER.format(sign="", booked=_BOOKED_ON_ONE, column="open", movements=MOVEMENTS)
_ADVANCES = _BY_CUSTOMER.format(sign="-", booked=_BOOKED_ON_ONE, column="on_account", movements=MOVEMENTS)
_TAX = f"""
    SELECT currency, day, coalesce(booked.amount, 0), coalesce(owed.amount, 0)
    FROM (SELECT currency, day, - sum(amount) AS amount FROM ({_BOOKED_TAX}) AS lines GROUP BY 1, 2) AS booked
    FULL JOIN (
        SELECT currency, day, sum(tax) AS amount FROM ({TAX_MOVEMENTS}) AS moved GROUP BY 1, 2
    ) AS owed USING (currency, day)
    WHERE coalesce(booked.amount, 0) <> coalesce(owed.amount, 0) ORDER BY day, currency
"""  # noqa: S608 (constants only)


def check_receivables() -> Iterator[str]:
    yield from _differences(Role.RECEIVABLE, _RECEIVABLE)


def check_advances() -> Iterator[str]:
    yield from _differences(Role.ADVANCES, _ADVANCES)


def check_tax() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TAX, [Role.TAX.code])
        for currency, day, booked, owed in cursor.fetchall():
            yield (
                f"{currency} on {day}: documents posted {booked} to the accounts of taxes, "
                f"but their tax is {owed} (minor units)"
            )


def _differences(role: Role, sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [role.code])
        for customer, currency, day, booked, owed in cursor.fetchall():
            yield (
                f"{customer}, {currency} on {day}: documents posted {booked} to account {role.code}, "
                f"but moved {owed} (minor units)"
            )


def register_control_checks() -> None:
    """Register the checks of the control accounts. Called once, when the app starts."""
    register_check("receivable is what invoices are due, by customer and day", check_receivables)
    register_check("customer advances are what is on account, by customer and day", check_advances)
    register_check("tax is that of the documents, by day", check_tax)
