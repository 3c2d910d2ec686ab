"""Warehouses, stock, reservations and movements over the API."""

import base64
import datetime as dt
import uuid
from typing import Any

import orjson
import pytest
import time_machine

from inventory.integrity_checks import stock_differences
from inventory.services.reservations import expire_reservations
from inventory.tests import factories
from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import client_of

pytestmark = pytest.mark.django_db

UNKNOWN = "01972b15-8000-7000-8000-000000000099"


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert stock_differences() == []


def short(value):
    return repr(value)[:20]


# --- the user's document ----------------------------------------------------------------------------------------------


def test_the_documented_examples_work_as_printed(owner):
    body = {"name": "Main Warehouse", "location": "New York, NY", "capacity": 10000}
    main = owner.post("/warehouses", body).ok(201)
    assert main | {"id": 0, "created_at": 0, "updated_at": 0} == {
        "id": 0,
        "name": "Main Warehouse",
        "code": None,
        "location": "New York, NY",
        "capacity": 10000,
        "status": "active",
        "created_at": 0,
        "updated_at": 0,
    }
    assert owner.get("/warehouses").ok() == {"items": [main], "total": 1, "page": 1, "limit": 20, "has_more": False}

    item_id, other = str(factories.item(sku="PROD-001", name="Product Name")), str(factories.warehouse())
    stock = owner.post("/stock", {"item_id": item_id, "warehouse_id": main["id"], "quantity": 1}).ok(201)
    adjusted = owner.post(
        f"/stock/{stock['id']}/adjust", {"quantity": 100, "reason": "Inventory count adjustment"}
    ).ok()
    assert adjusted | {"updated_at": 0} == {
        "id": stock["id"],
        "item_id": item_id,
        "sku": "PROD-001",
        "item_name": "Product Name",
        "warehouse_id": main["id"],
        "warehouse_name": "Main Warehouse",
        "quantity": 101,
        "reserved": 0,
        "available": 101,
        "reorder_point": 0,
        "reorder_quantity": 0,
        "updated_at": 0,
    }
    listed = owner.get("/stock", warehouse_id=main["id"], item_id=item_id).ok()
    assert listed == {"items": [adjusted], "total": 1, "page": 1, "limit": 20, "has_more": False}

    body = {"item_id": item_id, "from_warehouse_id": main["id"], "to_warehouse_id": other, "quantity": 50}
    moved = owner.post("/stock/transfer", body).ok()
    assert moved["from"]["quantity"] == 51
    assert (moved["to"]["warehouse_id"], moved["to"]["quantity"]) == (other, 50)
    movement = moved["movement"]
    assert (movement["from_warehouse_id"], movement["to_warehouse_id"]) == (main["id"], other)
    assert (movement["type"], movement["quantity"], movement["balance_after"]) == ("transfer", -50, 51)


# --- warehouses -------------------------------------------------------------------------------------------------------


def test_a_warehouse_needs_a_name_only_and_a_code_is_unique(owner):
    owner.post("/warehouses", {}).refused(422, "name")
    first = owner.post("/warehouses", {"name": "A", "code": "MAIN"}).ok(201)
    owner.post("/warehouses", {"name": "B", "code": "main"}).refused(409, "code")
    owner.post("/warehouses", {"name": "B", "code": ""}).ok(201)
    second = owner.post("/warehouses", {"name": "C"}).ok(201)
    path = f"/warehouses/{second['id']}"
    assert owner.put(path, {"status": "maintenance"}).ok()["status"] == "maintenance"
    owner.patch(path, {"code": "MAIN"}).refused(409, "code")
    assert owner.put(path, {"capacity": 5, "location": "Kyiv"}).ok()["capacity"] == 5
    assert owner.put(path, {"capacity": None, "location": ""}).ok()["location"] is None
    assert [found["name"] for found in owner.get("/warehouses", sort_by="name").ok()["items"]] == ["A", "B", "C"]
    assert owner.get("/warehouses", status="maintenance").ok()["total"] == 1
    assert owner.get(f"/warehouses/{first['id']}").ok() == first


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", None),
        ("name", ""),
        ("name", 5),
        ("code", 5),
        ("code", "x" * 33),
        ("location", []),
        ("capacity", -1),
        ("capacity", 1.5),
        ("capacity", "5"),
        ("capacity", 2**53 + 1),
        ("status", None),
        ("status", "open"),
        ("colour", 1),
    ],
    ids=short,
)
def test_bad_input_of_a_warehouse_is_named(owner, field, value):
    owner.post("/warehouses", {"name": "x", field: value}).refused(422, field)
    owner.put(f"/warehouses/{factories.warehouse()}", {field: value}).refused(422, field)


