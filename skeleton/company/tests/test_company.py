"""The company's record over the API: its first values, changes, checked numbers and the logo."""

import pytest
from django.core.management import call_command

from skeleton.audit.models import AuditEntry
from skeleton.company.errors import CompanyIncomplete
from skeleton.company.models import Company, CompanyBankAccount, Logo
from skeleton.company.queries import default_currency, logo_content, seller
from skeleton.company.services import complete_seller
from skeleton.company.tests.factories import COMPANY, IBAN, picture, set_up
from skeleton.files.tests.factories import PNG, upload
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.races import run_in_threads

pytestmark = pytest.mark.django_db

ENVIRONMENT = {
    "name": "Acme Ltd",
    "address": ["1 Main St", "79000 Lviv", "Lviv oblast"],
    "tax_id": "DE136695976",
    "registration": "12345678",
    "email": "hello@acme.example",
    "phone": "",
    "website": "",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFFXXX",
    "bank": "Commerzbank",
}


def test_anybody_reads_it_and_who_writes_accounting_changes_it(colleague, outsider, viewer):
    assert outsider.get("/company").ok()["legal_name"] == "Skeleton"
    viewer.put("/company", COMPANY).refused(403)
    changed = colleague.put("/company", COMPANY).ok()
    assert {name: changed[name] for name in COMPANY} == COMPANY
    assert colleague.patch("/company", {"trade_name": "Muster", "city": None}).ok()["city"] is None
    assert outsider.get("/company").ok()["trade_name"] == "Muster"
    assert colleague.patch("/company", {}).ok()["trade_name"] == "Muster"
    assert list(AuditEntry.objects.filter(resource="company").values_list("action", flat=True)) == ["update"] * 3


def test_its_first_values_are_those_of_the_environment(colleague, settings):
    settings.SKELETON_COMPANY, settings.SKELETON_CURRENCY = ENVIRONMENT, "UAH"
    before = colleague.get("/company").ok()
    call_command("seed_company", verbosity=0)
    call_command("seed_company", verbosity=0)
    settings.SKELETON_COMPANY, settings.SKELETON_CURRENCY = {**ENVIRONMENT, "name": "Later"}, "EUR"
    seeded = colleague.get("/company").ok()
    assert {**seeded, "updated_at": None} == before
    assert (seeded["legal_name"], seeded["street"], seeded["postal_code"]) == ("Acme Ltd", "1 Main St", "79000")
    assert (seeded["city"], seeded["region"], seeded["vat_id"]) == ("Lviv", "Lviv oblast", "DE136695976")
    assert (seeded["country"], seeded["tax_number"], seeded["currency"]) == (None, None, "UAH")
    assert seeded["bank_accounts"] == [
        {"name": None, "bank": "Commerzbank", "iban": IBAN, "bic": "COBADEFFXXX", "currency": None, "is_default": True}
    ]
    assert seller()["address"] == ENVIRONMENT["address"]
    assert default_currency() == "UAH"


def test_the_first_change_keeps_the_other_values_of_the_environment(colleague, settings):
    settings.SKELETON_COMPANY = ENVIRONMENT
    changed = colleague.patch("/company", {"country": "ua"}).ok()
    assert (changed["legal_name"], changed["country"], len(changed["bank_accounts"])) == ("Acme Ltd", "UA", 1)


@pytest.mark.parametrize(
    "body, field",
    [
        ({"vat_id": "DE136695977"}, "vat_id"),
        ({"vat_id": "136695976"}, "vat_id"),
        ({"country": "DEU"}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"legal_name": ""}, "legal_name"),
        ({"currency": "DEM"}, "currency"),
        ({"currency": None}, "currency"),
        ({"payment_days": 366}, "payment_days"),
        ({"fiscal_year_start": 13}, "fiscal_year_start"),
        ({"website": "acme"}, "website"),
        ({"electronic_address": {"scheme": "99", "id": "1"}}, "electronic_address.scheme"),
        ({"electronic_address": {"scheme": "9999", "id": "1"}}, "electronic_address.scheme"),
        ({"electronic_address": {"id": "1"}}, "electronic_address.scheme"),
        ({"bank_accounts": [{"iban": "DE88370400440532013000"}]}, "bank_accounts.0.iban"),
        ({"bank_accounts": [{"iban": IBAN, "bic": "COBA"}]}, "bank_accounts.0.bic"),
        ({"bank_accounts": [{"iban": IBAN, "currency": "DEM"}]}, "bank_accounts.0.currency"),
        ({"bank_accounts": [{"iban": IBAN}, {"iban": "DE89 3704 0044 0532 0130 00"}]}, "bank_accounts"),
        ({"bank_accounts": [{}]}, "bank_accounts.0.iban"),
        ({"logo_file_id": "0190b2c5-0000-7000-8000-000000000000"}, "logo_file_id"),
        ({"tax_id": "1"}, "tax_id"),
    ],
)
def test_what_is_wrong_is_named(colleague, body, field):
    colleague.put("/company", COMPANY).ok()
    colleague.patch("/company", body).refused(422, field)


