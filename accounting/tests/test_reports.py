"""Reports and ledgers over the API, as JSON and as CSV."""

import csv
import datetime as dt
import io

import pytest

from accounting import tables
from accounting.models import Account, Line
from accounting.reports import DateRange, turnovers
from accounting.tests.factories import account, legacy_dates, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chart")]

BIGGEST = 2**63 - 1
COLUMNS = ["opening_debit", "opening_credit", "movement_debit", "movement_credit", "closing_debit", "closing_credit"]
DAYS = ["2025-11-30", "2025-12-01", "2025-12-31", "2026-01-01", "2026-01-15", "2026-01-16", "2026-02-28", "2026-03-01"]


@pytest.fixture
def busy():
    """Postings on days around the start and end of months."""
    for number, day in enumerate(DAYS):
        post("1200", "4000", 10**number, day)
        post("5300", "1200", 3 * 10**number, day, currency="EUR")


def by_lines(first, last):
    """Return the expected report, computed from the lines only."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for line in Line.objects.filter(date__gte=first or dt.date.min, date__lte=last).select_related("account"):
        debit, credit = sums.get((line.account.code, line.currency), (0, 0))
        sums[line.account.code, line.currency] = (debit + line.debit, credit + line.credit)
    return sums


def rows_of(answer):
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("today", ["2026-01-10", "2026-06-15"])
def test_every_span_agrees_with_the_lines(busy, time_machine, today):
    time_machine.move_to(f"{today}T12:00:00Z", tick=False)
    days = [dt.date.fromisoformat(day) + dt.timedelta(days=step) for day in DAYS for step in (-1, 0, 1, 9)]
    for last in days:
        for first in [None, *(day for day in days[::5] if day <= last)]:
            found = {(t.code, t.currency): (int(t.debit), int(t.credit)) for t in turnovers(DateRange(first, last))}
            assert found == by_lines(first, last), (first, last)


def test_any_day_can_be_asked_for(owner, busy):
    for day in ("0001-01-01", "1899-12-31", "2999-12-31", "9999-12-31"):
        for report in ("trial-balance", "balance-sheet", "income-statement"):
            owner.get(f"/reports/{report}", as_of=day).ok()
            owner.get(f"/reports/{report}", from_date=day).ok()
            owner.get(f"/reports/{report}", to_date=day).ok()
    assert owner.get("/reports/trial-balance", as_of="1899-12-31").ok()["currencies"] == []
    assert owner.get("/reports/trial-balance", as_of="9999-12-31").ok()["currencies"][1]["total_debit"] == 11111111
    post("1200", "4000", 5, "1900-01-01")
    with legacy_dates():
        post("1200", "4000", 5, "2999-12-31")
    assert owner.get("/reports/trial-balance", as_of="1899-12-31").ok()["currencies"] == []
    later = owner.get("/reports/trial-balance", from_date="3000-01-01").ok()["currencies"][1]
    assert (later["total_debit"], later["total_opening"]["debit"]) == (0, 11111121)
    both = owner.get("/reports/trial-balance", from_date="0001-01-01", to_date="9999-12-31").ok()["currencies"][1]
    assert both["total_debit"] == 11111121


@pytest.mark.parametrize(
    "query, field",
    [
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-02-30"}, "as_of"),
        ({"from_date": "1.1.2026"}, "from_date"),
        ({"to_date": "x"}, "to_date"),
        ({"as_of": "2026-01-01", "to_date": "2026-01-01"}, "as_of"),
        ({"from_date": "2026-01-02", "to_date": "2026-01-01"}, "from_date"),
        ({"format": "pdf"}, "format"),
        ({"page": "1"}, "page"),
    ],
)
def test_bad_questions_are_refused(owner, query, field):
    for report in ("trial-balance", "balance-sheet", "income-statement"):
        owner.get(f"/reports/{report}", **query).refused(400, field)


def test_a_trial_balance_in_both_forms(owner, busy):
    report = owner.get("/reports/trial-balance", as_of="2025-12-31").ok()
    assert (report["as_of"], report["from_date"], report["to_date"]) == ("2025-12-31", None, None)
    euro, dollar = report["currencies"]
    assert [(row["code"], row["debit"], row["credit"]) for row in dollar["accounts"]] == [
        ("1200", 111, 0),
        ("4000", 0, 111),
    ]
    assert (euro["total_debit"], euro["total_credit"]) == (333, 333)
    assert rows_of(owner.get("/reports/trial-balance", as_of="2025-12-31", format="csv")) == [
        ["currency", "code", "name", "type", "debit", "credit", *COLUMNS],
        ["EUR", "1200", "Bank", "asset", "0.00", "3.33", "0.00", "0.00", "0.00", "3.33", "0.00", "3.33"],
        ["EUR", "5300", "Rent", "expense", "3.33", "0.00", "0.00", "0.00", "3.33", "0.00", "3.33", "0.00"],
        ["EUR", "", "Total", "", "3.33", "3.33", "0.00", "0.00", "3.33", "3.33", "3.33", "3.33"],
        ["USD", "1200", "Bank", "asset", "1.11", "0.00", "0.00", "0.00", "1.11", "0.00", "1.11", "0.00"],
        ["USD", "4000", "Revenue", "revenue", "0.00", "1.11", "0.00", "0.00", "0.00", "1.11", "0.00", "1.11"],
        ["USD", "", "Total", "", "1.11", "1.11", "0.00", "0.00", "1.11", "1.11", "1.11", "1.11"],
    ]


def test_a_period_without_movements_still_has_its_balances(owner, busy):
    euro, dollar = owner.get("/reports/trial-balance", from_date="2026-04-01", to_date="2026-04-30").ok()["currencies"]
    assert (dollar["total_debit"], dollar["total_movement"]) == (0, {"debit": 0, "credit": 0})
    bank, revenue = dollar["accounts"]
    assert bank["opening"] == bank["closing"] == {"debit": 11111111, "credit": 0}
    assert revenue["opening"] == revenue["closing"] == {"debit": 0, "credit": 11111111}
    assert euro["total_opening"] == euro["total_closing"]


def test_opening_movement_and_closing_of_a_period(owner, busy):
    _euro, dollar = owner.get("/reports/trial-balance", from_date="2026-01-01", to_date="2026-01-31").ok()["currencies"]
    bank = dollar["accounts"][0]
    assert (bank["opening"]["debit"], bank["movement"]["debit"], bank["closing"]["debit"]) == (111, 111000, 111111)
    assert (bank["debit"], bank["credit"]) == (111000, 0)
    for name in ("total_opening", "total_movement", "total_closing"):
        assert dollar[name]["debit"] == dollar[name]["credit"]


def test_a_balance_sheet_in_both_forms(owner):
    post("1200", "3100", 5_000, "2026-01-02")
    post("1200", "4000", 2_500, "2026-01-03")
    (part,) = owner.get("/reports/balance-sheet", as_of="2026-01-03").ok()["currencies"]
    assert (part["total_assets"], part["net_income"], part["total_liabilities_and_equity"]) == (7_500, 2_500, 7_500)
    assert part["assets"][0]["account_id"] == str(Account.objects.get(code="1200").pk)
    rows = rows_of(owner.get("/reports/balance-sheet", as_of="2026-01-03", format="csv"))
    assert ["USD", "equity", "", "Net income", "25.00"] in rows
    assert rows[-1] == ["USD", "equity", "", "Total liabilities and equity", "75.00"]


def test_an_income_statement_in_both_forms(owner):
    post("1200", "4000", 2_500, "2026-01-03")
    post("5300", "1200", 3_000, "2026-01-04")
    (part,) = owner.get("/reports/income-statement", from_date="2026-01-01", to_date="2026-01-31").ok()["currencies"]
    assert (part["total_revenue"], part["total_expenses"], part["net_income"]) == (2_500, 3_000, -500)
    answer = owner.get("/reports/income-statement", from_date="2026-01-01", to_date="2026-01-31", format="csv")
    assert rows_of(answer)[-1] == ["USD", "expenses", "", "Net income", "-5.00"]


def test_income_is_this_years_unless_asked(owner):
    today = dt.datetime.now(dt.UTC).date()
    post("1200", "4000", 100, f"{today.year - 1}-12-31")
    post("1200", "4000", 7, f"{today.year}-01-01")
    report = owner.get("/reports/income-statement").ok()
    assert (report["from_date"], report["to_date"]) == (f"{today.year}-01-01", str(today))
    assert report["currencies"][0]["net_income"] == 7


def test_sums_that_outgrow_int64_are_read_all_the_same(owner):
    post("1200", "4000", BIGGEST, "2026-01-01")
    post("1300", "3100", BIGGEST, "2026-01-01")
    (part,) = owner.get("/reports/trial-balance", as_of="2026-01-01").ok()["currencies"]
    assert part["total_debit"] == part["total_credit"] == 2 * BIGGEST
    (part,) = owner.get("/reports/balance-sheet", as_of="2026-01-01").ok()["currencies"]
    assert part["total_assets"] == 2 * BIGGEST


class TestLedger:
    @pytest.fixture
    def bank(self, busy):
        return f"/accounts/{Account.objects.get(code='1200').pk}/ledger"

    def walk(self, client, path, **query):
        found, cursor = [], ""
        while cursor is not None:
            page = client.get(path, cursor=cursor, limit=3, **query).ok()
            found += page["items"]
            cursor = page["next_cursor"]
        return found

    def test_running_balances_forwards_and_backwards(self, owner, bank):
        newest = self.walk(owner, bank)
        oldest = self.walk(owner, bank, sort_order="asc")
        assert newest == oldest[::-1]
        running = {"USD": 0, "EUR": 0}
        for item in oldest:
            running[item["currency"]] += item["debit"] - item["credit"]
            assert item["balance"] == running[item["currency"]]
        assert running == {"USD": 11111111, "EUR": -33333333}
        assert [item["date"] for item in oldest if item["currency"] == "USD"] == DAYS

    def test_days_narrow_the_lines_and_not_the_balance(self, owner, bank):
        for order in ("asc", "desc"):
            found = self.walk(owner, bank, from_date="2026-01-15", to_date="2026-01-16", sort_order=order)
            dollars = sorted(item["balance"] for item in found if item["currency"] == "USD")
            assert dollars == [11111, 111111]

    def test_credit_accounts_are_positive_too(self, owner, busy):
        revenue = Account.objects.get(code="4000").pk
        assert owner.get(f"/accounts/{revenue}/ledger", limit=1).ok()["items"][0]["balance"] == 11111111

    def test_as_csv_it_is_whole_and_oldest_first(self, owner, bank):
        rows = rows_of(owner.get(bank, format="csv", limit=1, to_date="2025-12-01"))
        assert rows[0] == [
            "date",
            "description",
            "line_description",
            "reference",
            "currency",
            "debit",
            "credit",
            "balance",
        ]
        assert [row[0] for row in rows[1:]] == ["2025-11-30"] * 2 + ["2025-12-01"] * 2
        assert [row[4:] for row in rows[1:] if row[4] == "USD"] == [
            ["USD", "0.01", "0.00", "0.01"],
            ["USD", "0.10", "0.00", "0.11"],
        ]

    def test_an_empty_one_and_none_at_all(self, owner):
        till = account("1010")
        assert owner.get(f"/accounts/{till.pk}/ledger").ok()["items"] == []
        owner.get("/accounts/01972b15-8000-7000-8000-000000000001/ledger").refused(404)
        owner.get("/accounts/1010/ledger").refused(404)
        for bad in ({"page": "1"}, {"cursor": "x"}, {"from_date": "x"}, {"format": "x"}, {"sort_by": "date"}):
            owner.get(f"/accounts/{till.pk}/ledger", **bad).refused(400, *bad)


def test_a_name_is_never_a_formula():
    rows = [["=1+1", "-5", "+4", "@x", "Bank", None, tables.amount(-5, "USD")]]
    assert list(tables.csv_lines(rows)) == ["'=1+1,'-5,'+4,'@x,Bank,,-0.05\r\n"]


def test_amounts_have_the_decimals_of_their_currency():
    assert [str(tables.amount(-155000, name)) for name in ("USD", "JPY", "BHD")] == ["-1550.00", "-155000", "-155.000"]