@pytest.mark.parametrize("status", ["inactive", "maintenance"])
def test_a_closed_warehouse_takes_nothing_in_but_goods_may_leave_it(owner, status):
    stock = factories.stocked(10)
    elsewhere = factories.stocked(5, item_id=stock.item_id)
    owner.put(f"/warehouses/{stock.warehouse_id}", {"status": status}).ok()
    here = {"item_id": str(stock.item_id), "warehouse_id": str(stock.warehouse_id), "quantity": 1}
    for path in ("/stock", "/stock/receipt", "/stock/reserve"):
        assert status in owner.post(path, here).refused(409)["message"]
    move = {"item_id": here["item_id"], "quantity": 1}
    inward = {"from_warehouse_id": str(elsewhere.warehouse_id), "to_warehouse_id": here["warehouse_id"]}
    outward = {"from_warehouse_id": here["warehouse_id"], "to_warehouse_id": str(elsewhere.warehouse_id)}
    owner.post("/stock/transfer", move | inward).refused(409)
    owner.post("/stock/transfer", move | outward).ok()
    owner.post("/stock/issue", here).ok()
    assert owner.post(f"/stock/{stock.pk}/adjust", {"quantity": 1, "reason": "count"}).ok()["quantity"] == 9


# --- goods in and out -------------------------------------------------------------------------------------------------


def test_receipt_and_issue(owner):
    place = {"item_id": str(factories.item()), "warehouse_id": str(factories.warehouse())}
    received = owner.post("/stock/receipt", {**place, "quantity": 2.5, "reference": "PO-7", "reason": "bought"}).ok()
    assert (received["quantity"], received["available"]) == (2.5, 2.5)
    again = owner.post("/stock", {**place, "quantity": 1.125}).ok(201)
    assert (again["id"], again["quantity"]) == (received["id"], 3.625)
    assert owner.post("/stock/issue", {**place, "quantity": 3.625}).ok()["quantity"] == 0
    movements = owner.get("/movements", stock_id=received["id"]).ok()["items"]
    assert [(m["type"], m["quantity"], m["balance_after"]) for m in movements] == [
        ("issue", -3.625, 0),
        ("receipt", 1.125, 3.625),
        ("receipt", 2.5, 2.5),
    ]
    first = movements[-1]
    assert (first["reference"], first["reason"]) == ("PO-7", "bought")
    assert (first["created_by"], first["created_by_name"]) == (str(owner.user.pk), "Olha Owner")
    assert (first["from_warehouse_id"], first["to_warehouse_id"]) == (None, place["warehouse_id"])
    assert owner.get(f"/movements/{first['id']}").ok() == first


@pytest.mark.parametrize("path", ["/stock/issue", "/stock/reserve"])
def test_too_little_stock_says_how_much_there_is(owner, path):
    stock = factories.stocked(5)
    factories.reserved(stock, 2)
    place = {"item_id": str(stock.item_id), "warehouse_id": str(stock.warehouse_id)}
    assert owner.post(path, {**place, "quantity": 3.001}).refused(409)["details"] == {"available": 3}
    owner.post(path, {**place, "quantity": 3}).ok(201 if path.endswith("reserve") else 200)
    assert owner.post(path, {**place, "quantity": 1}).refused(409)["details"] == {"available": 0}


@pytest.mark.parametrize("path", ["/stock/issue", "/stock/reserve"])
def test_what_was_never_there_is_not_available(owner, path):
    body = {"item_id": str(factories.item()), "warehouse_id": str(factories.warehouse()), "quantity": 1}
    assert owner.post(path, body).refused(409)["details"] == {"available": 0}


