"""Orders over the API: the examples of the API reference, defaults from the catalogue, addresses, numbers, history."""

import datetime as dt

import pytest

from billing.tests.factories import customer
from inventory.models import Item
from inventory.tests import factories as stock
from parties.models import Country
from parties.services import seed_countries

pytestmark = pytest.mark.django_db


@pytest.fixture
def countries(db):
    seed_countries()


def body(customer_id, item_id, **fields):
    """As printed in the API reference."""
    return {
        "customer_id": str(customer_id),
        "shipping_address": {
            "street": "456 Oak St",
            "city": "Los Angeles",
            "state": "CA",
            "postal_code": "90001",
            "country": "US",
        },
        "lines": [{"item_id": str(item_id), "quantity": 5, "unit_price": 10000, "currency": "USD"}],
        **fields,
    }


def test_the_examples_one_after_the_other(owner, countries):
    acme, row = customer(name="Acme Corp"), stock.stocked(5)
    name = Item.objects.get(pk=row.item_id).name
    created = owner.post("/orders", body(acme.pk, row.item_id)).ok(201)
    assert created["number"] == f"ORD-{dt.datetime.now(dt.UTC).year}-000001"
    assert (created["status"], created["total"], created["currency"]) == ("draft", 50000, "USD")
    assert (created["customer_id"], created["customer_name"]) == (str(acme.pk), "Acme Corp")
    assert created["shipping_address"] == {
        **body(acme.pk, row.item_id)["shipping_address"],
        "country_id": str(Country.objects.get(code="US").pk),
    }
    (line,) = created["lines"]
    assert (line["item_id"], line["item_name"], line["quantity"]) == (str(row.item_id), name, 5)
    assert created["tax_breakdown"] == [{"rate": 0, "base": 50000, "tax": 0}]
    assert created["allowed_transitions"] == ["pending", "confirmed", "cancelled"]
    assert (created["invoiced_total"], created["created_by"]) == (0, str(owner.user.pk))
    path = f"/orders/{created['id']}"
    assert owner.get(path).ok() == created

    assert owner.get("/orders", status="pending", page=1, limit=20).ok()["items"] == []
    confirmed = owner.patch(f"{path}/status", {"status": "confirmed"}).ok()
    assert (confirmed["status"], confirmed["allowed_transitions"]) == ("confirmed", ["shipped", "cancelled"])
    (shown,) = owner.get("/orders", status="confirmed", customer_id=str(acme.pk)).ok()["items"]
    assert "lines" not in shown
    assert shown == {name: value for name, value in confirmed.items() if name not in ("lines", "history")}
    row.refresh_from_db()
    assert (row.quantity, row.reserved) == (5, 5)
