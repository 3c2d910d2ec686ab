"""The examples of parties and countries in the API reference, as printed."""

from typing import Any

import pytest

from parties.models import Country
from parties.services import seed_countries
from parties.tests.factories import UKRAINE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def countries():
    seed_countries()


ACME = {
    "name": "Acme Corporation",
    "email": "contact@acme.com",
    "phone": "+1-555-0100",
    "credit_limit": 50000,
    "currency": "USD",
    "addresses": [
        {
            "type": "billing",
            "street": "123 Main St",
            "city": "New York",
            "state": "NY",
            "postal_code": "10001",
            "country": "US",
        }
    ],
}

ACME_UPDATE: dict[str, Any] = {
    "name": "Acme Corporation Updated",
    "email": "new-contact@acme.com",
    "tax_id": "US-123456789",
    "phone": "+1-555-0200",
    "address": {
        "street": "456 Oak Ave",
        "city": "Boston",
        "region": "MA",
        "postal_code": "02101",
        "country": "01972b15-8000-7000-8000-000000000001",
    },
    "website": "https://acme.example.com",
    "social_media": {"twitter": "@acme"},
}

SUPPLIER = {
    "name": "SupplyCo",
    "tax_id": "US-987654321",
    "email": "sales@supplyco.com",
    "phone": "+1-555-0300",
    "address": {
        "street": "789 Industrial Rd",
        "city": "Chicago",
        "region": "IL",
        "postal_code": "60601",
        "country": "01972b15-8000-7000-8000-000000000001",
    },
    "website": "https://supplyco.example.com",
}

PARTNER = {
    "name": "PartnerInc",
    "tax_id": "US-111222333",
    "email": "biz@partnerinc.com",
    "phone": "+1-555-0400",
    "address": {
        "street": "321 Partnership Blvd",
        "city": "Seattle",
        "region": "WA",
        "postal_code": "98101",
        "country": "01972b15-8000-7000-8000-000000000001",
    },
}

EMPLOYEE = {
    "name": "John Smith",
    "tax_id": "SS-123456789",
    "position": "Sales Manager",
    "email": "john@acme.com",
    "phone": "+1-555-0500",
    "address": {
        "street": "555 Employee St",
        "city": "Portland",
        "region": "OR",
        "postal_code": "97201",
        "country": "01972b15-8000-7000-8000-000000000001",
    },
}

POLAND = {
    "code": "PL",
    "name": {"en": "Poland", "uk": "Польща", "de": "Polen"},
    "alpha3": "POL",
    "numeric_code": "616",
    "phone_code": "+48",
    "currency_code": "PLN",
    "region": "Europe",
    "flag_emoji": "🇵🇱",
}


def test_create_and_get_a_customer(owner):
    made = owner.post("/customers", ACME).ok(201)
    assert {name: made[name] for name in ("name", "email", "phone", "credit_limit", "currency")} == {
        "name": "Acme Corporation",
        "email": "contact@acme.com",
        "phone": "+1-555-0100",
        "credit_limit": 50000,
        "currency": "USD",
    }
    (address,) = made["addresses"]
    country = address["country"]
    assert address == {
        "country": country,
        "type": "billing",
        "street": "123 Main St",
        "city": "New York",
        "region": "NY",
        "state": "NY",
        "postal_code": "10001",
        "country_code": "US",
    }
    assert made["address"] == {
        "street": "123 Main St",
        "city": "New York",
        "region": "NY",
        "postal_code": "10001",
        "country": country,
        "country_code": "US",
    }
    assert (made["active"], made["status"], made["total_purchases"]) == (True, "active", 0)
    assert owner.get(f"/customers/{made['id']}").ok() == made


def test_update_a_customer(owner):
    made = owner.post("/customers", ACME).ok(201)
    changed = owner.put(f"/customers/{made['id']}", ACME_UPDATE).ok()
    assert changed["address"] == {**ACME_UPDATE["address"], "country_code": "UA"}
    for name in ("name", "email", "tax_id", "phone", "website", "social_media"):
        assert changed[name] == ACME_UPDATE[name]
    assert changed["credit_limit"] == 50000
    assert len(changed["addresses"]) == 1


