"""What invoices need to know of customers: VAT id, references, electronic address, language, terms, e-invoices."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from parties.models import Customer
from parties.queries import as_written_to
from parties.tests.factories import CustomerFactory, SupplierFactory
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db

ADDRESS = {"scheme": "9930", "id": "DE136695976"}
FIELDS: dict[str, Any] = {
    "vat_id": "DE136695976",
    "buyer_reference": "04011000-12345-67",
    "electronic_address": ADDRESS,
    "language": "de",
    "payment_days": 14,
    "e_invoice": "xrechnung",
}


def test_a_customer_has_them_and_they_can_be_cleared(owner):
    body = {"name": "Acme", "email": "a@example.com", **FIELDS, "vat_id": "de 136.695.976"}
    made = owner.post("/customers", body).ok(201)
    assert {name: made[name] for name in FIELDS} == FIELDS
    path = f"/customers/{made['id']}"
    assert owner.put(path, {name: value for name, value in made.items() if name != "address"}).ok() == made
    merged = owner.patch(path, {"electronic_address": {"id": "DE999"}}).ok()["electronic_address"]
    assert merged == {"scheme": "9930", "id": "DE999"}
    cleared = owner.patch(path, dict.fromkeys(FIELDS)).ok()
    assert {name: cleared[name] for name in FIELDS} == {**dict.fromkeys(FIELDS), "e_invoice": "none"}


def test_by_default_there_is_nothing(owner):
    made = owner.post("/customers", {"name": "Acme", "email": "a@example.com"}).ok(201)
    assert {name: made[name] for name in FIELDS} == {**dict.fromkeys(FIELDS), "e_invoice": "none"}


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"vat_id": "DE136695977"}, "vat_id"),
        ({"electronic_address": {"scheme": "x", "id": "1"}}, "electronic_address.scheme"),
        ({"electronic_address": {"scheme": "9930"}}, "electronic_address"),
        ({"electronic_address": {"id": "1"}}, "electronic_address"),
        ({"language": "fr"}, "language"),
        ({"payment_days": -1}, "payment_days"),
        ({"payment_days": 366}, "payment_days"),
        ({"payment_days": "14"}, "payment_days"),
        ({"e_invoice": "fax"}, "e_invoice"),
    ],
)
def test_what_cannot_be(owner, wrong, field):
    owner.post("/customers", {"name": "Acme", "email": "a@example.com", **wrong}).refused(422, field)
    owner.patch(f"/customers/{CustomerFactory.create().pk}", wrong).refused(422, field)


def test_only_customers_have_them(owner):
    path = f"/suppliers/{SupplierFactory.create().pk}"
    owner.patch(path, {"vat_id": "DE136695976"}).refused(422, "vat_id")
    assert "e_invoice" not in owner.get(path).ok()


@pytest.mark.parametrize(
    "change, rule",
    [
        ("payment_days = -1", "payment_days_bounds"),
        ("payment_days = 366", "payment_days_bounds"),
        ("language = 'fr'", "language_known"),
        ("e_invoice = 'fax'", "e_invoice_known"),
        ("electronic_address_scheme = '9930'", "electronic_address_complete"),
        ("electronic_address_id = '1'", "electronic_address_complete"),
        ("electronic_address_scheme = '99', electronic_address_id = '1'", "electronic_address_complete"),
        ("electronic_address_scheme = '9930', electronic_address_id = ''", "electronic_address_complete"),
    ],
)
def test_postgresql_refuses(change, rule):
    CustomerFactory.create()
    with pytest.raises(IntegrityError, match=f"parties_party_{rule}"), transaction.atomic():
        _set(change)


@pytest.mark.parametrize(
    "change",
    [
        "vat_id = 'DE136695976'",
        "buyer_reference = 'x'",
        "electronic_address_scheme = '9930', electronic_address_id = '1'",
        "language = 'de'",
        "payment_days = 1",
        "e_invoice = 'peppol'",
    ],
)
def test_postgresql_refuses_them_for_others(change):
    SupplierFactory.create()
    with pytest.raises(IntegrityError, match="parties_party_customer_invoicing"), transaction.atomic():
        _set(change)


def _set(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE parties_party SET {change}")


def test_an_addressee_has_them(owner):
    made = owner.post("/customers", {"name": "Acme", "email": "a@example.com", **FIELDS}).ok(201)
    found = as_written_to(made["id"])
    assert {name: found[name] for name in FIELDS if name != "payment_days"} == {
        name: value for name, value in FIELDS.items() if name != "payment_days"
    }
    assert as_written_to(CustomerFactory.create().pk)["electronic_address"] is None


def test_on_the_screen(owner):
    clerk = Visitor(owner.user)
    typed = {"name": "Acme", "email": "a@example.com", "social_media": "", "currency": "EUR", "credit_limit": ""}
    more = {
        **{name: value for name, value in FIELDS.items() if name != "electronic_address"},
        "electronic_address_scheme": "9930",
        "electronic_address_id": "DE136695976",
    }
    empty = {"addresses-TOTAL_FORMS": "0", "addresses-INITIAL_FORMS": "0"}
    assert clerk.post("/admin/parties/customer/add/", {**typed, **more, **empty}).status_code == 302
    found = Customer.objects.get()
    assert {name: getattr(found, name) for name in more} == more
    page = f"/admin/parties/customer/{found.pk}/change/"
    wrong = clerk.post(page, {**typed, **more, **empty, "electronic_address_scheme": "x"}).content.decode()
    assert "Must be a code of the Electronic Address Scheme" in wrong
    gone = dict.fromkeys(more, "")
    assert clerk.post(page, {**typed, **gone, **empty}).status_code == 302
    found.refresh_from_db()
    assert [getattr(found, name) for name in more] == [None, None, None, None, "none", None, None]
