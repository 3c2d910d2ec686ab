"""Receivables by age, as of any day."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection

from accounting.tables import Row, amount
from skeleton.db.fetching import fetch
from skeleton.kernel.days import today


class AgeBucket(NamedTuple):
    """An age range of receivables, in days past due, both ends inclusive. None means unlimited."""

    name: str
    first: int | None
    last: int | None

    @property
    def condition(self) -> str:
        """Return the range as an SQL condition on a column `days`."""
        bounds = ((">=", self.first), ("<=", self.last))
        return " AND ".join(f"days {sign} {bound}" for sign, bound in bounds if bound is not None)


AGE_BUCKETS = (
    AgeBucket("current", None, 0),
    AgeBucket("days_1_30", 1, 30),
    AgeBucket("days_31_60", 31, 60),
    AgeBucket("days_61_90", 61, 90),
    AgeBucket("over_90", 91, None),
)
"""Ranges of days past due on the day of the report. What is due on that day is current."""

BUCKETS = tuple(bucket.name for bucket in AGE_BUCKETS)

COLUMNS = (*BUCKETS, "total")

# Starts with what is open now and undoes everything after the end of the day. So the cost depends on what is open and
# on what happened since, not on how much was ever invoiced.
_AGED = ", ".join(
    f"coalesce(sum(amount) FILTER (WHERE {bucket.condition}), 0) AS {bucket.name}" for bucket in AGE_BUCKETS
)

_AGING = f"""
    WITH moved AS (
        SELECT customer_id, currency, due_date, total - amount_paid - amount_credited - amount_written_off AS amount
        FROM billing_invoice WHERE status = 'sent'
        UNION ALL
        SELECT i.customer_id, i.currency, i.due_date, s.amount
        FROM billing_settlement s JOIN billing_invoice i ON i.id = s.invoice_id
        WHERE s.day > %(day)s AND s.undone_at IS NULL
        UNION ALL
        SELECT i.customer_id, i.currency, i.due_date, -s.amount
        FROM billing_settlement s JOIN billing_invoice i ON i.id = s.invoice_id
        WHERE s.undone_day > %(day)s AND s.day <= %(day)s
        UNION ALL
        SELECT customer_id, currency, due_date, total
        FROM billing_invoice WHERE cancelled_on > %(day)s AND sent_at IS NOT NULL AND credited_total < total
        UNION ALL
        SELECT customer_id, currency, due_date, -total
        FROM billing_invoice WHERE posted_on > %(day)s
    ), aged AS (
        SELECT customer_id, currency, {_AGED}
        FROM (SELECT customer_id, currency, %(day)s - due_date AS days, amount FROM moved) AS by_day
        GROUP BY customer_id, currency
    )
    SELECT a.currency, a.customer_id, p.name, a.current, a.days_1_30, a.days_31_60, a.days_61_90, a.over_90,
           a.current + a.days_1_30 + a.days_31_60 + a.days_61_90 + a.over_90
    FROM aged a JOIN parties_party p ON p.id = a.customer_id
    WHERE (a.current, a.days_1_30, a.days_31_60, a.days_61_90, a.over_90) <> (0, 0, 0, 0, 0)
    ORDER BY a.currency, lower(p.name), p.id
"""  # noqa: S608 (constants only)

# The same for what is open now, by an index-only scan.
_RECEIVABLES = f"""
    SELECT currency, count(*), count(*) FILTER (WHERE days > 0), {_AGED}
    FROM (SELECT currency, %s::date - due_date AS days,
                 total - amount_paid - amount_credited - amount_written_off AS amount
          FROM billing_invoice WHERE status = 'sent') AS open
    GROUP BY currency
"""  # noqa: S608 (constants only)


@dataclass(frozen=True, slots=True)
class Receivables:
    """Current receivables in one currency: minor units per bucket, and the number of invoices."""

    by_age: dict[str, int]
    invoices: int
    overdue_invoices: int

    @property
    def total(self) -> int:
        return sum(self.by_age.values())

    @property
    def overdue(self) -> int:
        return self.total - self.by_age["current"]


def current_receivables() -> dict[str, Receivables]:
    """Return the current receivables by currency."""
    return {
        currency: Receivables(dict(zip(BUCKETS, map(int, sums), strict=True)), invoices, late)
        for currency, invoices, late, *sums in fetch(_RECEIVABLES, [today()])
    }


NO_RECEIVABLES = Receivables(dict.fromkeys(BUCKETS, 0), 0, 0)


def receivables_aging(day: dt.date) -> dict[str, Any]:
    """Return what was open at the end of `day`, by currency and customer, in minor units as Decimals.

    An invoice counts from the day of its posting, a settlement from its day until it is undone. An invoice that was
    cancelled before there were credit notes counts until then. The postings use the same days, so the totals equal that
    day's balance of the receivables account, without postings by hand. What settles an invoice before it was sent
    reduces the customer's debt until then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AGING, {"day": day})
        rows = cursor.fetchall()
    currencies = []
    for currency, found in groupby(rows, key=itemgetter(0)):
        customers = [dict(zip(("customer_id", "customer_name", *COLUMNS), row[1:], strict=True)) for row in found]
        totals = {name: sum((one[name] for one in customers), Decimal(0)) for name in COLUMNS}
        currencies.append({"currency": currency, "customers": customers, "totals": totals})
    return {"as_of": day, "currencies": currencies}


def aging_rows(report: dict[str, Any]) -> Iterator[Row]:
    """Yield the report as table rows, with amounts in whole units of the currency."""
    yield ["currency", "customer", *COLUMNS]
    for part in report["currencies"]:
        currency = part["currency"]
        for one in part["customers"]:
            yield [currency, one["customer_name"], *(amount(one[name], currency) for name in COLUMNS)]
        yield [currency, "Total", *(amount(part["totals"][name], currency) for name in COLUMNS)]
