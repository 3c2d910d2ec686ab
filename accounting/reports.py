"""Trial balance, balance sheet and income statement, each for any day or period.

They use the maintained totals of whole months. Only the days between the edge of a month and the requested day are read
line by line. Amounts are whole minor units as Decimals, because a sum over accounts can exceed int64.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from accounting.choices import DEBIT_NORMAL, RESULT_TYPES, AccountType, Role
from accounting.fiscal_years import fiscal_year_of
from accounting.models import LAST_DAY, Account
from skeleton.kernel.days import today
from skeleton.kernel.time_limits import FIRST_DAY

ONE_DAY = dt.timedelta(days=1)
SIDES = ("debit", "credit")
COLUMNS = ("opening", "movement", "closing")
AS_OF = ("closing",)
BALANCE_SHEET_TYPES = (AccountType.ASSET, AccountType.LIABILITY, AccountType.EQUITY)


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
            {without_closing}
        ) AS parts GROUP BY account_id, currency
    ) AS sums JOIN accounting_account a ON a.id = sums.account_id
    WHERE sums.debit <> 0 OR sums.credit <> 0
    ORDER BY sums.currency, a.code
"""


_WITHOUT_CLOSING = """
            UNION ALL
            SELECT l.account_id, l.currency, -l.debit, -l.credit
            FROM accounting_entry e JOIN accounting_line l ON l.entry_id = e.id
            WHERE e.kind = 'closing' AND e.date BETWEEN %s AND %s
"""
_ALL_SUMS = _SUMS.format(without_closing="")
_SUMS_WITHOUT_CLOSING = _SUMS.format(without_closing=_WITHOUT_CLOSING)


def turnovers(span: DateRange, *, closing: bool = True) -> list[AccountTurnover]:
    """Return the debits and credits of every account within the span, by currency and code.

    Without `closing`, the entries that close a year, or reopen it, are left out.
    """
    last_day = min(max(span.last, FIRST_DAY - ONE_DAY), LAST_DAY)
    first_day = min(max(span.first, FIRST_DAY), LAST_DAY + ONE_DAY) if span.first else None
    last = _upto(last_day)
    before = _upto(first_day - ONE_DAY) if first_day else None
    first_month = before.month if before else FIRST_DAY.replace(day=1)
    added: list[Any] = [last.sign, last.sign, last.first, last.last]
    taken_away: list[Any] = (
        [-before.sign, -before.sign, before.first, before.last] if before else [0, 0, LAST_DAY, FIRST_DAY]
    )
    left_out = [] if closing else [first_day or FIRST_DAY, last_day]
    with connection.cursor() as cursor:
        sql = _ALL_SUMS if closing else _SUMS_WITHOUT_CLOSING
        cursor.execute(sql, [first_month, last.month, *added, *taken_away, *left_out])
        return [AccountTurnover(*row) for row in cursor.fetchall()]


# --- the reports -----------------------------------------------------------------------------------------------------


def trial_balance(span: DateRange, *, settled: bool = False) -> dict[str, Any]:
    """Return each account's balance as of a day, or its debits and credits within a period. The totals are equal.

    Each account has its opening balance, its movement and its closing balance: of the period, or of the fiscal year
    until the day. As of a day, accounts whose balance is 0 are left out but for their part in the totals, unless
    `settled` asks for them.
    """
    as_of = span.first is None
    first = max(_first_day(span), dt.date.min + ONE_DAY)
    before = _by_account(turnovers(DateRange(None, first - ONE_DAY)))
    moved = _by_account(turnovers(DateRange(first, span.last)))
    currencies = []
    for currency, keys in groupby(sorted({*before, *moved}), key=itemgetter(0)):
        rows = [_trial_row(before.get(key), moved.get(key), as_of=as_of) for key in keys]
        wanted = AS_OF if as_of and not settled else COLUMNS
        shown = [row for row in rows if any(row[name][side] for name in wanted for side in SIDES)]
        if shown:
            currencies.append({"currency": currency, "accounts": shown, **_trial_totals(rows)})
    return {**span.described(), "currencies": currencies}


def _first_day(span: DateRange) -> dt.date:
    """Return the first day of the span, or else of the fiscal year of its last day."""
    known = min(max(span.last, FIRST_DAY), LAST_DAY - 366 * ONE_DAY)
    return span.first or min(fiscal_year_of(known).first, span.last)


