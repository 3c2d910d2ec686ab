"""Addresses: both formats in input and output, merged and cleared at every level."""

from typing import Any

import pytest

from parties.tests.factories import FACTORIES, CustomerFactory
from skeleton.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

HOME = {"street": "Khreshchatyk 1", "city": "Київ", "region": "Kyiv", "postal_code": "01001", "country": "UA"}
DEPOT = {"type": "shipping", "street": "Hafen 2", "city": "Hamburg", "postal_code": "20095", "country": "DEU"}


@pytest.fixture(autouse=True)
def countries(ukraine, germany):
    pass


@pytest.fixture
def customer(owner):
    """Return the path of a customer with a billing and a shipping address, the latter given first."""
    body = {"name": "Acme", "email": "a@acme.com", "addresses": [DEPOT, HOME]}
    return f"/customers/{owner.post('/customers', body).ok(201)['id']}"


def test_the_primary_one_is_the_first_for_billing_and_the_list_keeps_its_order(owner, customer, ukraine, germany):
    shown = owner.get(customer).ok()
    assert [address["type"] for address in shown["addresses"]] == ["shipping", "billing"]
    assert shown["address"] == {**HOME, "country": str(ukraine.pk), "country_code": "UA"}
    assert shown["addresses"][0] == {
        **DEPOT,
        "region": None,
        "state": None,
        "country": str(germany.pk),
        "country_code": "DE",
    }


@pytest.mark.parametrize("reference", ["id", "UA", "ua", "UKR"])
def test_a_country_goes_by_id_and_by_either_code(owner, ukraine, reference):
    country = str(ukraine.pk) if reference == "id" else reference
    body = {"name": "Acme", "email": "a@acme.com", "address": {"country": country}}
    address = owner.post("/customers", body).ok(201)["address"]
    assert (address["country"], address["country_code"]) == (str(ukraine.pk), "UA")


def test_state_is_another_name_for_region(owner, customer):
    assert owner.patch(customer, {"address": {"state": "Lviv"}}).ok()["address"]["region"] == "Lviv"
    assert owner.patch(customer, {"address": {"state": "X", "region": "X"}}).ok()["address"]["region"] == "X"
    assert owner.patch(customer, {"address": {"state": None}}).ok()["address"]["region"] is None
    owner.patch(customer, {"address": {"state": "X", "region": "Y"}}).refused(422, "address.state")


def test_a_merge_changes_the_primary_one_only(owner, customer):
    before = owner.get(customer).ok()
    after = owner.patch(customer, {"address": {"city": "Lviv", "postal_code": None}}).ok()
    assert after["addresses"] == [
        before["addresses"][0],
        {**before["addresses"][1], "city": "Lviv", "postal_code": None},
    ]


def test_null_clears_the_primary_one_and_leaves_the_others(owner, customer):
    after = owner.patch(customer, {"address": None}).ok()
    assert [address["type"] for address in after["addresses"]] == ["shipping"]
    again = owner.patch(customer, {"address": None}).ok()
    assert (again["address"], again["addresses"]) == (None, [])
    assert owner.patch(customer, {"address": None}).ok()["address"] is None


def test_a_merge_into_nothing_makes_an_address_unless_it_says_nothing(owner):
    path = f"/customers/{CustomerFactory.create().pk}"
    assert owner.patch(path, {"address": {}}).ok()["addresses"] == []
    assert owner.patch(path, {"address": {"city": None}}).ok()["addresses"] == []
    made = owner.patch(path, {"address": {"city": "Lviv"}}).ok()
    assert [(address["type"], address["city"]) for address in made["addresses"]] == [("billing", "Lviv")]


def test_the_list_is_replaced_as_a_whole(owner, customer):
    after = owner.put(customer, {"addresses": [{"city": "Lviv"}]}).ok()
    assert [(address["city"], address["street"]) for address in after["addresses"]] == [("Lviv", None)]
    none: tuple[list[Any] | None, ...] = ([], None)
    for nothing in none:
        owner.put(customer, {"addresses": [HOME]}).ok()
        assert owner.put(customer, {"addresses": nothing}).ok()["addresses"] == []