def test_only_the_phone_then_nothing_then_a_part_of_the_address(owner):
    made = owner.post("/customers", ACME).ok(201)
    path = f"/customers/{made['id']}"
    changed = owner.put(path, {"phone": "+1-555-0200"}).ok()
    renewed = {"phone": "+1-555-0200", "phone_e164": "+15550200", "updated_at": 0}
    assert {**changed, "updated_at": 0} == {**made, **renewed}
    assert owner.patch(path, {"phone": None}).ok()["phone"] is None
    moved = owner.put(path, {"address": {"city": "Boston", "region": None}}).ok()
    assert moved["address"] == {**made["address"], "city": "Boston", "region": None}


def test_list_customers_as_printed(owner):
    for name in ("Beta", "Acme Corp"):
        owner.post("/customers", {"name": name, "email": "contact@acme.com"}).ok(201)
    page = owner.get("/customers", page=1, limit=20, sort_by="name", sort_order="asc").ok()
    assert [item["name"] for item in page["items"]] == ["Acme Corp", "Beta"]
    assert (page["total"], page["page"], page["limit"], page["has_more"]) == (2, 1, 20, False)


def test_the_customer_of_the_invoice_story(owner):
    body = {"name": "Acme Corp", "email": "contact@acme.com", "credit_limit": 100000, "currency": "USD"}
    made = owner.post("/customers", body).ok(201)
    assert made["address"] is None
    assert made["addresses"] == []


@pytest.mark.parametrize(
    "path, body, change",
    [
        (
            "/suppliers",
            SUPPLIER,
            {"email": "new-sales@supplyco.com", "phone": "+1-555-0399", "address": {"city": "Indianapolis"}},
        ),
        ("/partners", PARTNER, {"email": "new-biz@partnerinc.com", "tax_id": "US-444555666"}),
        (
            "/employees",
            EMPLOYEE,
            {"position": "Senior Sales Manager", "phone": "+1-555-0599", "address": {"city": "Eugene"}},
        ),
    ],
)
def test_the_other_kinds(owner, path, body, change):
    made = owner.post(path, body).ok(201)
    assert made["address"] == {**body["address"], "country_code": "UA"}
    for name in body.keys() - {"address"}:
        assert made[name] == body[name]
    assert "credit_limit" not in made
    one = f"{path}/{made['id']}"
    assert owner.get(one).ok() == made

    changed = owner.put(one, change).ok()
    expected = {**made, **change, "address": {**made["address"], **change.get("address", {})}}
    derived = {"addresses": 0, "updated_at": 0, "phone_e164": 0}
    assert {**changed, **derived} == {**expected, **derived}

    listed = owner.get(path, status="active", limit=20).ok()
    assert listed["items"] == [changed]
    assert owner.get(path, status="active", search=body["name"].lower(), limit=20).ok()["total"] == 1
    for action, status in (("deactivate", "inactive"), ("activate", "active"), ("blacklist", "blacklisted")):
        assert owner.patch(f"{one}/{action}").ok()["status"] == status


def test_ukraine_is_what_the_list_shows(owner):
    data = owner.get("/countries").ok()["data"]
    ukraine = next(country for country in data if country["id"] == str(UKRAINE))
    del ukraine["created_at"], ukraine["updated_at"]
    assert ukraine == {
        "id": "01972b15-8000-7000-8000-000000000001",
        "code": "UA",
        "alpha3": "UKR",
        "numeric_code": "804",
        "name": {"en": "Ukraine", "uk": "Україна", "de": "Ukraine"},
        "phone_code": "+380",
        "currency_code": "UAH",
        "region": "Europe",
        "flag_emoji": "🇺🇦",
        "is_active": True,
    }


def test_create_get_update_and_switch_a_country(owner):
    Country.objects.filter(code="PL").delete()
    made = owner.post("/countries", POLAND).ok(201)
    assert {name: made[name] for name in POLAND} == POLAND
    one = f"/countries/{made['id']}"
    assert owner.get(one).ok() == made
    body = {"name": {"en": "Poland", "uk": "Польща", "de": "Polen"}, "alpha3": "POL", "phone_code": "+48"}
    assert owner.put(one, body).ok() == made
    assert owner.patch(f"{one}/deactivate").ok()["is_active"] is False
    assert owner.patch(f"{one}/activate").ok()["is_active"] is True