def _by_account(found: Iterable[AccountTurnover]) -> dict[tuple[str, str], AccountTurnover]:
    return {(turnover.currency, turnover.code): turnover for turnover in found}


def _trial_row(before: AccountTurnover | None, moved: AccountTurnover | None, *, as_of: bool) -> dict[str, Any]:
    account: Any = before or moved
    opening = before.debit - before.credit if before else Decimal(0)
    debit, credit = (moved.debit, moved.credit) if moved else (Decimal(0), Decimal(0))
    closing = _sides(opening + debit - credit)
    return {
        **account.named(),
        "type": account.type,
        **(closing if as_of else {"debit": debit, "credit": credit}),
        "opening": _sides(opening),
        "movement": {"debit": debit, "credit": credit},
        "closing": closing,
    }


def _sides(net: Decimal) -> dict[str, Decimal]:
    """Return a balance on its side."""
    return {"debit": max(net, Decimal(0)), "credit": max(-net, Decimal(0))}


def _trial_totals(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        **{f"total_{side}": _total(row[side] for row in rows) for side in SIDES},
        **{f"total_{name}": {side: _total(row[name][side] for row in rows) for side in SIDES} for name in COLUMNS},
    }


def balance_sheet(span: DateRange) -> dict[str, Any]:
    """Return assets, liabilities and equity as of a day, or their change within a period.

    Net income is the result of the fiscal year until the day, or of the period. The account of retained earnings has
    all earlier results, carried over or not, and only these. So the closing of a year changes neither.
    """
    first = _first_day(span)
    results = dict(_by_currency(turnovers(DateRange(first, span.last), closing=False)))
    currencies = [
        _balance_sheet_part(currency, found, _net_income(results.get(currency, [])))
        for currency, found in _by_currency(turnovers(span))
    ]
    return {**span.described(), "currencies": currencies}


def _balance_sheet_part(currency: str, found: Sequence[AccountTurnover], net_income: Decimal) -> dict[str, Any]:
    assets, liabilities, equity = (_section(found, type_) for type_ in BALANCE_SHEET_TYPES)
    earlier = _net_income(found) - net_income
    equity = _with_earlier_results(equity, earlier)
    total_equity = _sum(equity) + net_income
    return {
        "currency": currency,
        "assets": assets,
        "total_assets": _sum(assets),
        "liabilities": liabilities,
        "total_liabilities": _sum(liabilities),
        "equity": equity,
        "retained_earnings": _total(row["balance"] for row in equity if row["code"] == Role.RETAINED_EARNINGS.code),
        "net_income": net_income,
        "total_equity": total_equity,
        "total_liabilities_and_equity": _sum(liabilities) + total_equity,
    }


def _with_earlier_results(equity: list[dict[str, Any]], earlier: Decimal) -> list[dict[str, Any]]:
    """Return equity with `earlier` added to retained earnings: results that are not carried over, or already are."""
    if not earlier:
        return equity
    code = Role.RETAINED_EARNINGS.code
    account = Account.objects.filter(code=code).first()
    row = {"account_id": account and account.pk, "code": code, "name": account.name if account else ""}
    carried_over = _total(each["balance"] for each in equity if each["code"] == code)
    others = [each for each in equity if each["code"] != code]
    balance = carried_over + earlier
    return sorted([*others, *([{**row, "balance": balance}] if balance else [])], key=lambda each: each["code"])


def income_statement(span: DateRange) -> dict[str, Any]:
    """Return revenue and expenses within a period, or of all time up to a day, without the closing of years."""
    currencies = []
    for currency, found in _by_currency(turnovers(span, closing=False)):
        revenue, expenses = (_section(found, type_) for type_ in RESULT_TYPES)
        currencies.append(
            {
                "currency": currency,
                "revenue": revenue,
                "total_revenue": _sum(revenue),
                "expenses": expenses,
                "total_expenses": _sum(expenses),
                "net_income": _net_income(found),
            }
        )
    return {**span.described(), "currencies": currencies}


def _net_income(found: Iterable[AccountTurnover]) -> Decimal:
    """Return revenue less expenses."""
    return _total(turnover.credit - turnover.debit for turnover in found if turnover.type in RESULT_TYPES)


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
