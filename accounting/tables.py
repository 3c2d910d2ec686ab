"""The reports as CSV (RFC 4180, UTF-8), for spreadsheets: amounts in whole units of the currency, with its decimals."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter

from accounting.reports import COLUMNS, SIDES
from skeleton.kernel.money import EXACT_CONTEXT, minor_digits
from skeleton.office.tables.spreadsheets import CSV, csv_lines, csv_response

FORMAT = OpenApiParameter(
    "format",
    {"type": "string", "enum": ["json", "csv"], "default": "json"},
    description=_("`csv` answers text/csv, with amounts in whole units (1550.00) instead of cents."),
)
"""The parameter that selects CSV instead of JSON."""

__all__ = ["CSV", "FORMAT", "csv_response", "csv_lines"]

Row = list[Any]


def trial_balance_rows(report: dict[str, Any]) -> Iterator[Row]:
    columns = [f"{name}_{side}" for name in COLUMNS for side in SIDES]
    yield ["currency", "code", "name", "type", "debit", "credit", *columns]
    for part in report["currencies"]:
        currency = part["currency"]
        for row in part["accounts"]:
            sides = (amount(row[side], currency) for side in SIDES)
            parts = (amount(row[name][side], currency) for name in COLUMNS for side in SIDES)
            yield [currency, row["code"], row["name"], row["type"], *sides, *parts]
        totals = (amount(part[f"total_{side}"], currency) for side in SIDES)
        sums = (amount(part[f"total_{name}"][side], currency) for name in COLUMNS for side in SIDES)
        yield [currency, "", "Total", "", *totals, *sums]


def balance_sheet_rows(report: dict[str, Any]) -> Iterator[Row]:
    yield from _sections(
        report,
        ("assets", "total_assets"),
        ("liabilities", "total_liabilities"),
        ("equity", "net_income", "total_equity", "total_liabilities_and_equity"),
    )


def income_statement_rows(report: dict[str, Any]) -> Iterator[Row]:
    yield from _sections(report, ("revenue", "total_revenue"), ("expenses", "total_expenses", "net_income"))


def _sections(report: dict[str, Any], *sections: tuple[str, ...]) -> Iterator[Row]:
    """Yield the accounts of each section, followed by its sums."""
    yield ["currency", "section", "code", "name", "balance"]
    for part in report["currencies"]:
        currency = part["currency"]
        for section, *sums in sections:
            for row in part[section]:
                yield [currency, section, row["code"], row["name"], amount(row["balance"], currency)]
            for name in sums:
                yield [currency, section, "", name.replace("_", " ").capitalize(), amount(part[name], currency)]


def ledger_rows(items: Iterable[dict[str, Any]]) -> Iterator[Row]:
    yield ["date", "description", "line_description", "reference", "currency", "debit", "credit", "balance"]
    for item in items:
        currency = item["currency"]
        words = (item[name] for name in ("description", "line_description", "reference"))
        amounts = (amount(item[name], currency) for name in ("debit", "credit", "balance"))
        yield [item["date"], *words, currency, *amounts]


def amount(minor: Decimal | int, currency: str) -> Decimal:
    """Return an amount in whole units, as a number: `amount(155000, "USD") == Decimal("1550.00")`."""
    return Decimal(minor).scaleb(-minor_digits(currency), EXACT_CONTEXT)
