"""Accounts, transactions and periods over the API, with the examples of the API reference as printed."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test.utils import override_settings

from accounting.models import Account
from accounting.tests.factories import account, post
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

BIGGEST = 2**63 - 1


def transaction(*lines, **fields):
    """Return a body for POST /transactions. A line is (account, debit, credit)."""
    return {
        "description": "A test transaction",
        "lines": [
            {"account_id": str(name), **({"debit": debit} if debit else {"credit": credit})}
            for name, debit, credit in lines
        ],
        **fields,
    }


def codes(answer):
    return [item["code"] for item in answer.ok()["items"]]


class TestTheUsersDocument:
    def test_create_account_and_record_transaction_as_printed(self, owner, chart):
        parent = Account.objects.get(code="1000")
        cash = {"code": "1010", "name": "Cash", "type": "asset", "parent_id": str(parent.pk)}
        made = owner.post("/accounts", cash).ok(201)
        assert made["code"] == "1010"
        assert made["parent_id"] == str(parent.pk)
        assert made["balance"] == 0
        recorded = owner.post(
            "/transactions",
            {
                "description": "Invoice payment",
                "lines": [{"account_id": "1010", "debit": 10000}, {"account_id": "4000", "credit": 10000}],
            },
        ).ok(201)
        assert [(line["account_code"], line["debit"], line["credit"]) for line in recorded["lines"]] == [
            ("1010", 10000, 0),
            ("4000", 0, 10000),
        ]
        assert recorded["source_type"] == "manual"
        assert owner.get(f"/accounts/{made['id']}").ok()["balance"] == 10000

    def test_list_accounts_as_printed(self, owner, chart):
        page = owner.get("/accounts", type="asset", page=1, limit=20).ok()
        assert [item["code"] for item in page["items"]] == ["1000", "1100", "1200", "1300"]
        assert (page["total"], page["page"], page["limit"], page["has_more"]) == (4, 1, 20, False)


class TestSeed:
    def test_the_chart_leaves_1010_free_and_runs_twice(self, chart):
        before = Account.objects.count()
        assert not Account.objects.filter(code="1010").exists()
        call_command("seed_accounts", verbosity=0)
        assert Account.objects.count() == before

    def test_it_never_overwrites_what_staff_edited(self, owner, chart):
        rent = Account.objects.get(code="5300")
        owner.put(f"/accounts/{rent.pk}", {"name": "Our rent", "is_active": False}).ok()
        call_command("seed_accounts", verbosity=0)
        rent.refresh_from_db()
        assert (rent.name, rent.is_active) == ("Our rent", False)

    def test_roles_take_their_codes_from_the_settings(self, db):
        with override_settings(SKELETON_ACCOUNTS={**settings.SKELETON_ACCOUNTS, "BANK": "1810"}):
            call_command("seed_accounts", verbosity=0)
        assert Account.objects.get(code="1810").name == "Bank"


class TestAccounts:
    def test_a_taken_code_is_a_conflict(self, owner, chart):
        body = {"code": "1200", "name": "Another bank", "type": "asset"}
        owner.post("/accounts", body).refused(409, "code")

    def test_the_parent_may_be_named_by_its_code(self, owner, chart):
        made = owner.post("/accounts", {"code": "1210", "name": "Till", "type": "asset", "parent_id": "1000"}).ok(201)
        assert made["parent_id"] == str(Account.objects.get(code="1000").pk)

    @pytest.mark.parametrize(
        "change, field",
        [
            ({"code": None}, "code"),
            ({"code": ""}, "code"),
            ({"code": 1010}, "code"),
            ({"code": "10 10"}, "code"),
            ({"code": "x" * 21}, "code"),
            ({"name": None}, "name"),
            ({"name": " "}, "name"),
            ({"name": "x" * 256}, "name"),
            ({"type": "cash"}, "type"),
            ({"type": None}, "type"),
            ({"type": ["asset"]}, "type"),
            ({"parent_id": "9999"}, "parent_id"),
            ({"parent_id": 7}, "parent_id"),
            ({"parent_id": "01972b15-8000-7000-8000-000000000001"}, "parent_id"),
            ({"parent_id": "2000"}, "parent_id"),
            ({"currency": "XYZ"}, "currency"),
            ({"currency": "usd"}, "currency"),
            ({"is_active": "yes"}, "is_active"),
            ({"is_active": None}, "is_active"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_bad_input_names_its_field(self, owner, chart, change, field):
        body = {"code": "1010", "name": "Cash", "type": "asset", **change}
        owner.post("/accounts", body).refused(422, field)

    def test_what_is_missing_is_named(self, owner):
        owner.post("/accounts", {}).refused(422, "code", "name", "type")

    def test_changes_are_partial_and_null_clears(self, owner, chart):
        made = owner.post(
            "/accounts", {"code": "1010", "name": "Cash", "type": "asset", "parent_id": "1000", "currency": "EUR"}
        ).ok(201)
        path = f"/accounts/{made['id']}"
        renamed = owner.patch(path, {"name": "Till"}).ok()
        assert (renamed["name"], renamed["currency"], renamed["parent_id"]) == ("Till", "EUR", made["parent_id"])
        cleared = owner.put(path, {"parent_id": None, "currency": None}).ok()
        assert (cleared["parent_id"], cleared["currency"]) == (None, None)
        owner.put(path, {"name": None}).refused(422, "name")
        assert owner.put(path, {}).ok()["name"] == "Till"
        assert owner.put(path, {**cleared, "code": "7777"}).ok()["code"] == "1010"

    def test_an_account_cannot_go_below_itself(self, owner, chart):
        account("1210", parent="1000")
        grandchild = account("1211", parent="1210")
        top = Account.objects.get(code="1000")
        owner.put(f"/accounts/{top.pk}", {"parent_id": str(top.pk)}).refused(422, "parent_id")
        owner.put(f"/accounts/{top.pk}", {"parent_id": str(grandchild.pk)}).refused(422, "parent_id")

    def test_type_and_currency_are_free_until_the_first_posting(self, owner, chart):
        suspense = account("1900")
        path = f"/accounts/{suspense.pk}"
        assert owner.put(path, {"type": "liability", "currency": "USD"}).ok()["type"] == "liability"
        post("1900", "4000", 500)
        owner.put(path, {"type": "asset"}).refused(409)
        owner.put(path, {"currency": None}).refused(409)
        owner.put(path, {"type": "liability", "currency": "USD", "name": "Same"}).ok()

    def test_the_type_follows_the_parent(self, owner, chart):
        child = account("1210", parent="1000")
        owner.put(f"/accounts/{child.pk}", {"type": "liability"}).refused(422, "parent_id")
        moved = owner.put(f"/accounts/{child.pk}", {"type": "liability", "parent_id": "2000"}).ok()
        assert moved["type"] == "liability"
        top = Account.objects.get(code="1000")
        owner.put(f"/accounts/{top.pk}", {"type": "liability"}).refused(409, "type")

    def test_balances_are_positive_on_the_normal_side(self, owner, chart):
        post("1200", "3100", 900)
        post("5300", "1200", 100)
        post("1200", "4000", 50)
        assert {item["code"]: item["balance"] for item in owner.get("/accounts").ok()["items"] if item["balance"]} == {
            "1200": 850,
            "3100": 900,
            "4000": 50,
            "5300": 100,
        }

    def test_balances_stand_apart_per_currency(self, owner, chart):
        post("1200", "4000", 700)
        post("4000", "1200", 30, currency="EUR")
        bank = owner.get(f"/accounts/{Account.objects.get(code='1200').pk}").ok()
        assert bank["balance"] == 700
        assert bank["balances"] == [{"currency": "EUR", "balance": -30}, {"currency": "USD", "balance": 700}]
        till = account("1010", currency="EUR")
        post("1010", "4000", 5, currency="EUR")
        assert owner.get(f"/accounts/{till.pk}").ok()["balance"] == 5

    def test_filters_and_orders(self, owner, chart):
        assert codes(owner.get("/accounts", search="RECEIV")) == ["1300"]
        assert codes(owner.get("/accounts", search="54")) == ["5400"]
        assert codes(owner.get("/accounts", parent_id=str(Account.objects.get(code="2100").parent_id))) == [
            "2100",
            "2200",
            "2300",
        ]
        assert codes(owner.get("/accounts", is_active="false")) == []
        assert codes(owner.get("/accounts", sort_by="name", limit=2)) == ["2100", "1300"]
        assert codes(owner.get("/accounts", sort_order="desc", limit=1)) == ["5500"]
        for bad in ({"type": "x"}, {"is_active": "1"}, {"parent_id": "1000"}, {"sort_by": "type"}, {"colour": "red"}):
            owner.get("/accounts", **bad).refused(400, *bad)

    def test_the_cursor_walks_in_the_order_of_codes(self, owner, chart):
        seen, cursor = [], ""
        while cursor is not None:
            page = owner.get("/accounts", cursor=cursor, limit=4).ok()
            seen += [item["code"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == sorted(seen)
        assert len(seen) == Account.objects.count()

    def test_unknown_ids_are_not_found(self, owner):
        owner.get("/accounts/1200").refused(404)
        owner.put("/accounts/01972b15-8000-7000-8000-000000000001", {}).refused(404)


class TestTransactions:
    def test_everything_may_be_given(self, owner, chart):
        bank = Account.objects.get(code="1200")
        body = {
            "date": "2026-02-03",
            "description": "Opening",
            "reference": "OB-1",
            "currency": "EUR",
            "lines": [
                {"account_id": str(bank.pk), "debit": 100, "credit": 0, "description": "in"},
                {"account_id": "3100", "credit": 100, "debit": None},
                {"account_id": "1200", "debit": 7, "currency": "JPY"},
                {"account_id": "3100", "credit": 7, "currency": "JPY"},
            ],
        }
        made = owner.post("/transactions", body).ok(201)
        assert (made["date"], made["reference"], made["created_by"]) == ("2026-02-03", "OB-1", str(owner.user.pk))
        assert [line["currency"] for line in made["lines"]] == ["EUR", "EUR", "JPY", "JPY"]
        assert made["lines"][0]["description"] == "in"
        assert owner.get(f"/transactions/{made['id']}").ok() == made
        assert owner.get("/transactions").ok()["items"] == [made]

    def test_an_unbalanced_one_shows_both_sums(self, owner, chart):
        error = owner.post("/transactions", transaction(("1200", 100, 0), ("4000", 0, 90))).refused(422)
        assert error["details"] == {"currency": "USD", "debit": 100, "credit": 90}

    def test_currencies_do_not_balance_each_other(self, owner, chart):
        body = transaction(("1200", 100, 0), ("4000", 0, 100))
        body["lines"][0]["currency"] = "EUR"
        assert owner.post("/transactions", body).refused(422)["details"]["currency"] == "EUR"

    @pytest.mark.parametrize(
        "change, field",
        [
            ({"description": None}, "description"),
            ({"description": ""}, "description"),
            ({"description": 5}, "description"),
            ({"description": "x" * 501}, "description"),
            ({"date": "2026-02-30"}, "date"),
            ({"date": "03.02.2026"}, "date"),
            ({"date": 20260203}, "date"),
            ({"date": "1899-12-31"}, "date"),
            ({"date": "2999-12-31"}, "date"),
            ({"date": "3000-01-01"}, "date"),
            ({"date": "9999-12-31"}, "date"),
            ({"date": "0001-01-01"}, "date"),
            ({"reference": 1}, "reference"),
            ({"reference": "x" * 101}, "reference"),
            ({"currency": "AAA"}, "currency"),
            ({"lines": None}, "lines"),
            ({"lines": {}}, "lines"),
            ({"lines": []}, "lines"),
            ({"lines": [{"account_id": "1200", "debit": 5}]}, "lines"),
            ({"lines": [5, 6]}, "lines.0"),
            ({"memo": "x"}, "memo"),
        ],
    )
    def test_bad_input_names_its_field(self, owner, chart, change, field):
        body = {**transaction(("1200", 100, 0), ("4000", 0, 100)), **change}
        error = owner.post("/transactions", body).refused(422)
        assert field in error["details"]

    @pytest.mark.parametrize(
        "change, field",
        [
            ({"account_id": None}, "account_id"),
            ({"account_id": ""}, "account_id"),
            ({"account_id": 1200}, "account_id"),
            ({"account_id": "9999"}, "account_id"),
            ({"account_id": "01972b15-8000-7000-8000-000000000001"}, "account_id"),
            ({"debit": 0}, "debit"),
            ({"debit": None}, "debit"),
            ({"debit": -5}, "debit"),
            ({"debit": 1.5}, "debit"),
            ({"debit": 100.0}, "debit"),
            ({"debit": "100"}, "debit"),
            ({"debit": True}, "debit"),
            ({"debit": 2**63}, "debit"),
            ({"debit": 10**30}, "debit"),
            ({"credit": 100}, "debit"),
            ({"credit": -1}, "credit"),
            ({"currency": "Euro"}, "currency"),
            ({"description": "x" * 501}, "description"),
            ({"tax": 5}, "tax"),
        ],
    )
    def test_a_bad_line_is_named(self, owner, chart, change, field):
        body = transaction(("1200", 100, 0), ("4000", 0, 100))
        body["lines"][0] |= change
        owner.post("/transactions", body).refused(422, f"lines.0.{field}")

    def test_inactive_accounts_and_foreign_currencies_are_refused(self, owner, chart):
        account("1010", currency="EUR")
        owner.post("/transactions", transaction(("1010", 5, 0), ("4000", 0, 5))).refused(422, "lines.0.currency")
        till = account("1020")
        owner.put(f"/accounts/{till.pk}", {"is_active": False}).ok()
        owner.post("/transactions", transaction(("4000", 5, 0), ("1020", 0, 5))).refused(422, "lines.1.account_id")

    def test_sums_beyond_int64_are_refused_when_written(self, owner, chart):
        two = transaction(("1200", BIGGEST, 0), ("1300", 1, 0), ("4000", 0, BIGGEST), ("4000", 0, 1))
        owner.post("/transactions", two).refused(422, "lines")
        owner.post("/transactions", transaction(("1200", BIGGEST, 0), ("4000", 0, BIGGEST))).ok(201)
        owner.post("/transactions", transaction(("1200", 1, 0), ("4000", 0, 1))).refused(422, "lines")
        bank = owner.get(f"/accounts/{Account.objects.get(code='1200').pk}").ok()
        assert bank["balance"] == BIGGEST

    def test_reversed_once(self, owner, chart):
        made = owner.post("/transactions", transaction(("1200", 40, 0), ("4000", 0, 40), reference="R1")).ok(201)
        undone = owner.post(f"/transactions/{made['id']}/reverse", {}).ok(201)
        assert (undone["source_type"], undone["source_id"]) == ("reversal", made["id"])
        assert undone["reverses_id"] == made["id"]
        assert [(line["debit"], line["credit"]) for line in undone["lines"]] == [(0, 40), (40, 0)]
        assert owner.get(f"/transactions/{made['id']}").ok()["reversed_by_id"] == undone["id"]
        owner.post(f"/transactions/{made['id']}/reverse").refused(409)
        owner.post("/transactions/01972b15-8000-7000-8000-000000000001/reverse").refused(404)

    def test_a_reversal_is_not_dated_before_what_it_undoes(self, owner, chart):
        made = owner.post("/transactions", transaction(("1200", 4, 0), ("4000", 0, 4), date="2026-05-05")).ok(201)
        path = f"/transactions/{made['id']}/reverse"
        owner.post(path, {"date": "2026-05-04"}).refused(422, "date")
        owner.post(path, {"date": "yesterday"}).refused(422, "date")
        undone = owner.post(path, {"date": "2026-05-05", "description": "Typed twice", "reference": "X"}).ok(201)
        assert (undone["date"], undone["description"], undone["reference"]) == ("2026-05-05", "Typed twice", "X")

    def test_filters_and_orders(self, owner, chart):
        first = str(post("1200", "4000", 1, "2026-03-01", reference="A"))
        second = str(post("1300", "4000", 2, "2026-01-01", reference="B"))
        bank = str(Account.objects.get(code="1200").pk)

        def found(**query):
            return [item["id"] for item in owner.get("/transactions", **query).ok()["items"]]

        assert found() == [second, first]
        assert found(sort_by="date") == [second, first]
        assert found(sort_by="date", sort_order="desc") == [first, second]
        assert found(sort_by="created_at", cursor="") == [first, second]
        assert found(account_id=bank) == [first]
        assert found(from_date="2026-03-01") == [first]
        assert found(to_date="2026-01-01") == [second]
        assert found(reference="B") == [second]
        assert found(source_type="manual") == [second, first]
        assert found(source_type="invoice") == []
        for bad in (
            {"account_id": "1200"},
            {"from_date": "x"},
            {"source_type": "x"},
            {"sort_by": "amount"},
            {"q": "x"},
        ):
            owner.get("/transactions", **bad).refused(400, *bad)


class TestPeriods:
    def test_nothing_is_posted_into_a_closed_period(self, owner, chart):
        made = owner.post("/accounting/periods", {"start_date": "2026-01-01", "end_date": "2026-01-31"}).ok(201)
        assert made["status"] == "open"
        body = transaction(("1200", 4, 0), ("4000", 0, 4), date="2026-01-31")
        owner.post("/transactions", body).ok(201)
        closed = owner.post(f"/accounting/periods/{made['id']}/close").ok()
        assert (closed["status"], closed["closed_by"]) == ("closed", str(owner.user.pk))
        assert closed["closed_at"].endswith("Z")
        owner.post("/transactions", body).refused(409, "date")
        owner.post("/transactions", {**body, "date": "2026-02-01"}).ok(201)
        error = owner.post(f"/accounting/periods/{made['id']}/close").refused(409)
        assert error["details"] == {"allowed": ["reopen"]}
        reopened = owner.post(f"/accounting/periods/{made['id']}/reopen").ok()
        assert (reopened["status"], reopened["closed_at"], reopened["closed_by"]) == ("open", None, None)
        owner.post(f"/accounting/periods/{made['id']}/reopen").refused(409)
        owner.post("/transactions", body).ok(201)

    def test_periods_do_not_overlap(self, owner):
        owner.post("/accounting/periods", {"start_date": "2026-01-01", "end_date": "2026-01-31"}).ok(201)
        owner.post("/accounting/periods", {"start_date": "2026-01-31", "end_date": "2026-02-28"}).refused(409)
        owner.post("/accounting/periods", {"start_date": "2026-02-01", "end_date": "2026-02-28"}).ok(201)
        listed = owner.get("/accounting/periods").ok()
        assert [item["start_date"] for item in listed["items"]] == ["2026-02-01", "2026-01-01"]

    @pytest.mark.parametrize(
        "change, field",
        [
            ({"start_date": None}, "start_date"),
            ({"start_date": "2026-13-01"}, "start_date"),
            ({"end_date": 5}, "end_date"),
            ({"end_date": "2025-12-31"}, "end_date"),
            ({"name": "January"}, "name"),
        ],
    )
    def test_bad_input_names_its_field(self, owner, change, field):
        body = {"start_date": "2026-01-01", "end_date": "2026-01-31", **change}
        owner.post("/accounting/periods", body).refused(422, field)


class TestAudit:
    def test_each_change_leaves_its_row(self, owner, chart):
        made = owner.post("/transactions", transaction(("1200", 4, 0), ("4000", 0, 4))).ok(201)
        rows = AuditEntry.objects.filter(resource_id=made["id"]).order_by("id")
        assert {(row.resource, row.action, row.actor_id) for row in rows} == {("accounting", "post", owner.user.pk)}
        assert [sorted(row.changes)[:1] for row in rows] == [["created_by_id"], ["lines"]]
        assert "xact" not in rows[0].changes
        bank = Account.objects.get(code="1200")
        owner.put(f"/accounts/{bank.pk}", {"name": "Our bank"}).ok()
        row = AuditEntry.objects.filter(resource_id=bank.pk).latest("id")
        assert (row.action, row.changes) == ("update", {"name": ["Bank", "Our bank"]})
