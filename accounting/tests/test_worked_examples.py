"""Worked examples as an accountant would write them. Amounts are cents unless a currency has other decimals."""

import datetime as dt

import pytest

from accounting.models import Account
from accounting.reports import DateRange, balance_sheet, income_statement, trial_balance
from accounting.services import Posting, close_period, create_period, post_entry, reverse_entry
from accounting.tests.factories import account, by_hand
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Invalid
from skeleton.testkit.narrowing import present

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

BANK, RECEIVABLE, TAX, CAPITAL, RETAINED, REVENUE, RENT = "1200", "1300", "2200", "3100", "3200", "4000", "5300"


def journal(day, description, *lines, **entry):
    """Post an entry. A line is (account, debit, credit)."""
    return post_entry(
        date=dt.date.fromisoformat(day),
        description=description,
        lines=[by_hand(account, debit=debit, credit=credit) for account, debit, credit in lines],
        actor=SYSTEM,
        **entry,
    )


def trial(day, currency="USD"):
    """Return the trial balance of a day: {account: (debit, credit)}. Checks that the totals are equal."""
    for part in trial_balance(DateRange(None, dt.date.fromisoformat(day)))["currencies"]:
        if part["currency"] == currency:
            assert part["total_debit"] == part["total_credit"]
            return {row["code"]: (int(row["debit"]), int(row["credit"])) for row in part["accounts"]}
    return {}


def sheet(day):
    (part,) = balance_sheet(DateRange(None, dt.date.fromisoformat(day)))["currencies"]
    assert part["total_assets"] == part["total_liabilities_and_equity"]
    return part


def income(first, last):
    (part,) = income_statement(DateRange(dt.date.fromisoformat(first), dt.date.fromisoformat(last)))["currencies"]
    return part


def test_opening_capital():
    """The owners pay 10,000.00 into the bank account."""
    journal("2026-01-02", "Opening capital", (BANK, 1_000_000, 0), (CAPITAL, 0, 1_000_000))
    assert trial("2026-01-01") == {}
    assert trial("2026-01-02") == {BANK: (1_000_000, 0), CAPITAL: (0, 1_000_000)}
    assert sheet("2026-01-31")["total_equity"] == 1_000_000


def test_a_sale_with_tax_paid_in_two_parts():
    """A sale for 1,000.00 plus 20 % tax. 500.00 are paid in February, the rest in March."""
    journal(
        "2026-01-20",
        "Invoice INV-2026-001",
        (RECEIVABLE, 120_000, 0),
        (REVENUE, 0, 100_000),
        (TAX, 0, 20_000),
    )
    journal(
        "2026-02-10",
        "Payment of INV-2026-001",
        (BANK, 50_000, 0),
        (RECEIVABLE, 0, 50_000),
    )
    journal(
        "2026-03-10",
        "Payment of INV-2026-001",
        (BANK, 70_000, 0),
        (RECEIVABLE, 0, 70_000),
    )
    sold = {REVENUE: (0, 100_000), TAX: (0, 20_000)}
    assert trial("2026-01-31") == {RECEIVABLE: (120_000, 0)} | sold
    assert trial("2026-02-28") == {BANK: (50_000, 0), RECEIVABLE: (70_000, 0)} | sold
    assert trial("2026-03-31") == {BANK: (120_000, 0)} | sold
    assert income("2026-01-01", "2026-01-31")["net_income"] == 100_000
    assert income("2026-01-20", "2026-01-20")["net_income"] == 100_000


def test_a_cancellation():
    """The sale is cancelled in the next month. Both months show what was known at that time."""
    sale = journal("2026-01-20", "Invoice", (RECEIVABLE, 120_000, 0), (REVENUE, 0, 100_000), (TAX, 0, 20_000))
    reverse_entry(entry_id=sale, date=dt.date(2026, 2, 3), actor=SYSTEM)
    assert trial("2026-01-31")[RECEIVABLE] == (120_000, 0)
    assert trial("2026-02-28") == {}
    assert income("2026-01-01", "2026-01-31")["net_income"] == 100_000
    assert income("2026-02-01", "2026-02-28")["net_income"] == -100_000


