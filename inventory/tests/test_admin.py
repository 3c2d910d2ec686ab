"""Stock and catalogue in the back office: the same services, rules and audit as over the API."""

import pytest
from django.test import Client

from inventory.integrity_checks import stock_differences
from inventory.models import Category, Item, Movement, Reservation, Stock
from inventory.tests import factories
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import user_in_role

pytestmark = pytest.mark.django_db

STOCK, ITEMS, CATEGORIES = "/admin/inventory/stock/", "/admin/inventory/item/", "/admin/inventory/category/"
RESERVATIONS = "/admin/inventory/reservation/"


def browser(role):
    client = Client()
    client.force_login(user_in_role(role, name="Carl Clerk", email=f"{role}@example.com"))
    return client


@pytest.fixture
def clerk():
    return browser("admin")


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_every_screen_opens(role):
    row = factories.stocked(10, item_id=factories.item(category_id=factories.category()))
    held = factories.reserved(row, 2)
    client = browser(role)
    pages = {
        "stock": row.pk,
        "item": row.item_id,
        "warehouse": row.warehouse_id,
        "category": Category.objects.get().pk,
        "movement": Movement.objects.get().pk,
        "reservation": held,
    }
    for model, pk in pages.items():
        for path in (f"/admin/inventory/{model}/", f"/admin/inventory/{model}/{pk}/change/"):
            assert client.get(path).status_code == 200, path
    for model in ("movement", "reservation"):
        assert client.get(f"/admin/inventory/{model}/add/").status_code == 404
    added = [client.get(f"/admin/inventory/{model}/add/").status_code for model in ("stock", "item", "warehouse")]
    assert set(added) == {200 if role == "admin" else 403}


def test_low_stock_is_marked_and_found(clerk):
    low, plenty = factories.stocked(2), factories.stocked(500)
    for row in (low, plenty):
        clerk.post(f"{STOCK}{row.pk}/change/", {"reorder_point": "5", "reorder_quantity": "0"})
    page = text(clerk.get(STOCK, {"low": "yes"}))
    assert str(low.item) in page
    assert str(plenty.item) not in page


def test_goods_are_received_adjusted_moved_and_issued(clerk):
    item_id, there = factories.item(), factories.warehouse()
    sent = {"item_id": item_id, "warehouse_id": factories.warehouse(), "received": "10.5", "reference": "PO-1"}
    assert clerk.post(f"{STOCK}add/", sent).status_code == 302
    row = Stock.objects.get()
    page = f"{STOCK}{row.pk}/"
    assert clerk.post(f"{page}adjust/", {"quantity": "-0.5", "reason": "count"}).status_code == 302
    assert clerk.post(f"{page}transfer/", {"quantity": "4", "to_warehouse_id": there}).status_code == 302
    assert clerk.post(f"{page}issue/", {"quantity": "1"}).status_code == 302
    assert "5 available" in text(clerk.post(f"{page}issue/", {"quantity": "6"}))
    row.refresh_from_db()
    assert row.quantity == 5
    assert stock_differences() == []
    assert AuditEntry.objects.filter(resource_id=row.pk).latest("id").actor_email == "admin@example.com"


def test_a_reservation_is_ended_once(clerk):
    row = factories.stocked(10)
    first, second = factories.reserved(row, 2), factories.reserved(row, 3)
    assert clerk.post(f"{RESERVATIONS}{first}/fulfill/").status_code == 302
    assert clerk.post(f"{RESERVATIONS}{second}/cancel/").status_code == 302
    clerk.post(f"{RESERVATIONS}{second}/fulfill/")
    statuses = Reservation.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == ["fulfilled", "cancelled"]
    row.refresh_from_db()
    assert (row.quantity, row.reserved) == (8, 0)


def test_items_and_categories_are_edited(clerk):
    parent = factories.category("Tools")
    assert clerk.post(f"{CATEGORIES}add/", {"name": "Hammers", "parent_id": parent}).status_code == 302
    child = Category.objects.get(name="Hammers")
    assert child.path == [parent, child.pk]
    assert "cannot be below itself" in text(
        clerk.post(f"{CATEGORIES}{parent}/change/", {"name": "Tools", "parent_id": child.pk})
    )
    sent = {
        "sku": "H-1",
        "name": "Hammer",
        "unit_price": "12.50",
        "currency": "USD",
        "tax_rate": "20",
        "status": "active",
        "category_id": child.pk,
        "price_base_quantity": "100",
    }
    assert clerk.post(f"{ITEMS}add/", sent).status_code == 302
    item = Item.objects.get()
    assert (item.unit_price, item.price_base_quantity, item.category_id) == (1250, 100, child.pk)
    assert "Must be over 0" in text(clerk.post(f"{ITEMS}{item.pk}/change/", {**sent, "price_base_quantity": "0"}))
    emptied = {**sent, "category_id": "", "price_base_quantity": ""}
    assert clerk.post(f"{ITEMS}{item.pk}/change/", emptied).status_code == 302
    assert "already has this SKU" in text(clerk.post(f"{ITEMS}add/", sent))
    item.refresh_from_db()
    assert (item.price_base_quantity, item.category_id) == (1, None)
    clerk.post(f"{CATEGORIES}{parent}/remove/")
    assert Category.objects.count() == 2
    clerk.post(f"{CATEGORIES}{child.pk}/remove/")
    assert Category.objects.count() == 1
