"""New parties that look like existing ones: named in the answer and on the page, never refused."""

import pytest

from parties.duplicates import MOST
from parties.tests.factories import EmployeeFactory, SupplierFactory

pytestmark = pytest.mark.django_db

FIRST = {
    "name": "Müller & Söhne GmbH",
    "email": "Info@Mueller.example",
    "phone": "+49 30 123-456",
    "tax_id": "12/345/67890",
    "vat_id": "DE136695976",
}
OTHER = {"name": "Someone else", "email": "else@example.com"}


def made(client, **fields):
    return client.post("/customers", {**OTHER, **fields}).ok(201)


@pytest.mark.parametrize(
    "fields, because",
    [
        ({}, None),
        ({"email": "info@MUELLER.example"}, ["email"]),
        ({"name": "muller & sohne gmbh"}, ["name"]),
        ({"name": "MÜLLER & SÖHNE GMBH"}, ["name"]),
        ({"name": "Müller & Söhne"}, None),
        ({"phone": "0049 (0)30 123456"}, ["phone"]),
        ({"phone": "+49 30 123456 ext. 7"}, ["phone"]),
        ({"phone": "+49 30 123457"}, None),
        ({"tax_id": "1234567890"}, ["tax_id"]),
        ({"tax_id": "12 345 67890"}, ["tax_id"]),
        ({"tax_id": "DE 136695976"}, ["tax_id"]),
        ({"vat_id": "DE136695976"}, ["vat_id"]),
        ({"email": "info@mueller.example", "tax_id": "12-345-67890"}, ["email", "tax_id"]),
        (FIRST, ["email", "tax_id", "vat_id", "phone", "name"]),
    ],
)
def test_what_looks_alike_is_named(owner, fields, because):
    first = made(owner, **FIRST)
    assert "possible_duplicates" not in first
    found = made(owner, **fields).get("possible_duplicates", [])
    expected = [{"id": first["id"], "name": first["name"], "because": because}] if because else []
    assert found == expected


def test_phones_without_a_country_and_short_names(owner):
    first = made(owner, name="Ada", phone="044 / 123-45-67")
    assert made(owner, email="a@example.com", phone="(044) 1234567")["possible_duplicates"][0]["because"] == ["phone"]
    assert made(owner, email="b@example.com", name="ADA")["possible_duplicates"][0]["id"] == first["id"]


def test_the_most_alike_come_first_and_no_more_than_a_few(owner):
    for number in range(MOST + 2):
        made(owner, name="Acme Trading", email=f"{number}@example.com")
    alike = made(owner, name="Acme Trading", email="x@example.com", tax_id="7777")
    found = made(owner, name="Acme Trading", email="X@example.com", tax_id="77-77")["possible_duplicates"]
    assert len(found) == MOST
    assert (found[0]["id"], found[0]["because"]) == (alike["id"], ["email", "tax_id", "name"])


def test_only_parties_of_the_same_kind_count(owner):
    SupplierFactory.create(name="Acme Trading")
    EmployeeFactory.create(name="Acme Trading")
    assert made(owner, name="Acme Trading", email="a@example.com").get("possible_duplicates") is None


def test_who_may_not_read_is_told_nothing(owner, holding):
    made(owner, **FIRST)
    assert made(holding("customers:write"), **FIRST).get("possible_duplicates") is None
    assert len(made(holding("customers:write", "customers:read"), **FIRST)["possible_duplicates"]) == 2