def test_adjusting_takes_a_signed_change_and_a_reason(owner):
    stock = factories.stocked(5)
    factories.reserved(stock, 2)
    path = f"/stock/{stock.pk}/adjust"
    owner.post(path, {"quantity": 1}).refused(422, "reason")
    owner.post(path, {"reason": "count"}).refused(422, "quantity")
    assert owner.post(path, {"quantity": -3, "reason": "broken"}).ok()["available"] == 0
    assert owner.post(path, {"quantity": -1, "reason": "broken"}).refused(409)["details"] == {"available": 0}
    owner.post(f"/stock/{UNKNOWN}/adjust", {"quantity": 1, "reason": "x"}).refused(404)
    owner.post("/stock/nonsense/adjust", {"quantity": 1, "reason": "x"}).refused(404)


def test_a_transfer_is_between_two_warehouses_and_of_what_is_free(owner):
    stock = factories.stocked(5)
    factories.reserved(stock, 2)
    here, there = str(stock.warehouse_id), str(factories.warehouse())
    body = {"item_id": str(stock.item_id), "from_warehouse_id": here, "to_warehouse_id": there}
    owner.post("/stock/transfer", {**body, "to_warehouse_id": here, "quantity": 1}).refused(422, "to_warehouse_id")
    assert owner.post("/stock/transfer", {**body, "quantity": 4}).refused(409)["details"] == {"available": 3}
    assert owner.get("/stock", warehouse_id=there).ok()["total"] == 0
    moved = owner.post("/stock/transfer", {**body, "quantity": 3, "reason": "closer"}).ok()
    lines = owner.get("/movements", type="transfer").ok()["items"]
    assert {line["transfer_id"] for line in lines} == {moved["movement"]["transfer_id"]}
    assert sorted(line["quantity"] for line in lines) == [-3, 3]
    assert all(line["from_warehouse_id"] == here and line["to_warehouse_id"] == there for line in lines)


RECEIPT_FIELDS = [
    ("item_id", None),
    ("item_id", "x"),
    ("item_id", UNKNOWN),
    ("item_id", 5),
    ("quantity", None),
    ("quantity", 0),
    ("quantity", -1),
    ("quantity", 0.0001),
    ("quantity", "5"),
    ("quantity", True),
    ("quantity", 10**12),
    ("quantity", 1e300),
    ("colour", 1),
]
TEXTS = [("reference", 5), ("reference", "x" * 256), ("reason", []), ("reason", "x" * 1001)]
PLACE = [("warehouse_id", None), ("warehouse_id", "x"), ("warehouse_id", UNKNOWN)]
ENDS = [(f"{end}_warehouse_id", value) for end in ("from", "to") for value in (None, 5, UNKNOWN)]
RESERVE = [
    ("expires_at", "tomorrow"),
    ("expires_at", 5),
    ("expires_at", "2020-01-01T00:00:00Z"),
    ("expires_at", "9999-12-31T23:59:59-14:00"),
    ("order_id", "x"),
    ("order_id", 5),
]


@pytest.mark.parametrize(
    "path, field, value",
    [
        *((f"/stock{way}", *bad) for way in ("", "/receipt", "/issue") for bad in RECEIPT_FIELDS + TEXTS + PLACE),
        *(("/stock/reserve", *bad) for bad in RECEIPT_FIELDS + PLACE + RESERVE),
        *(("/stock/transfer", *bad) for bad in RECEIPT_FIELDS + TEXTS + ENDS),
    ],
    ids=short,
)
def test_bad_input_of_stock_is_named(owner, path, field, value):
    stock = factories.stocked(5)
    body = {"item_id": str(stock.item_id), "quantity": 1}
    if path == "/stock/transfer":
        body |= {"from_warehouse_id": str(stock.warehouse_id), "to_warehouse_id": str(factories.warehouse())}
    else:
        body["warehouse_id"] = str(stock.warehouse_id)
    owner.post(path, {**body, field: value}).refused(422, field)
    assert owner.get(f"/stock/{stock.pk}").ok()["available"] == 5


