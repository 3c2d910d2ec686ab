"""Tax codes: over the API, in the back office, seeded, and attacked by raw SQL."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounting.models import Account
from accounting.tax_code_models import TaxCode
from accounting.tax_codes.dataset import known_countries, tax_codes_of_country
from accounting.tests.factories import account, tax_code
from accounting.tests.test_constraints import attack
from skeleton.audit.models import AuditEntry
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of, without_triggers
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db

BODY = {"code": "de-s19", "name": {"en": "VAT 19 %", "de": "USt 19 %"}, "category": "S", "rate": 19}
EXEMPT = {
    "code": "AE",
    "name": {"en": "Reverse charge"},
    "category": "AE",
    "exemption_reason": {"en": "Reverse charge"},
}


def test_a_tax_code_over_the_api(owner):
    made = owner.post("/tax-codes", BODY).ok(201)
    assert (made["code"], made["rate"], made["is_active"], made["account_id"]) == ("DE-S19", 19, True, None)
    path = f"/tax-codes/{made['id']}"
    assert owner.patch(path, {"valid_to": "2030-12-31"}).ok()["valid_to"] == "2030-12-31"
    assert owner.put(path, made | {"name": {"en": "Standard"}, "valid_to": None}).ok()["name"] == {"en": "Standard"}
    assert [row["code"] for row in owner.get("/tax-codes", category="S").ok()["items"]] == ["DE-S19"]
    owner.post("/tax-codes", BODY).refused(409, "code")
    actions = AuditEntry.objects.filter(resource="accounting", resource_id=made["id"]).order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["create", "update", "update"]


def test_an_exempt_one_says_why(owner):
    made = owner.post("/tax-codes", {**EXEMPT, "exemption_code": "vatex-eu-ae"}).ok(201)
    assert (made["rate"], made["exemption_code"]) == (0, "VATEX-EU-AE")
    owner.post("/tax-codes", {**EXEMPT, "code": "B", "exemption_reason": None}).refused(422, "exemption_reason")
    owner.post("/tax-codes", {**EXEMPT, "code": "B", "exemption_reason": {"de": "x"}}).refused(422, "exemption_reason")
    owner.post("/tax-codes", {**BODY, "exemption_reason": {"en": "Why"}}).refused(422, "exemption_reason")
    owner.post("/tax-codes", {**EXEMPT, "code": "B", "exemption_code": "AE"}).refused(422, "exemption_code")


@pytest.mark.parametrize(
    "change, status, field",
    [
        ({"rate": 0}, 422, "rate"),
        ({"rate": 100.5}, 422, "rate"),
        ({"category": "Z"}, 422, "rate"),
        ({"category": "X"}, 422, "category"),
        ({"code": "Ä"}, 422, "code"),
        ({"name": {"de": "USt"}}, 422, "name"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}, 422, "valid_to"),
        ({"account_id": "9999"}, 422, "account_id"),
        ({"account_id": "4000"}, 422, "account_id"),
        ({"account_id": "1300"}, 422, "account_id"),
        ({"account_id": "1200"}, 422, "account_id"),
    ],
)
def test_refused(owner, chart, change, status, field):
    owner.post("/tax-codes", {**BODY, **change}).refused(status, field)


def test_its_account_stays_able_to_take_postings(owner, chart):
    """Without it, documents that have the code could be neither sent nor credited."""
    account("2210", "liability")
    tax_code("S19", account="2210")
    tax_code("S7", rate=7, account="2210")
    page = f"/accounts/{Account.objects.get(code='2210').pk}"
    refused = owner.patch(page, {"is_active": False}).refused(409, "is_active")
    assert (
        refused["message"]
        == "Tax codes post to account 2210 (S19, S7). It stays active and keeps its type while they name it."
    )
    owner.patch(page, {"type": "equity"}).refused(409, "type")
    owner.patch(page, {"type": "asset", "name": "Tax", "is_active": True}).ok()
    child = {"code": "2211", "name": "Below", "type": "asset", "parent_id": "2210"}
    told = owner.post("/accounts", child).refused(409, "parent_id")["message"]
    assert told == "Account 2210 gets no sub-accounts: tax codes post to it (S19, S7)."
    TaxCode.objects.update(account=None)
    owner.post("/accounts", child).ok(201)
    owner.patch(page, {"is_active": False}).ok()


def test_its_account_takes_postings_from_the_start(owner, chart):
    account("2210", "liability")
    account("2211", "liability", parent="2210")
    idle = account("2212", "liability", is_active=False)
    for code in ("2210", "2212"):
        refused = owner.post("/tax-codes", {**BODY, "account_id": code}).refused(422, "account_id")
        assert code in refused["details"]["account_id"]
    made = owner.post("/tax-codes", {**BODY, "account_id": "2211"}).ok(201)
    owner.patch(f"/tax-codes/{made['id']}", {"account_id": str(idle.pk)}).refused(422, "account_id")
    with without_triggers() as cursor:
        cursor.execute("UPDATE accounting_account SET is_active = false WHERE code = '2211'")
    owner.patch(f"/tax-codes/{made['id']}", {"account_id": "2211", "name": {"en": "Kept"}}).ok()


@pytest.mark.parametrize("code", ["1200", "2200", "4000", "3100"])
def test_what_the_settings_name_stays_as_it_is(owner, chart, code):
    page = f"/accounts/{Account.objects.get(code=code).pk}"
    told = owner.patch(page, {"is_active": False}).refused(409, "is_active")["message"]
    assert told == f"The settings name account {code} for postings. It stays active and keeps its type."
    owner.patch(page, {"parent_id": None, "type": "expense"}).refused(409, "type")
    owner.patch(page, {"name": "Renamed", "is_active": True}).ok()


@pytest.mark.parametrize(
    "change, rule",
    [
        ("UPDATE accounting_account SET is_active = false WHERE code = '2210'", "accounting_account_of_taxes"),
        ("UPDATE accounting_account SET type = 'equity' WHERE code = '2210'", "accounting_account_of_taxes"),
        (
            "UPDATE accounting_account SET parent_id = (SELECT id FROM accounting_account WHERE code = '2210')"
            " WHERE code = '2213'",
            "accounting_account_parent_of_taxes",
        ),
        (
            "UPDATE accounting_tax_code SET account_id = (SELECT id FROM accounting_account WHERE code = '2211')",
            "accounting_tax_code_account",
        ),
        (
            "UPDATE accounting_tax_code SET account_id = (SELECT id FROM accounting_account WHERE code = '2000')",
            "accounting_tax_code_account",
        ),
    ],
)
def test_accounts_of_taxes_attacked(chart, change, rule):
    account("2210", "liability")
    account("2211", "liability", is_active=False)
    account("2213", "liability")
    tax_code("S19", account="2210")
    assert attack(change) == ("23000", rule)


def test_its_account_is_kept_for_documents(owner, chart):
    """A line by hand on it needs an override, as on the account of taxes."""
    account = owner.post("/accounts", {"code": "2210", "name": "VAT", "type": "liability"}).ok(201)
    made = owner.post("/tax-codes", {**BODY, "account_id": "2210"}).ok(201)
    assert made["account_id"] == account["id"]
    lines = [{"account_id": "2210", "debit": 100}, {"account_id": "2100", "credit": 100}]
    owner.post("/transactions", {"description": "By hand", "lines": lines}).refused(422, "lines.0.override")
    lines[0]["override"] = True
    owner.post("/transactions", {"description": "By hand", "lines": lines}).ok(201)


def test_lists_by_day(owner):
    tax_code("OLD", valid_to=dt.date(2020, 6, 30))
    tax_code("NOW", valid_from=dt.date(2020, 7, 1))
    tax_code("EVER")

    def codes(**query):
        return [row["code"] for row in owner.get("/tax-codes", **query).ok()["items"]]

    assert codes() == ["EVER", "NOW", "OLD"]
    assert codes(valid_on="2020-06-30") == ["EVER", "OLD"]
    assert codes(valid_on="2020-07-01") == ["EVER", "NOW"]
    assert codes(code="NOW", is_active="true") == ["NOW"]


@pytest.mark.parametrize("country", known_countries())
def test_seeds_are_complete_and_never_overwrite(country):
    call_command("seed_tax_codes", country=country.lower(), verbosity=0)
    codes = list(TaxCode.objects.all())
    assert len(codes) == len(tax_codes_of_country(country))
    assert {"S", "G", "E", "O"} <= {code.category for code in codes}
    assert all(set(code.name) == {"en", "de", "uk"} for code in codes)
    assert all(set(code.exemption_reason) == {"en", "de", "uk"} for code in codes if code.exemption_reason)
    TaxCode.objects.filter(pk=codes[0].pk).update(is_active=False)
    call_command("seed_tax_codes", country=country, verbosity=0)
    assert TaxCode.objects.count() == len(codes)
    assert not TaxCode.objects.get(pk=codes[0].pk).is_active


def test_an_unknown_country_is_named():
    with pytest.raises(CommandError, match="XX"):
        call_command("seed_tax_codes", country="XX", verbosity=0)


def test_the_screen(owner, chart):
    clerk = Visitor(owner.user)
    account = Account.objects.get(code="2200")
    typed = {
        "code": "x-7",
        "name": "en: VAT 7 %\nde: USt 7 %",
        "category": "S",
        "rate": "7.5",
        "is_active": "on",
        "account_id": str(account.pk),
    }
    assert clerk.post("/admin/accounting/taxcode/add/", typed).status_code == 302
    found = TaxCode.objects.get()
    assert (found.code, float(found.rate), found.name["de"], found.account) == ("X-7", 7.5, "USt 7 %", account)
    assert "VAT 7 %" in clerk.get("/admin/accounting/taxcode/").content.decode()
    page = f"/admin/accounting/taxcode/{found.pk}/change/"
    assert "Needs a non-empty name" in clerk.post(page, {**typed, "name": "de: USt"}).content.decode()


@pytest.mark.parametrize(
    "change, rule",
    [
        ("code = 'x'", "code_form"),
        ("name = '{}'", "name_en"),
        ("category = 'Q', rate = 0", "category_known"),
        ("rate = 0", "rate_fits"),
        ("rate = 101", "rate_fits"),
        ("category = 'Z'", "rate_fits"),
        ("category = 'E', rate = 0", "exemption_fits"),
        ("exemption_code = 'VATEX-EU-O'", "exemption_fits"),
        ("category = 'E', rate = 0, exemption_reason = '{}'", "exemption_en"),
        ("category = 'E', rate = 0, exemption_code = 'O'", "exemption_form"),
        ("valid_from = '2026-01-02', valid_to = '2026-01-01'", "validity_ordered"),
    ],
)
def test_postgresql_refuses(change, rule):
    tax_code("A")

    def attack():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounting_tax_code SET {change}")

    assert database_error(refusal_of(attack)).diag.constraint_name == f"accounting_tax_code_{rule}"
