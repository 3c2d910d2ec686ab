"""Texts that people enter: stored in one form, refused with nothing to see, and found however they are spelled."""

import unicodedata

import pytest

from billing.tests.factories import customer, draft
from parties.models import Country, Customer
from parties.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def made(owner, **fields):
    return owner.post("/customers", {"name": "Acme", "email": "acme@example.com", **fields})


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        (unicodedata.normalize("NFD", "Café Їжак"), "Café Їжак"),
        ("Acme\u202e Ltd\u202c", "Acme Ltd"),
        ("\ufeffAcme\u200b", "Acme"),
        (" \u200b Acme \u2060 ", "Acme"),
        ("می‌خواهم 👨‍👩‍👧", "می‌خواهم 👨‍👩‍👧"),
    ],
)
def test_texts_are_stored_clean(owner, entered, stored):
    assert made(owner, name=entered).ok(201)["name"] == stored
    assert [row["name"] for row in owner.get("/customers", search=entered).ok()["items"]] == [stored]


@pytest.mark.parametrize("name", ["\u200b", "\u3164", "\u2800", "\u202e\u202c", "\u00a0", "\u0301", "a\x01b", "a\x85b"])
def test_names_without_anything_to_see_and_controls_are_refused(owner, name):
    made(owner, name=name).refused(422, "name")
    kept = CustomerFactory.create(name="Kept")
    owner.put(f"/customers/{kept.pk}", {"name": name}).refused(422, "name")


def test_optional_texts_without_anything_to_see_are_null(owner):
    assert made(owner, tax_id="\u200b", phone="\u3164").ok(201)["tax_id"] is None
    assert Customer.objects.get().phone is None


def test_texts_within_objects_are_clean_too(owner):
    names = {"en": "Cote\u0301", "de": "Co\u200bte"}
    owner.post("/countries", {"code": "QX", "name": names}).ok(201)
    assert Country.objects.get(code="QX").name == {"en": "Coté", "de": "Cote"}
    owner.post("/countries", {"code": "QY", "name": {"en": "\u2800"}}).refused(422, "name")
    owner.post("/countries", {"code": "QY", "name": {"en": "a\x1b"}}).refused(422, "name")


@pytest.mark.parametrize(
    "spelled", ["{0}", "{1} {0}", "inv {2} {3}", "inv{2}{3}", "INV–{2}/{3}", "{3} jerome", "obrien {2}"]
)
def test_documents_are_found_by_their_number_and_customer_in_any_spelling(owner, spelled):
    invoice = draft(of=customer(name="Jérôme O’Brien", email="jerome@example.com"))
    draft(of=customer(name="Somebody else", email="else@example.com"))
    _, year, number = invoice.number.split("-")
    text = spelled.format("o'brien", "JEROME", year, number)
    found = owner.get("/invoices", search=text).ok()["items"]
    assert [row["number"] for row in found] == [invoice.number]