def test_what_was_read_can_be_sent_back_and_changes_nothing(owner, customer):
    before = owner.get(customer).ok()
    del before["address"]
    changes = AuditEntry.objects.count()
    assert owner.put(customer, before).ok() == owner.get(customer).ok()
    assert AuditEntry.objects.count() == changes
    assert owner.get(customer).ok()["updated_at"] == before["updated_at"]


def test_a_change_of_address_is_a_change_of_the_party(owner, customer):
    before = owner.get(customer).ok()
    assert owner.patch(customer, {"address": {"city": "Lviv"}}).ok()["updated_at"] > before["updated_at"]


@pytest.mark.parametrize(
    "body, fields",
    [
        ({"address": {**HOME, "street": "2 Old St"}, "addresses": [{**HOME, "street": "3 New St"}]}, "addresses"),
        ({"address": {**HOME, "country": "XX"}}, "address.country"),
        ({"address": {**HOME, "country": "01972b15-8000-7000-8000-00000000ffff"}}, "address.country"),
        ({"address": {**HOME, "country": 804}}, "address.country"),
        ({"address": {**HOME, "planet": "Earth"}}, "address.planet"),
        ({"address": {**HOME, "type": "home"}}, "address.type"),
        ({"address": {**HOME, "type": None}}, "address.type"),
        ({"address": {**HOME, "postal_code": "1" * 21}}, "address.postal_code"),
        ({"address": {**HOME, "street": "x" * 256, "city": 7}}, ["address.street", "address.city"]),
        ({"address": [HOME]}, "address"),
        ({"address": "Kyiv"}, "address"),
        ({"addresses": HOME}, "addresses"),
        ({"addresses": [HOME, {"country": "XX"}]}, "addresses.1.country"),
        ({"addresses": [HOME] * 51}, "addresses"),
        ({"addresses": [None]}, "addresses.0"),
        ({"addresses": [{"city": "\x00"}]}, "addresses.0.city"),
    ],
)
def test_refusals_name_the_place_and_change_nothing(owner, customer, body, fields):
    before, named = owner.get(customer).ok(), [fields] if isinstance(fields, str) else fields
    owner.put(customer, body).refused(422, *named)
    owner.post("/customers", {"name": "B", "email": "b@acme.com", **body}).refused(422, *named)
    assert owner.get(customer).ok() == before


@pytest.mark.parametrize("kind", ["supplier", "partner", "employee"])
def test_the_other_kinds_begin_with_an_address(owner, kind):
    path, body = f"/{kind}s", {"name": "B", "email": "b@acme.com"}
    if kind == "employee":
        body["position"] = "Clerk"
    all_three = ("address.street", "address.city", "address.country")
    owner.post(path, body).refused(422, *all_three)
    owner.post(path, {**body, "address": {"street": None, "city": "", "country": None}}).refused(422, *all_three)
    owner.post(path, {**body, "address": None}).refused(422, "address")
    owner.post(path, {**body, "addresses": []}).refused(422, "addresses")
    owner.post(path, {**body, "addresses": [{"street": "S", "city": "C"}]}).refused(422, "addresses.0.country")
    made = owner.post(path, {**body, "addresses": [DEPOT]}).ok(201)
    assert made["address"]["city"] == "Hamburg"
    cleared = owner.patch(f"{path}/{made['id']}", {"address": {"street": None, "city": None, "country": None}}).ok()
    assert cleared["address"]["street"] is None
    assert owner.patch(f"{path}/{made['id']}", {"address": None}).ok()["address"] is None


@pytest.mark.parametrize("kind", FACTORIES)
def test_one_party_shows_only_its_own(owner, customer, kind):
    other = FACTORIES[kind].create()
    assert owner.get(f"/{kind}s/{other.pk}").ok()["addresses"] == []