@pytest.mark.parametrize(
    "field, value",
    [
        ("quantity", 0),
        ("quantity", None),
        ("quantity", 0.0001),
        ("quantity", "1"),
        ("quantity", -(10**12)),
        ("reason", None),
        ("reason", ""),
        ("reason", "x" * 1001),
        ("reference", 5),
        ("item_id", UNKNOWN),
    ],
    ids=short,
)
def test_bad_input_of_an_adjustment_is_named(owner, field, value):
    body = {"quantity": 1, "reason": "count", field: value}
    owner.post(f"/stock/{factories.stocked(5).pk}/adjust", body).refused(422, field)


def test_a_quantity_beyond_what_fits_is_refused_when_it_is_written(owner):
    stock = factories.stocked(999_999_999_999)
    owner.post(f"/stock/{stock.pk}/adjust", {"quantity": 999_999_999_999, "reason": "x"}).refused(422)


# --- reorder levels, lists --------------------------------------------------------------------------------------------


def test_reorder_levels_and_the_low_filter(owner):
    stock, plenty = factories.stocked(5), factories.stocked(50)
    path = f"/stock/{stock.pk}"
    assert owner.put(path, {"reorder_point": 3, "reorder_quantity": 20}).ok()["reorder_quantity"] == 20
    owner.patch(f"/stock/{plenty.pk}", {"reorder_point": 3}).ok()
    assert owner.get("/stock", low="true").ok()["total"] == 0
    factories.reserved(stock, 2)
    assert [row["id"] for row in owner.get("/stock", low="true").ok()["items"]] == [str(stock.pk)]
    assert [row["id"] for row in owner.get("/stock", low="false").ok()["items"]] == [str(plenty.pk)]
    owner.put(path, {"reorder_point": 0}).ok()
    assert owner.get("/stock", low="true").ok()["total"] == 0
    whole = owner.get(path).ok()
    assert owner.put(path, {**whole, "quantity": 1000}).ok() == whole  # fields that can't be changed are ignored


@pytest.mark.parametrize("field", ["reorder_point", "reorder_quantity"])
@pytest.mark.parametrize("value", [None, -1, "5", 0.0001, True, 10**12])
def test_bad_reorder_levels_are_named(owner, field, value):
    owner.put(f"/stock/{factories.stocked().pk}", {field: value}).refused(422, field)