def test_numbers_are_stored_without_separators(colleague):
    accounts = [{"iban": "de89 3704 0044 0532 0130 00", "bic": "coba de ff"}]
    found = colleague.put("/company", {"vat_id": "ATU 1358 5627", "bank_accounts": accounts}).ok()
    assert (found["vat_id"], found["bank_accounts"][0]["iban"]) == ("ATU13585627", IBAN)
    assert found["bank_accounts"][0]["bic"] == "COBADEFF"


def test_bank_accounts_are_replaced_and_the_first_is_the_default(colleague):
    second = "GB29NWBK60161331926819"
    colleague.put("/company", {"bank_accounts": [{"iban": IBAN}, {"iban": second, "currency": "GBP"}]}).ok()
    changed = colleague.get("/company").ok()["bank_accounts"]
    assert [(each["iban"], each["is_default"]) for each in changed] == [(IBAN, True), (second, False)]
    colleague.put("/company", {"bank_accounts": changed}).ok()
    assert AuditEntry.objects.filter(resource="company").count() == 2  # the record, and its accounts: once
    turned = [{**changed[1], "is_default": True}, {**changed[0], "is_default": False}]
    assert colleague.put("/company", {"bank_accounts": turned}).ok()["bank_accounts"] == turned
    twice = [{**each, "is_default": True} for each in turned]
    colleague.put("/company", {"bank_accounts": twice}).refused(422, "bank_accounts")
    assert colleague.put("/company", {"bank_accounts": None}).ok()["bank_accounts"] == []


def test_an_electronic_address_is_merged_and_cleared(colleague):
    colleague.put("/company", {"electronic_address": {"scheme": "9930", "id": "DE136695976"}}).ok()
    merged = colleague.patch("/company", {"electronic_address": {"scheme": "em"}}).ok()
    assert merged["electronic_address"] == {"scheme": "EM", "id": "DE136695976"}
    assert colleague.patch("/company", {"electronic_address": None}).ok()["electronic_address"] is None


# --- the logo ---------------------------------------------------------------------------------------------------------


def test_a_logo_is_kept_after_another_one_replaces_it(colleague):
    first = upload(colleague, picture(), "logo.png")
    colleague.put("/company", {"logo_file_id": first["id"]}).ok()
    assert seller()["logo"] == first["checksum"]
    colleague.delete(f"/files/{first['id']}").refused(409)
    second = upload(colleague, picture(8, 8), "new.png")
    assert colleague.put("/company", {"logo_file_id": second["id"]}).ok()["logo_file_id"] == second["id"]
    colleague.delete(f"/files/{first['id']}").ok(204)
    assert logo_content(first["checksum"]) == picture()
    assert colleague.put("/company", {"logo_file_id": None}).ok()["logo_file_id"] is None
    assert seller()["logo"] is None
    assert Logo.objects.count() == 2


@pytest.mark.parametrize(
    "content, told",
    [
        (PNG, "cannot be read"),
        (picture(10_000, 1_000), "cannot be read"),
        (b"hello", "PNG or JPEG"),
        (picture() + b"\0" * 500_000, "at most 500 kB"),
    ],
    ids=["broken", "too many pixels", "no picture", "too large"],
)
def test_what_documents_could_not_show_is_no_logo(colleague, content, told):
    file = upload(colleague, content, "logo.png")
    refused = colleague.put("/company", {"logo_file_id": file["id"]}).refused(422, "logo_file_id")
    assert told in refused["details"]["logo_file_id"]


def test_the_logo_must_be_a_file_that_one_may_open(colleague, holding):
    file = upload(colleague, picture(), "logo.png")
    clerk = holding("accounting:write", "files:read")
    clerk.put("/company", {"logo_file_id": file["id"]}).refused(422, "logo_file_id")


# --- sending ----------------------------------------------------------------------------------------------------------


def test_an_invoice_needs_what_the_law_requires_once_the_company_has_a_country():
    complete_seller()
    set_up(country=None, street=None)
    complete_seller()
    set_up(vat_id=None, street=None)
    with pytest.raises(CompanyIncomplete) as refused:
        complete_seller()
    assert "street, VAT id or tax number" in str(refused.value.message)
    assert set(refused.value.details or {}) == {"company.street", "company.vat_id", "company.tax_number"}
    set_up(vat_id=None, tax_number="29/815/08152")
    complete_seller()


def test_reads(owner):
    set_up()
    check_query_counts("skeleton.company", owner, {})


@pytest.mark.django_db(transaction=True)
def test_there_is_one_company_whoever_comes_first():
    run_in_threads(8, lambda number: set_up(trade_name=f"Company {number}"))
    assert (Company.objects.count(), CompanyBankAccount.objects.count()) == (1, 0)
