"""Queries of fiscal years."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounting.choices import YearStatus
from accounting.closing_models import YearClosing
from accounting.fiscal_years import FiscalYear, fiscal_year, fiscal_year_of
from skeleton.company.queries import fiscal_year_start
from skeleton.db.fetching import fetch
from skeleton.kernel.days import today

# A month's fiscal year is the calendar year of the month that lies so many months earlier. Closings are left out.
_RESULTS = """
    SELECT extract(year FROM month - make_interval(months => %s))::int AS year, moved.currency,
           coalesce(sum(credit - debit) FILTER (WHERE a.type IN ('revenue', 'expense')), 0)
    FROM (
        SELECT account_id, currency, month, debit, credit FROM accounting_month_total
        UNION ALL
        SELECT l.account_id, l.currency, date_trunc('month', l.date), -l.debit, -l.credit
        FROM accounting_entry e JOIN accounting_line l ON l.entry_id = e.id WHERE e.kind = 'closing'
    ) AS moved JOIN accounting_account a ON a.id = moved.account_id
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_CLOSING_ENTRIES = """
    SELECT y.year, array_agg(e.id ORDER BY e.purpose)
    FROM accounting_year_closing y JOIN accounting_entry e ON e.source_type = 'closing' AND e.source_id = y.id
    WHERE y.reopened_at IS NULL GROUP BY y.year
"""


def fiscal_years(*, also: int | None = None) -> list[dict[str, Any]]:
    """Return the current fiscal year, the year `also`, and all with movements or a closing; newest first."""
    results: dict[int, dict[str, Decimal]] = defaultdict(dict)
    month = fiscal_year_start()
    for year, currency, amount in fetch(_RESULTS, [month - 1]):
        results[year][currency] = amount
    closings = {closing.year: closing for closing in YearClosing.objects.filter(reopened_at=None)}
    entries: dict[int, list[UUID]] = dict(fetch(_CLOSING_ENTRIES, []))
    current = fiscal_year_of(today(), month=month).year
    years = sorted({current, also or current, *results, *closings}, reverse=True)
    return [
        _described(fiscal_year(year, month=month), closings.get(year), results.get(year, {}), entries.get(year, []))
        for year in years
    ]


def _described(
    asked: FiscalYear, closing: YearClosing | None, results: dict[str, Decimal], entries: list[UUID]
) -> dict[str, Any]:
    return {
        "year": asked.year,
        "start_date": closing.start_date if closing else asked.first,
        "end_date": closing.end_date if closing else asked.last,
        "status": YearStatus.CLOSED if closing else YearStatus.OPEN,
        "closed_at": closing.created_at if closing else None,
        "closed_by": closing.closed_by_id if closing else None,
        "results": [{"currency": currency, "net_income": amount} for currency, amount in results.items()],
        "transaction_ids": entries,
    }
