"""The VAT of a range of days: what documents say, by category and rate, and what the tax accounts have."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from accounting.choices import Role
from accounting.reports import DateRange
from accounting.tables import Row, amount
from billing.movements import TAX_MOVEMENTS
from skeleton.db.fetching import fetch
from skeleton.kernel.transactions import read_snapshot

Json = dict[str, Any]

_COLUMNS = ("currency", "date", "kind", "document_id", "number", "customer_id", "customer_name")
_TAXES = ("category", "rate", "base", "tax")

_MOVED = f"""
    SELECT t.currency, t.day, t.kind, t.id, t.number, t.customer_id, c.name, t.category, t.rate, t.base, t.tax
    FROM ({TAX_MOVEMENTS}) AS t JOIN parties_party c ON c.id = t.customer_id
    WHERE t.day BETWEEN %s AND %s ORDER BY t.currency, t.day, t.moment, t.id, t.rate, t.category
"""  # noqa: S608 (constants only)
_BOOKED = """
    SELECT l.currency, sum(l.credit - l.debit)
    FROM accounting_line l JOIN accounting_account a ON a.id = l.account_id
    WHERE (a.code = %s OR a.id IN (SELECT account_id FROM accounting_tax_code))
          AND l.date BETWEEN %s AND %s
    GROUP BY l.currency
"""


def vat_report(days: DateRange) -> Json:
    """Return the taxes of the documents posted in `days`, by currency, in minor units as Decimals.

    `booked` is the movement of the tax accounts: that of the settings, and those of tax codes. The difference is what
    was posted to them by hand.
    """
    first = days.first or dt.date.min
    with read_snapshot():
        moved = fetch(_MOVED, [first, days.last])
        booked: dict[str, Decimal] = dict(fetch(_BOOKED, [Role.TAX.code, first, days.last]))
    documents: dict[str, list[Json]] = {currency: [] for currency in sorted(booked)}
    for row in moved:
        line = dict(zip((*_COLUMNS, *_TAXES), row, strict=True))
        documents.setdefault(line.pop("currency"), []).append(line)
    parts = [_part(currency, lines, booked.get(currency, Decimal(0))) for currency, lines in sorted(documents.items())]
    return {"from_date": days.first, "to_date": days.last, "currencies": parts}


def _part(currency: str, lines: list[Json], booked: Decimal) -> Json:
    """Return the report in one currency."""
    bases: dict[tuple[Any, Any], Decimal] = defaultdict(Decimal)
    taxes: dict[tuple[Any, Any], Decimal] = defaultdict(Decimal)
    for line in lines:
        key = (line["category"], line["rate"])
        bases[key] += line["base"]
        taxes[key] += line["tax"]
    rows = [
        {"category": key[0], "rate": key[1], "base": base, "tax": taxes[key]}
        for key, base in sorted(bases.items(), key=lambda item: (item[0][0] or "", item[0][1]))
    ]
    tax = sum(taxes.values(), Decimal(0))
    return {
        "currency": currency,
        "rows": rows,
        "total_base": sum(bases.values(), Decimal(0)),
        "total_tax": tax,
        "booked": booked,
        "difference": booked - tax,
        "documents": lines,
    }


def vat_rows(report: Json) -> Iterator[Row]:
    """Yield the report as table rows, with amounts in whole units of the currency."""
    yield ["currency", "date", "kind", "number", "customer", *_TAXES]
    for part in report["currencies"]:
        currency = part["currency"]
        for line in part["documents"]:
            texts = [line["date"], line["kind"], line["number"], line["customer_name"]]
            yield [currency, *texts, *_tax_cells(line, currency)]
        for row in part["rows"]:
            yield [currency, "", "total", "", "", *_tax_cells(row, currency)]
        sums = (amount(part[name], currency) for name in ("total_base", "total_tax"))
        yield [currency, "", "total", "", "", "", "", *sums]
        for name in ("booked", "difference"):
            yield [currency, "", name, "", "", "", "", "", amount(part[name], currency)]


def _tax_cells(row: Json, currency: str) -> Row:
    return [row["category"] or "", row["rate"], amount(row["base"], currency), amount(row["tax"], currency)]
