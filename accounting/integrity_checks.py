"""Integrity checks of the books: all maintained values are recomputed from the recorded data and compared.

Apps on higher floors add their own checks in `AppConfig.ready()`, as in `register_check("numbers are gapless", gaps)`.
A check yields one sentence for each difference, and nothing if all is well. Postings by hand on control accounts aren't
errors, but explain why an account's balance isn't the documents' sum. They are listed apart.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection

from accounting.choices import CONTROL_ACCOUNTS

IntegrityCheck = Callable[[], Iterable[str]]

_checks: dict[str, IntegrityCheck] = {}


def register_check(name: str, check: IntegrityCheck) -> None:
    """Register a check. `name` states what it verifies."""
    _checks[name] = check


def registered_checks() -> dict[str, IntegrityCheck]:
    """Return all checks by name, in the order of registration. Those of accounting come first."""
    return dict(_checks)


_UNEQUAL = """
    SELECT a.code, coalesce(kept.currency, found.currency), {month}
           coalesce(kept.debit, 0), coalesce(kept.credit, 0), coalesce(found.debit, 0), coalesce(found.credit, 0)
    FROM {table} AS kept
    FULL JOIN (
        SELECT account_id, currency, {line_month} sum(debit) AS debit, sum(credit) AS credit
        FROM accounting_line GROUP BY {groups}
    ) AS found USING ({key})
    JOIN accounting_account a ON a.id = account_id
    WHERE (kept.debit, kept.credit) IS DISTINCT FROM (found.debit, found.credit)
    ORDER BY a.code, 2
"""
_TOTALS = _UNEQUAL.format(
    table="accounting_total", month="'in all',", line_month="", groups="1, 2", key="account_id, currency"
)
_MONTHS = _UNEQUAL.format(
    table="accounting_month_total",
    month="'in ' || to_char(month, 'YYYY-MM'),",
    line_month="date_trunc('month', date)::date AS month,",
    groups="1, 2, 3",
    key="account_id, currency, month",
)
_UNBALANCED = """
    SELECT e.id, e.date, l.currency, sum(l.debit), sum(l.credit)
    FROM accounting_entry e LEFT JOIN accounting_line l ON l.entry_id = e.id
    GROUP BY e.id, e.date, l.currency
    HAVING sum(l.debit) IS DISTINCT FROM sum(l.credit) OR l.currency IS NULL
    ORDER BY e.date, e.id
"""
_MISDATED = """
    SELECT e.id, e.date, l.date FROM accounting_entry e JOIN accounting_line l ON l.entry_id = e.id
    WHERE l.date <> e.date ORDER BY e.date, e.id
"""
_UNDONE = """
    SELECT e.id, e.reverses_id
    FROM accounting_entry e JOIN accounting_line l ON l.entry_id IN (e.id, e.reverses_id)
    WHERE e.reverses_id IS NOT NULL
    GROUP BY e.id, e.reverses_id, l.account_id, l.currency HAVING sum(l.debit) <> sum(l.credit)
"""
_TRIAL = """
    SELECT currency, sum(debit), sum(credit) FROM accounting_total
    GROUP BY currency HAVING sum(debit) <> sum(credit) ORDER BY currency
"""
_UNCLEARED = """
    SELECT y.year, a.code, l.currency, sum(l.debit - l.credit)
    FROM accounting_year_closing y JOIN accounting_line l ON l.date <= y.end_date
    JOIN accounting_account a ON a.id = l.account_id AND a.type IN ('revenue', 'expense')
    WHERE y.reopened_at IS NULL
    GROUP BY y.year, a.code, l.currency HAVING sum(l.debit) <> sum(l.credit)
    ORDER BY 1, 2, 3
"""
_CLOSING_ENTRIES = """
    SELECT coalesce(y.year::text, 'unknown'), e.id
    FROM accounting_entry e LEFT JOIN accounting_year_closing y ON y.id = e.source_id
    LEFT JOIN accounting_entry r ON r.reverses_id = e.id
    WHERE e.source_type = 'closing'
          AND (y.id IS NULL OR e.date <> y.end_date OR (r.id IS NULL) <> (y.reopened_at IS NULL))
    ORDER BY 1, 2
"""
_BY_HAND = """
    SELECT e.date, e.id, a.code, l.debit - l.credit, l.currency, coalesce(p.name, 'no party')
    FROM accounting_account a JOIN accounting_line l ON l.account_id = a.id JOIN accounting_entry e ON e.id = l.entry_id
    LEFT JOIN accounting_entry reversed ON reversed.id = e.reverses_id
    LEFT JOIN parties_party p ON p.id = l.party_id
    WHERE (a.code = ANY(%s) OR a.id IN (SELECT account_id FROM accounting_tax_code))
          AND coalesce(reversed.source_type, e.source_type) = 'manual'
    ORDER BY e.date, e.id, l.position
"""


def check_totals_equal_lines() -> Iterator[str]:
    for sql in (_TOTALS, _MONTHS):
        for code, currency, when, *sums in _rows(sql):
            kept_debit, kept_credit, debit, credit = sums
            yield (
                f"account {code} {when}: kept {kept_debit} / {kept_credit} {currency}, "
                f"the lines add up to {debit} / {credit} {currency} (debit / credit, minor units)"
            )


def check_entries_balance() -> Iterator[str]:
    for entry, day, currency, debit, credit in _rows(_UNBALANCED):
        yield f"entry {entry} of {day}: debit {debit or 0}, credit {credit or 0} {currency or '(no lines)'}"
    for entry, day, other in _rows(_MISDATED):
        yield f"entry {entry} of {day} has a line dated {other}"


def check_reversals_undo() -> Iterator[str]:
    for entry, undone in _rows(_UNDONE):
        yield f"entry {entry} does not undo entry {undone}"


def check_trial_balance_is_zero() -> Iterator[str]:
    for currency, debit, credit in _rows(_TRIAL):
        yield f"{currency}: debit {debit}, credit {credit}, difference {debit - credit}"


def check_closed_years_are_cleared() -> Iterator[str]:
    for label, code, currency, left in _rows(_UNCLEARED):
        yield f"year {label}: account {code} has {left} {currency} left after the closing (minor units)"


def check_closings_have_their_entries() -> Iterator[str]:
    for label, entry in _rows(_CLOSING_ENTRIES):
        yield f"year {label}: entry {entry} of its closing is not as its state asks"


def postings_by_hand() -> Iterator[str]:
    """Yield a sentence for each line that was recorded by hand on a control account."""
    for day, entry, code, amount, currency, party in _rows(_BY_HAND, [[role.code for role in CONTROL_ACCOUNTS]]):
        yield f"{day}, account {code}: {amount:+} {currency} for {party} in entry {entry} (minor units)"


def _rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def register_checks() -> None:
    """Register the checks of accounting. Called once, when the app starts."""
    register_check("kept totals equal the sums of the lines", check_totals_equal_lines)
    register_check("every entry balances in each currency", check_entries_balance)
    register_check("every reversal undoes its entry", check_reversals_undo)
    register_check("the trial balance is zero in each currency", check_trial_balance_is_zero)
    register_check("closed years leave no balance of income", check_closed_years_are_cleared)
    register_check("closings have their entries", check_closings_have_their_entries)
