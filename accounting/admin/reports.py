"""The accounting reports as pages. Sums link to the account's ledger, and its lines to their transactions."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounting import tables
from accounting.chart import shown_name
from accounting.fiscal_years import fiscal_year_of
from accounting.ledger import BY_DATE, CurrencyLedger, iter_ledger, ledger_by_currency
from accounting.models import Account
from accounting.queries import described
from accounting.reports import COLUMNS, SIDES, DateRange, balance_sheet, income_statement, trial_balance
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.text import local_day
from skeleton.kernel.transactions import read_snapshot
from skeleton.office.forms import AutocompleteField
from skeleton.office.pages import register
from skeleton.office.reports import (
    Column,
    DateRangeForm,
    Line,
    OpenStartDateRangeForm,
    Parameters,
    ReportPage,
    ReportResult,
    Table,
    build_lines,
    days_in_words,
    format_amount_cell,
    heading_line,
    link,
    total_line,
)
from skeleton.rest.listing import ListQuery, parse_cursor

LINES_PER_PAGE = 500
"""Lines of a ledger per page."""


def span_of(asked: Parameters) -> DateRange:
    return DateRange(asked["from_date"], asked["to_date"])


def in_words(span: DateRange) -> str:
    return days_in_words(span.first, span.last)


def account_link(row: dict[str, Any], span: DateRange) -> Any:
    """Return the account's name, linked to its ledger for the report's days, or for the year up to its day."""
    name = shown_name(row["code"], row["name"])
    if row["account_id"] is None:
        return name
    first = span.first or span.last.replace(month=1, day=1)
    return link(ledger_address(row["account_id"], first, span.last), name)


def ledger_address(account_id: UUID, first: dt.date, last: dt.date) -> str:
    """Return the address of an account's ledger for these days."""
    asked = {"account": account_id, "from_date": first, "to_date": last}
    return f"{reverse('admin:ledger')}?{urlencode(asked)}"


class BooksReport(ReportPage):
    """A report of account sums. `table` renders the part of one currency."""

    resources = ("accounting",)
    form: ClassVar[type[Any]] = OpenStartDateRangeForm
    report: ClassVar[Callable[[DateRange], dict[str, Any]]]
    rows: ClassVar[Callable[[dict[str, Any]], Iterable[tables.Row]]]

    def build(self, asked: Parameters, actor: Actor) -> ReportResult:
        span = span_of(asked)
        parts = type(self).report(span)["currencies"]
        return ReportResult(in_words(span), [self.table(part, span) for part in parts])

    def table(self, part: dict[str, Any], span: DateRange) -> Table:
        raise NotImplementedError

    def csv_rows(self, asked: Parameters, actor: Actor) -> Iterable[tables.Row]:
        return type(self).rows(type(self).report(span_of(asked)))


@register
class TrialBalancePage(BooksReport):
    name, title = "trial-balance", gettext_lazy("Trial balance")
    report = staticmethod(partial(trial_balance, settled=True))
    rows = tables.trial_balance_rows

    def table(self, part: dict[str, Any], span: DateRange) -> Table:
        currency = part["currency"]
        titles = (
            *(_("Opening debit"), _("Opening credit"), _("Debit"), _("Credit")),
            *(_("Closing debit"), _("Closing credit")),
        )
        columns = (Column(_("Code")), Column(_("Account")), *(Column(title, True) for title in titles))
        found = [
            Line((row["code"], account_link(row, span), *self._amounts(row, currency, blank=True)))
            for row in part["accounts"]
        ]
        totals = {name: part[f"total_{name}"] for name in COLUMNS}
        return Table(currency, columns, [*found, total_line("", _("Total"), *self._amounts(totals, currency))])

    @staticmethod
    def _amounts(row: dict[str, Any], currency: str, *, blank: bool = False) -> list[str]:
        return [format_amount_cell(row[name][side], currency, blank=blank) for name in COLUMNS for side in SIDES]


class StatementPage(BooksReport):
    """A report with sections of accounts, each followed by its sum."""

    def table(self, part: dict[str, Any], span: DateRange) -> Table:
        columns = (Column(_("Code")), Column(_("Account")), Column(_("Balance"), True))
        found = []
        for title, rows, sums in self.sections(part):
            found.append(heading_line(title, columns))
            found += build_lines(
                (row["code"], account_link(row, span), format_amount_cell(row["balance"], part["currency"]))
                for row in rows
            )
            found += [total_line("", name, format_amount_cell(amount, part["currency"])) for name, amount in sums]
        return Table(part["currency"], columns, found)

    def sections(self, part: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]], list[tuple[str, Any]]]]:
        """Return title, accounts and sums for each section."""
        raise NotImplementedError


