"""Trial balance, balance sheet and income statement, each for any day or period.

They use the maintained totals of whole months. Only the days between the edge of a month and the requested day are read
line by line. Amounts are whole minor units as Decimals, because a sum over accounts can exceed int64.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounting.choices import DEBIT_NORMAL, AccountType
from accounting.models import LAST_DAY
from skeleton.kernel.days import today
from skeleton.kernel.time_limits import FIRST_DAY

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range of days, including the first and the last. Without a first day: everything up to the last."""

    first: dt.date | None
    last: dt.date

    def described(self) -> dict[str, dt.date | None]:
        """Return the days under the names that the reports use."""
        if self.first is None:
            return {"as_of": self.last, "from_date": None, "to_date": None}
        return {"as_of": None, "from_date": self.first, "to_date": self.last}


@dataclass(frozen=True, slots=True)
class AccountTurnover:
    """The total debits and credits of one account in one currency, in minor units."""

    account_id: UUID
    code: str
    name: str
    type: str
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """Return the balance, positive on the normal side of the account's type."""
        return self.debit - self.credit if self.type in DEBIT_NORMAL else self.credit - self.debit

    def named(self) -> dict[str, Any]:
        return {"account_id": self.account_id, "code": self.code, "name": self.name}


# --- from days to sums -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cutoff:
    """How to sum up to the end of a day: all months before `month`, plus `sign` times the lines of some days."""

    month: dt.date
    sign: int
    first: dt.date
    last: dt.date


def _upto(day: dt.date) -> _Cutoff:
    """Return the cheaper way: from the nearer edge of the month.

    From the current month on, that is always the end of the month, since hardly anything is posted later.
    """
    start = day.replace(day=1)
    following = (start + dt.timedelta(days=32)).replace(day=1)
    if day - start < following - day and start < today().replace(day=1):
        return _Cutoff(start, 1, start, day)
    return _Cutoff(following, -1, day + ONE_DAY, following - ONE_DAY)


_SUMS = """
    SELECT a.id, a.code, a.name, a.type, sums.currency, sums.debit, sums.credit
    FROM (
        SELECT account_id, currency, sum(debit) AS debit, sum(credit) AS credit
        FROM (
            SELECT account_id, currency, debit, credit FROM accounting_month_total WHERE month >= %s AND month < %s
            UNION ALL
            SELECT account_id, currency, %s * debit, %s * credit FROM accounting_line WHERE date BETWEEN %s AND %s
            UNION ALL
            SELECT account_id, currency, %s * debit, %s * credit FROM accounting_line WHERE date BETWEEN %s AND %s
        ) AS parts GROUP BY account_id, currency
    ) AS sums JOIN accounting_account a ON a.id = sums.account_id
    WHERE sums.debit <> 0 OR sums.credit <> 0
    ORDER BY sums.currency, a.code
"""


def turnovers(span: DateRange) -> list[AccountTurnover]:
    """Return the debits and credits of every account within the span, by currency and code."""
    last = _upto(min(max(span.last, FIRST_DAY - ONE_DAY), LAST_DAY))
    before = _upto(min(max(span.first, FIRST_DAY), LAST_DAY + ONE_DAY) - ONE_DAY) if span.first else None
    first_month = before.month if before else FIRST_DAY.replace(day=1)
    added: list[Any] = [last.sign, last.sign, last.first, last.last]
    taken_away: list[Any] = (
        [-before.sign, -before.sign, before.first, before.last] if before else [0, 0, LAST_DAY, FIRST_DAY]
    )
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [first_month, last.month, *added, *taken_away])
        return [AccountTurnover(*row) for row in cursor.fetchall()]


# --- the reports -----------------------------------------------------------------------------------------------------


def trial_balance(span: DateRange) -> dict[str, Any]:
    """Return each account's balance as of a day, or its debits and credits within a period. The totals are equal."""
    as_of = span.first is None
    currencies = []
    for currency, found in _by_currency(turnovers(span)):
        rows = [_both_sides(turnover, as_of=as_of) for turnover in found if not as_of or turnover.balance]
        currencies.append(
            {
                "currency": currency,
                "accounts": rows,
                "total_debit": _total(row["debit"] for row in rows),
                "total_credit": _total(row["credit"] for row in rows),
            }
        )
    return {**span.described(), "currencies": currencies}


def _both_sides(turnover: AccountTurnover, *, as_of: bool) -> dict[str, Any]:
    net = turnover.debit - turnover.credit
    debit = max(net, Decimal(0)) if as_of else turnover.debit
    credit = max(-net, Decimal(0)) if as_of else turnover.credit
    return {**turnover.named(), "type": turnover.type, "debit": debit, "credit": credit}


def balance_sheet(span: DateRange) -> dict[str, Any]:
    """Return assets, liabilities and equity (with net income) as of a day, or their change within a period."""
    currencies = []
    for currency, found in _by_currency(turnovers(span)):
        assets, liabilities, equity, revenue, expenses = (_section(found, type_) for type_ in AccountType)
        net_income = _sum(revenue) - _sum(expenses)
        total_equity = _sum(equity) + net_income
        currencies.append(
            {
                "currency": currency,
                "assets": assets,
                "total_assets": _sum(assets),
                "liabilities": liabilities,
                "total_liabilities": _sum(liabilities),
                "equity": equity,
                "net_income": net_income,
                "total_equity": total_equity,
                "total_liabilities_and_equity": _sum(liabilities) + total_equity,
            }
        )
    return {**span.described(), "currencies": currencies}


def income_statement(span: DateRange) -> dict[str, Any]:
    """Return revenue and expenses within a period, or of all time up to a day."""
    currencies = []
    for currency, found in _by_currency(turnovers(span)):
        revenue, expenses = _section(found, AccountType.REVENUE), _section(found, AccountType.EXPENSE)
        currencies.append(
            {
                "currency": currency,
                "revenue": revenue,
                "total_revenue": _sum(revenue),
                "expenses": expenses,
                "total_expenses": _sum(expenses),
                "net_income": _sum(revenue) - _sum(expenses),
            }
        )
    return {**span.described(), "currencies": currencies}


def _by_currency(found: Iterable[AccountTurnover]) -> list[tuple[str, list[AccountTurnover]]]:
    groups: dict[str, list[AccountTurnover]] = defaultdict(list)
    for turnover in found:
        groups[turnover.currency].append(turnover)
    return sorted(groups.items())


def _section(found: Iterable[AccountTurnover], type_: AccountType) -> list[dict[str, Any]]:
    """Return the accounts of one type that have a balance."""
    return [
        {**turnover.named(), "balance": turnover.balance}
        for turnover in found
        if turnover.type == type_ and turnover.balance
    ]


def _sum(section: Iterable[dict[str, Any]]) -> Decimal:
    return _total(row["balance"] for row in section)


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
