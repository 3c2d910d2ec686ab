"""Fiscal years: closing and reopening them, and what the reports make of it."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection
from django.utils.translation import override

from accounting.choices import EntryKind
from accounting.closing_models import YearClosing
from accounting.integrity_checks import registered_checks
from accounting.models import Account, Entry, MonthTotal
from accounting.services import close_period, close_year, create_period, reopen_year, seed_chart
from accounting.tests.factories import account, net, post
from accounting.tests.test_concurrency import in_threads
from accounting.tests.test_constraints import ENTRY, attack, ids, line  # noqa: F401 (a fixture)
from skeleton.audit.models import AuditEntry
from skeleton.company.services import seed_company
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import without_triggers

CHECK, STATE = "23514", "23000"


@pytest.fixture
def two_years(chart):
    """A result of 700 in 2024, of 250 USD and -40 EUR in 2025, and of 9 in 2026."""
    post("1200", "3100", 10_000, "2024-01-01")
    post("1200", "4000", 1_000, "2024-05-05")
    post("5300", "1200", 300, "2024-12-31")
    post("1200", "4000", 250, "2025-07-01")
    post("5300", "1200", 40, "2025-07-02", currency="EUR")
    post("1200", "4000", 9, "2026-01-01")


def close(client, year):
    return client.post(f"/accounting/years/{year}/close")


def reopen(client, year):
    return client.post(f"/accounting/years/{year}/reopen")


@pytest.mark.django_db
class TestClosing:
    def test_one_entry_per_currency_to_retained_earnings(self, owner, two_years):
        close(owner, 2024).ok()
        found = close(owner, 2025).ok()
        assert (found["year"], found["start_date"], found["end_date"]) == (2025, "2025-01-01", "2025-12-31")
        assert (found["status"], found["closed_by"]) == ("closed", str(owner.user.pk))
        assert found["results"] == [{"currency": "EUR", "net_income": -40}, {"currency": "USD", "net_income": 250}]
        euro, dollar = (owner.get(f"/transactions/{pk}").ok() for pk in found["transaction_ids"])
        assert (dollar["kind"], dollar["source_type"], dollar["date"]) == ("closing", "closing", "2025-12-31")
        with override("de"):
            assert Entry.objects.get(pk=dollar["id"]).shown_as == "Abschluss 2025"
        assert [(row["account_code"], row["debit"], row["credit"]) for row in dollar["lines"]] == [
            ("4000", 250, 0),
            ("3200", 0, 250),
        ]
        assert [(row["account_code"], row["debit"], row["credit"]) for row in euro["lines"]] == [
            ("5300", 0, 40),
            ("3200", 40, 0),
        ]
        assert (net("3200"), net("4000"), net("5300")) == (-950, -9, 0)
        assert list(registered_checks()["closed years leave no balance of income"]()) == []

    def test_all_its_days_are_closed(self, owner, two_years):
        close(owner, 2024).ok()
        body = {
            "date": "2024-06-01",
            "description": "Late",
            "lines": [{"account_id": "1200", "debit": 5}, {"account_id": "4000", "credit": 5}],
        }
        answer = owner.post("/transactions", body).refused(409)
        assert "year" in answer["message"]
        for day in ("2023-05-05", "2024-12-31"):
            owner.post("/transactions", {**body, "date": day}).refused(409)
        owner.post("/transactions", {**body, "date": "2025-01-01"}).ok(201)

    def test_in_order_and_once(self, owner, two_years):
        assert "2024" in close(owner, 2025).refused(409)["message"]
        close(owner, 2024).ok()
        assert close(owner, 2024).refused(409)["details"]["allowed"] == ["reopen"]
        close(owner, 2023).refused(409)
        close(owner, 2025).ok()
        assert "2025" in reopen(owner, 2024).refused(409)["message"]
        reopen(owner, 2025).ok()
        reopen(owner, 2024).ok()
        assert reopen(owner, 2024).refused(409)["details"]["allowed"] == ["close"]

    def test_a_year_without_movements_needs_no_entry(self, owner, chart):
        post("1200", "3100", 5, "2025-01-01")
        found = close(owner, 2025).ok()
        assert (found["status"], found["transaction_ids"]) == ("closed", [])
        assert reopen(owner, 2025).ok()["status"] == "open"

    def test_not_while_its_last_day_is_closed(self, owner, two_years):
        december = create_period(start_date=dt.date(2024, 12, 1), end_date=dt.date(2024, 12, 31), actor=SYSTEM)
        close_period(period_id=december, actor=SYSTEM)
        close(owner, 2024).refused(409)
        assert YearClosing.objects.count() == 0
        owner.post(f"/accounting/periods/{december}/reopen").ok()
        close(owner, 2024).ok()
        close_period(period_id=december, actor=SYSTEM)
        reopen(owner, 2024).refused(409)

    @pytest.mark.parametrize("year", ["1899", "2999", "20240", "abcd", "-024", "٢٠٢٤"])
    def test_years_that_are_none(self, owner, chart, year):
        close(owner, year).refused(404)
        reopen(owner, year).refused(404)

    def test_a_year_that_has_not_begun(self, owner, chart):
        close(owner, dt.datetime.now(dt.UTC).year + 1).refused(409)

    def test_accounts_that_are_inactive_are_cleared_too(self, owner, chart):
        post("5300", "1200", 40, "2025-03-03")
        Account.objects.filter(code="5300").update(is_active=False)
        close(owner, 2025).ok()
        assert (net("5300"), net("3200")) == (0, 40)
        reopen(owner, 2025).ok()
        assert (net("5300"), net("3200")) == (40, 0)

    def test_without_an_account_for_retained_earnings(self, owner, two_years, settings):
        settings.SKELETON_ACCOUNTS = {**settings.SKELETON_ACCOUNTS, "RETAINED_EARNINGS": "3999"}
        assert "3999" in close(owner, 2024).refused(409)["message"]
        account("3999", "asset")
        close(owner, 2024).refused(409)
        assert Entry.objects.filter(kind=EntryKind.CLOSING).count() == 0

    def test_what_was_reopened_can_be_closed_again(self, owner, two_years):
        close(owner, 2024).ok()
        reopen(owner, 2024).ok()
        assert (net("3200"), net("4000")) == (0, -1_259)
        post("1200", "4000", 1, "2024-08-08")
        close(owner, 2024).ok()
        assert net("3200") == -701
        assert set(Entry.objects.filter(kind=EntryKind.CLOSING).values_list("date", flat=True)) == {
            dt.date(2024, 12, 31)
        }

    def test_the_audit_log_names_who_did_it(self, owner, two_years):
        close(owner, 2024).ok()
        reopen(owner, 2024).ok()
        closing = YearClosing.objects.get()
        made, undone = AuditEntry.objects.filter(resource_id=closing.pk).order_by("id")
        assert (made.action, undone.action, undone.actor_id) == ("close", "reopen", owner.user.pk)

    def test_the_list_of_years(self, owner, two_years):
        close(owner, 2024).ok()
        found = owner.get("/accounting/years").ok()["data"]
        years = {row["year"]: row for row in found}
        assert [row["year"] for row in found] == sorted(years, reverse=True)
        assert (years[2024]["status"], years[2025]["status"]) == ("closed", "open")
        assert years[2024]["results"] == [{"currency": "USD", "net_income": 700}]
        owner.get("/accounting/years", page="1").refused(400)


@pytest.mark.django_db
class TestReports:
    def test_the_income_statement_does_not_see_the_closing(self, owner, two_years):
        asked = {"from_date": "2024-01-01", "to_date": "2024-12-31"}
        before = owner.get("/reports/income-statement", **asked).ok()
        close(owner, 2024).ok()
        assert owner.get("/reports/income-statement", **asked).ok() == before
        assert owner.get("/reports/income-statement", as_of="2024-12-31").ok()["currencies"] == before["currencies"]
        reopen(owner, 2024).ok()
        assert owner.get("/reports/income-statement", **asked).ok() == before

    def test_the_balance_sheet_shows_retained_earnings_apart(self, owner, two_years):
        days = ("2024-12-31", "2025-06-30", "2025-12-31", "2026-01-31")

        def sheets():
            return [owner.get("/reports/balance-sheet", as_of=day).ok()["currencies"] for day in days]

        before = sheets()
        shown = [(part["retained_earnings"], part["net_income"]) for found in before for part in found[-1:]]
        assert shown == [(0, 700), (700, 0), (700, 250), (950, 9)]
        assert all(part["total_assets"] == part["total_liabilities_and_equity"] for found in before for part in found)
        equity = [(row["code"], row["balance"]) for row in before[-1][-1]["equity"]]
        assert equity == [("3100", 10_000), ("3200", 950)]
        close(owner, 2024).ok()
        close(owner, 2025).ok()
        assert sheets() == before

    def test_its_change_within_a_year_is_that_years_result(self, owner, two_years):
        asked = {"from_date": "2025-01-01", "to_date": "2025-12-31"}
        before = owner.get("/reports/balance-sheet", **asked).ok()
        close(owner, 2024).ok()
        close(owner, 2025).ok()
        assert owner.get("/reports/balance-sheet", **asked).ok() == before
        assert [part["net_income"] for part in before["currencies"]] == [-40, 250]
        assert [part["retained_earnings"] for part in before["currencies"]] == [0, 0]

    def test_the_trial_balance_of_a_new_year_begins_without_income(self, owner, two_years):
        close(owner, 2024).ok()
        found = owner.get("/reports/trial-balance", from_date="2025-01-01", to_date="2025-01-31").ok()
        (dollar,) = found["currencies"]
        opening = {row["code"]: row["opening"]["debit"] - row["opening"]["credit"] for row in dollar["accounts"]}
        assert opening == {"1200": 10_700, "3100": -10_000, "3200": -700}


@pytest.mark.django_db
class TestFirstMonth:
    """Closed years keep their first month."""

    def test_it_is_kept_while_years_are_closed(self, owner, two_years):
        close(owner, 2024).ok()
        close(owner, 2025).ok()
        refused = owner.patch("/company", {"fiscal_year_start": 4}).refused(409, "fiscal_year_start")
        assert refused["message"] == (
            "Fiscal years are closed and keep their first month: 2025, 2024. Reopen them first, in this order."
        )
        owner.patch("/company", {"fiscal_year_start": 1, "trade_name": "Acme"}).ok()
        reopen(owner, 2025).ok()
        owner.patch("/company", {"fiscal_year_start": 4}).refused(409, "fiscal_year_start")
        reopen(owner, 2024).ok()
        owner.patch("/company", {"fiscal_year_start": 4}).ok()
        assert close(owner, 2023).ok()["end_date"] == "2024-03-31"

    def test_nobody_changes_it_past_the_application(self, owner, two_years):
        seed_company()
        close(owner, 2024).ok()
        rule = "accounting_company_fiscal_year"
        assert attack("UPDATE company_company SET fiscal_year_start = 4") == (STATE, rule)

    def test_a_year_that_begins_in_another_month_is_not_closed(self, owner, two_years):
        owner.patch("/company", {"fiscal_year_start": 4}).ok()
        assert attack(TestAttacks.CLOSING, closing=uuid7()) == (STATE, "accounting_year_closing_month")

    def test_a_month_that_was_changed_before_this_rule_can_be_changed_back(self, owner, two_years):
        close(owner, 2024).ok()
        seed_company()
        with without_triggers() as cursor:
            cursor.execute("UPDATE company_company SET fiscal_year_start = 4")
        owner.patch("/company", {"fiscal_year_start": 5}).refused(409, "fiscal_year_start")
        owner.patch("/company", {"fiscal_year_start": 1}).ok()


@pytest.mark.django_db
class TestAttacks:
    CLOSING = """
        INSERT INTO accounting_year_closing (id, created_at, updated_at, year, start_date, end_date)
        VALUES (%(closing)s, now(), now(), 2025, '2025-01-01', '2025-12-31')
    """
    ENTRY = """
        INSERT INTO accounting_entry (id, date, kind, description, source_type, source_id, purpose, created_at)
        VALUES (%(entry)s, '2025-12-31', 'closing', 'Raw', 'closing', %(closing)s, 'USD', now())
    """

    @pytest.fixture
    def raw(self, ids):  # noqa: F811
        post("1200", "4000", 100, "2025-05-05")
        ids["earnings"] = Account.objects.get(code="3200").pk
        return {**ids, "closing": uuid7()}

    def lines(self, amount=100, *, to="earnings"):
        day = {"date": "2025-12-31"}
        return line(1, amount, on="revenue", **day), line(2, 0, amount, on=to, **day)

    def test_the_honest_way_works(self, raw):
        with connection.cursor() as cursor:
            for sql in (self.ENTRY, *self.lines(), self.CLOSING):
                cursor.execute(sql, raw)
        connection.check_constraints()

    @pytest.mark.parametrize("amount, to", [(99, "earnings"), (101, "earnings")])
    def test_a_closing_that_leaves_something(self, raw, amount, to):
        refusal = attack(self.ENTRY, *self.lines(amount, to=to), self.CLOSING, **raw)
        assert refusal == (STATE, "accounting_year_closing_clears")

    def test_a_closing_without_its_entry_or_the_entry_without_it(self, raw):
        assert attack(self.CLOSING, **raw) == (STATE, "accounting_year_closing_clears")
        assert attack(self.ENTRY, *self.lines(), **raw) == (STATE, "accounting_year_closing_in_books")

    def test_a_closing_moves_nothing_but_the_result(self, raw):
        refusal = attack(self.ENTRY, *self.lines(to="bank"), self.CLOSING, **raw)
        assert refusal == (STATE, "accounting_year_closing_in_books")

    @pytest.mark.parametrize(
        "kind, source", [("closing", "manual"), ("opening", "manual"), ("ordinary", "closing"), ("ordinary", "opening")]
    )
    def test_kinds_that_do_not_fit(self, raw, kind, source):
        named = "NULL" if source == "manual" else "%(closing)s"
        sql = self.ENTRY.replace("'closing', 'Raw', 'closing', %(closing)s", f"'{kind}', 'Raw', '{source}', {named}")
        assert attack(sql, **raw) == (CHECK, "accounting_entry_kind_fits")

    @pytest.mark.parametrize(
        "year, first, last, rule",
        [
            (2025, "2025-01-01", "2026-01-31", "accounting_year_closing_months"),
            (2025, "2025-01-02", "2026-01-01", "accounting_year_closing_months"),
            (2024, "2025-01-01", "2025-12-31", "accounting_year_closing_months"),
            (2026, "2026-01-01", "2026-12-31", "accounting_year_closing_earlier_open"),
        ],
    )
    def test_years_of_another_shape(self, raw, year, first, last, rule):
        sql = f"""INSERT INTO accounting_year_closing (id, created_at, updated_at, year, start_date, end_date)
                  VALUES (%(closing)s, now(), now(), {year}, '{first}', '{last}')"""
        assert attack(sql, **raw)[1] == rule

    def test_once_closed(self, raw):
        close_year(year=2025, actor=SYSTEM)
        connection.check_constraints()
        raw["other"] = YearClosing.objects.get().pk
        days = "UPDATE accounting_year_closing SET {} WHERE id = %(other)s"
        assert attack(self.CLOSING, **raw)[1] == "accounting_year_closing_day_open"
        for change in ("end_date = '2026-12-31'", "created_at = now()", "year = 2024"):
            assert attack(days.format(change), **raw)[1] == "accounting_year_closing_append_only"
        assert attack(days.format("reopened_at = now()"), **raw)[1] == "accounting_year_closing_in_books"
        assert attack("DELETE FROM accounting_year_closing", **raw)[1] == "accounting_year_closing_append_only"
        assert attack("TRUNCATE accounting_year_closing", **raw)[1] == "accounting_year_closing_append_only"
        assert attack(ENTRY.replace("2026-03-15", "2025-03-15"), **raw) == (STATE, "accounting_entry_year_open")

    def test_its_entry_is_not_reversed_by_hand(self, owner, raw):
        close_year(year=2025, actor=SYSTEM)
        raw["made"] = Entry.objects.get(kind=EntryKind.CLOSING).pk
        owner.post(f"/transactions/{raw['made']}/reverse").refused(409)
        mirror = """
            INSERT INTO accounting_entry (id, date, description, source_type, source_id, reverses_id, purpose,
                                          created_at)
            VALUES (%(entry)s, '2026-01-01', 'Raw', 'reversal', %(made)s, %(made)s, '', now())
        """
        day = {"date": "2026-01-01"}
        lines = (line(1, 100, on="earnings", **day), line(2, 0, 100, on="revenue", **day))
        assert attack(mirror, *lines, **raw) == (STATE, "accounting_year_closing_in_books")

    def test_a_reopened_one_stays_reopened(self, raw):
        close_year(year=2025, actor=SYSTEM)
        reopen_year(year=2025, actor=SYSTEM)
        sql = "UPDATE accounting_year_closing SET reopened_at = NULL"
        assert attack(sql, **raw)[1] == "accounting_year_closing_append_only"


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_32_writers_against_a_closing(self):
        """Each posting is either in the closed result, or refused."""
        seed_chart()
        post("1200", "4000", 1_000, "2025-01-01")
        refused = []

        def poster():
            for _ in range(5):
                try:
                    post("1200", "4000", 1, "2025-06-06")
                except IntegrityError as exc:
                    refused.append(database_error(exc).diag.constraint_name)

        def closer():
            threading.Event().wait(0.05)
            close_year(year=2025, actor=SYSTEM)

        outcomes = in_threads(*[poster] * 31, closer)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        posted = Entry.objects.filter(kind=EntryKind.ORDINARY).count() - 1
        assert posted + len(refused) == 31 * 5
        assert set(refused) <= {"accounting_entry_year_open"}
        assert (net("4000"), net("3200")) == (0, -1_000 - posted)
        assert sum(int(row.debit - row.credit) for row in MonthTotal.objects.filter(account__code="4000")) == 0

    def test_one_of_many_closings_wins(self):
        seed_chart()
        post("1200", "4000", 5, "2025-01-01")
        outcomes = in_threads(*[lambda: close_year(year=2025, actor=SYSTEM)] * 8)
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
        assert YearClosing.objects.count() == 1
        outcomes = in_threads(*[lambda: reopen_year(year=2025, actor=SYSTEM)] * 8)
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
        assert (net("4000"), net("3200")) == (-5, 0)

    def test_a_first_sub_account_against_a_first_posting(self):
        """An account never gets both."""
        seed_chart()
        for number in range(8):
            code = f"19{number}0"
            account(code)
            outcomes = in_threads(
                lambda code=code: post(code, "4000", 1),
                lambda code=code, number=number: account(f"19{number}1", parent=code),
            )
            failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            assert len(failed) == 1, outcomes
            assert bool(net(code)) != Account.objects.filter(parent__code=code).exists()