def test_a_wrong_entry_is_reversed_and_written_anew():
    """Rent of 800.00 was entered as 8,000.00. Nothing is deleted: the wrong entry, its mirror and a new one remain."""
    wrong = journal("2026-01-05", "Rent January", (RENT, 800_000, 0), (BANK, 0, 800_000))
    reverse_entry(entry_id=wrong, date=dt.date(2026, 1, 5), description="Typed a 0 too many", actor=SYSTEM)
    journal("2026-01-05", "Rent January", (RENT, 80_000, 0), (BANK, 0, 80_000))
    assert trial("2026-01-31") == {RENT: (80_000, 0), BANK: (0, 80_000)}
    report = trial_balance(DateRange(dt.date(2026, 1, 1), dt.date(2026, 1, 31)))["currencies"][0]
    turnovers = {row["code"]: (int(row["debit"]), int(row["credit"])) for row in report["accounts"]}
    assert turnovers == {RENT: (880_000, 800_000), BANK: (800_000, 880_000)}


def test_year_end():
    """The year's net income goes to retained earnings, and the year is closed."""
    journal("2025-01-02", "Opening capital", (BANK, 500_000, 0), (CAPITAL, 0, 500_000))
    journal("2025-06-01", "Sale", (BANK, 300_000, 0), (REVENUE, 0, 300_000))
    journal("2025-07-01", "Rent", (RENT, 120_000, 0), (BANK, 0, 120_000))
    year = income("2025-01-01", "2025-12-31")
    assert (year["total_revenue"], year["total_expenses"], year["net_income"]) == (300_000, 120_000, 180_000)
    before = sheet("2025-12-31")
    assert (before["net_income"], before["total_equity"]) == (180_000, 680_000)

    journal("2025-12-31", "Year end", (REVENUE, 300_000, 0), (RENT, 0, 120_000), (RETAINED, 0, 180_000))
    period = create_period(start_date=dt.date(2025, 1, 1), end_date=dt.date(2025, 12, 31), actor=SYSTEM)
    close_period(period_id=period, actor=SYSTEM)

    after = sheet("2026-01-01")
    assert [(row["code"], row["balance"]) for row in after["equity"]] == [(CAPITAL, 500_000), (RETAINED, 180_000)]
    assert (after["net_income"], after["total_equity"], after["total_assets"]) == (0, 680_000, 680_000)
    journal("2026-01-15", "Sale", (BANK, 1_000, 0), (REVENUE, 0, 1_000))
    assert income("2026-01-01", "2026-12-31")["net_income"] == 1_000


@pytest.mark.parametrize(
    "lines, field",
    [
        ([(BANK, 5, 0)], "lines"),
        ([(BANK, 5, 5), (CAPITAL, 0, 5)], "lines.0.debit"),
        ([(BANK, 5, 0), (CAPITAL, 0, 0)], "lines.1.debit"),
        ([(BANK, 5, 0), (CAPITAL, 0, -5)], "lines.1.debit"),
        ([(BANK, 5, 0), ("9999", 0, 5)], "lines.1.account_id"),
    ],
)
def test_an_entry_that_is_none(lines, field):
    """A single line is invalid, and so is a line with both sides or none. Python refuses before PostgreSQL does."""
    with pytest.raises(Invalid) as refused:
        journal("2026-01-02", "Nonsense", *lines)
    assert field in present(refused.value.details)


def test_two_currencies_side_by_side():
    """Euros and dollars are never added."""
    journal("2026-01-02", "Capital", (BANK, 1_000, 0), (CAPITAL, 0, 1_000))
    journal("2026-01-02", "Kapital", (BANK, 700, 0), (CAPITAL, 0, 700), currency="EUR")
    assert trial("2026-01-31") == {BANK: (1_000, 0), CAPITAL: (0, 1_000)}
    assert trial("2026-01-31", "EUR") == {BANK: (700, 0), CAPITAL: (0, 700)}
    sheets = balance_sheet(DateRange(None, dt.date(2026, 1, 31)))["currencies"]
    assert [(part["currency"], int(part["total_assets"])) for part in sheets] == [("EUR", 700), ("USD", 1_000)]


def test_an_exchange_goes_through_an_account_of_each_currency():
    """100.00 dollars become 90.00 euros: balanced in both currencies, with a clearing account."""
    account("1900")
    post_entry(
        date=dt.date(2026, 1, 3),
        description="Exchange",
        lines=[
            Posting(BANK, debit=9_000, currency="EUR"),
            Posting("1900", credit=9_000, currency="EUR"),
            Posting("1900", debit=10_000, currency="USD"),
            Posting(BANK, credit=10_000, currency="USD"),
        ],
        actor=SYSTEM,
    )
    assert trial("2026-01-03", "EUR")[BANK] == (9_000, 0)
    assert trial("2026-01-03", "USD")[BANK] == (0, 10_000)
    assert Account.objects.get(code="1900").lines.count() == 2