@register
class BalanceSheetPage(StatementPage):
    name, title = "balance-sheet", gettext_lazy("Balance sheet")
    report, rows = balance_sheet, tables.balance_sheet_rows

    def sections(self, part: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]], list[tuple[str, Any]]]]:
        equity = [
            (_("Net income"), part["net_income"]),
            (_("Total equity"), part["total_equity"]),
            (_("Total liabilities and equity"), part["total_liabilities_and_equity"]),
        ]
        return [
            (_("Assets"), part["assets"], [(_("Total assets"), part["total_assets"])]),
            (_("Liabilities"), part["liabilities"], [(_("Total liabilities"), part["total_liabilities"])]),
            (_("Equity"), part["equity"], equity),
        ]


class FiscalYearForm(DateRangeForm):
    """A range of days. Defaults to this fiscal year until today."""

    @classmethod
    def default(cls) -> Parameters:
        return {"from_date": fiscal_year_of(today()).first, "to_date": today()}


@register
class IncomeStatementPage(StatementPage):
    name, title = "income-statement", gettext_lazy("Income statement")
    report, rows = income_statement, tables.income_statement_rows
    form = FiscalYearForm

    def sections(self, part: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]], list[tuple[str, Any]]]]:
        result = pgettext("income statement", "Net income")
        spent = [(_("Total expenses"), part["total_expenses"]), (result, part["net_income"])]
        return [
            (_("Revenue"), part["revenue"], [(_("Total revenue"), part["total_revenue"])]),
            (_("Expenses"), part["expenses"], spent),
        ]


class LedgerForm(DateRangeForm):
    account = AutocompleteField(Account.objects.all(), screen="accounting.account", label=gettext_lazy("Account"))
    cursor = forms.CharField(required=False, widget=forms.HiddenInput, label=gettext_lazy("Cursor"))
    field_order = ("account", "from_date", "to_date")

    @classmethod
    def suggestions(cls) -> list[tuple[Any, Parameters]]:
        return [(name, {**days, "cursor": ""}) for name, days in super().suggestions()]


@register
class LedgerPage(ReportPage):
    name, title, resources = "ledger", gettext_lazy("Account ledger"), ("accounting",)
    form = LedgerForm

    def build(self, asked: Parameters, actor: Actor) -> ReportResult:
        with read_snapshot():
            found, next_page_url = ledger_by_currency(asked["account"].pk, self._query(asked), actor=actor)
            found = [replace(ledger, items=list(described(ledger.items))) for ledger in found]
        return ReportResult(
            in_words(span_of(asked)),
            [self._table(ledger, first=not asked["cursor"], last=next_page_url is None) for ledger in found],
            subject=str(asked["account"]),
            next_page_url=self.url_for({**asked, "cursor": next_page_url}) if next_page_url else "",
        )

    def csv_rows(self, asked: Parameters, actor: Actor) -> Iterable[tables.Row]:
        return tables.ledger_rows(described(iter_ledger(asked["account"].pk, self._query(asked), actor=actor)))

    @staticmethod
    def _query(asked: Parameters) -> ListQuery:
        days = {name: day for name in ("from_date", "to_date") if (day := asked[name])}
        return ListQuery(days, BY_DATE, LINES_PER_PAGE, page=1, cursor=parse_cursor(asked["cursor"], BY_DATE))

    @staticmethod
    def _table(ledger: CurrencyLedger, *, first: bool, last: bool) -> Table:
        currency = ledger.currency
        columns = (
            Column(_("Date")),
            Column(_("Transaction")),
            Column(_("Reference")),
            Column(_("Debit"), True),
            Column(_("Credit"), True),
            Column(_("Balance"), True),
        )
        opening = _("Opening balance") if first else _("Brought forward")
        closing = _("Closing balance") if last else _("Carried forward")
        found = (
            (
                local_day(item["date"]),
                _transaction(item),
                item["reference"] or "",
                *_debit_credit(item["debit"], item["credit"], currency),
                format_amount_cell(item["balance"], currency),
            )
            for item in ledger.items
        )
        return Table(
            currency,
            columns,
            [
                total_line("", opening, "", "", "", format_amount_cell(ledger.before, currency)),
                *build_lines(found),
                total_line("", closing, "", "", "", format_amount_cell(ledger.after, currency)),
            ],
        )


def _transaction(item: dict[str, Any]) -> Any:
    text = item["description"]
    if item["line_description"]:
        text = f"{text}: {item['line_description']}"
    return link(reverse("admin:accounting_entry_change", args=[item["transaction_id"]]), text)


def _debit_credit(debit: Any, credit: Any, currency: str) -> tuple[str, str]:
    return format_amount_cell(debit, currency, blank=True), format_amount_cell(credit, currency, blank=True)