@pytest.mark.parametrize("query", [{}, {"sort_by": "sku"}, {"sort_by": "quantity", "sort_order": "desc"}], ids=str)
def test_stock_by_cursor_in_every_order(owner, query):
    rows = [factories.stocked(f"{n % 2 + 1}.5") for n in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = owner.get("/stock", cursor=cursor, limit=2, **query).ok()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(str(row.pk) for row in rows)
    assert seen == [row["id"] for row in owner.get("/stock", **query).ok()["items"]]


def test_a_forged_cursor_over_quantities_is_refused(owner):
    def cursor(key):
        return base64.urlsafe_b64encode(orjson.dumps(["quantity", False, key, UNKNOWN])).decode()

    numbers: tuple[Any, ...] = ("NaN", "1-", "x", None, [5], ["Decimal", "5"], {}, 1.5, "9" * 40, "1e99999")
    for forged in numbers:
        owner.get("/stock", cursor=cursor(forged), sort_by="quantity").refused(400, "cursor")
    for plain in (5, "5", "5.125"):
        owner.get("/stock", cursor=cursor(plain), sort_by="quantity").ok()


def test_unknown_parameters_and_bad_filters_are_refused(owner):
    for path, query in (
        ("/stock", {"low": "yes"}),
        ("/stock", {"item_id": "x"}),
        ("/stock", {"sort_by": "available"}),
        ("/stock", {"colour": "red"}),
        ("/movements", {"type": "gift"}),
        ("/reservations", {"status": "open"}),
        ("/warehouses", {"status": "open"}),
        ("/catalog/categories/tree", {"page": "1"}),
    ):
        owner.get(path, **query).refused(400)


# --- reservations -----------------------------------------------------------------------------------------------------


def test_reserving_holds_and_fulfilling_issues(owner):
    stock = factories.stocked(10)
    place = {"item_id": str(stock.item_id), "warehouse_id": str(stock.warehouse_id)}
    order_id = str(uuid.uuid4())
    made = owner.post("/stock/reserve", {**place, "quantity": 4, "order_id": order_id}).ok(201)
    assert (made["status"], made["quantity"], made["order_id"], made["expires_at"]) == ("active", 4, order_id, None)
    assert made["created_by"] == str(owner.user.pk)
    path = f"/stock/{stock.pk}"
    assert (owner.get(path).ok()["quantity"], owner.get(path).ok()["available"]) == (10, 6)
    done = owner.post(f"/reservations/{made['id']}/fulfill").ok()
    assert done["status"] == "fulfilled"
    assert done["closed_at"]
    after = owner.get(path).ok()
    assert (after["quantity"], after["reserved"], after["available"]) == (6, 0, 6)
    (movement,) = owner.get("/movements", order_id=order_id).ok()["items"]
    assert (movement["type"], movement["quantity"], movement["reservation_id"]) == ("issue", -4, made["id"])
    assert owner.get("/reservations", order_id=order_id, status="fulfilled").ok()["items"] == [done]
    assert owner.get(f"/reservations/{made['id']}").ok() == done


def test_cancelling_lets_go(owner):
    stock = factories.stocked(10)
    pk = factories.reserved(stock, 4)
    assert owner.post(f"/reservations/{pk}/cancel").ok()["status"] == "cancelled"
    assert owner.get(f"/stock/{stock.pk}").ok()["available"] == 10


def test_expired_ones_are_released_and_cannot_be_fulfilled(owner):
    stock = factories.stocked(10)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    pk, kept = factories.reserved(stock, 4, expires_at=soon), factories.reserved(stock, 1)
    assert expire_reservations() == 0
    late = factories.reserved(stock, 2, expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    with time_machine.travel(soon + dt.timedelta(seconds=1)):
        client = client_of(owner.user)
        assert client.post(f"/reservations/{pk}/fulfill").refused(409)["details"] == {"allowed": ["cancel"]}
    assert expire_reservations() == 1
    assert expire_reservations() == 0
    assert owner.get(f"/reservations/{late}").ok()["status"] == "expired"
    assert owner.get(f"/reservations/{kept}").ok()["status"] == "active"
    assert owner.get(f"/stock/{stock.pk}").ok()["reserved"] == 5


@pytest.mark.parametrize("action", ["fulfill", "cancel"])
@pytest.mark.parametrize("status", ["active", "fulfilled", "cancelled", "expired"])
def test_every_action_in_every_state(owner, status, action):
    pk = factories.reservation_in(status)
    answer = owner.post(f"/reservations/{pk}/{action}")
    if status == "active":
        assert answer.ok()["status"] == {"fulfill": "fulfilled", "cancel": "cancelled"}[action]
    else:
        assert answer.refused(409)["details"] == {"allowed": []}
        assert owner.get(f"/reservations/{pk}").ok()["status"] == status


@pytest.mark.parametrize("action", ["fulfill", "cancel"])
def test_actions_on_what_does_not_exist(owner, action):
    owner.post(f"/reservations/{UNKNOWN}/{action}").refused(404)
    owner.post(f"/reservations/nonsense/{action}").refused(404)


# --- audit ------------------------------------------------------------------------------------------------------------


def test_stock_is_audited_with_both_figures_and_who(owner):
    stock = factories.stocked(10)
    owner.post(f"/stock/{stock.pk}/adjust", {"quantity": 5, "reason": "count"}).ok()
    body = {"item_id": str(stock.item_id), "warehouse_id": str(stock.warehouse_id), "quantity": 4}
    reservation = owner.post("/stock/reserve", body).ok(201)["id"]
    owner.post(f"/reservations/{reservation}/fulfill").ok()
    entries = AuditEntry.objects.filter(resource_id=stock.pk, actor=owner.user.pk).order_by("id")
    assert [(entry.resource, entry.action, entry.changes) for entry in entries] == [
        ("inventory", "adjust", {"quantity": [10.0, 15.0]}),
        ("inventory", "reserve", {"reserved": [0.0, 4.0]}),
        ("inventory", "fulfill", {"quantity": [15.0, 11.0], "reserved": [4.0, 0.0]}),
    ]
    entries = AuditEntry.objects.filter(resource_id=reservation).order_by("id")
    assert [entry.action for entry in entries] == ["reserve", "fulfill"]
    assert entries[1].changes["status"] == ["active", "fulfilled"]
