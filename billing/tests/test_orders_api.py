"""Orders over the API: the examples of the API reference, defaults from the catalogue, addresses, numbers, history."""

import datetime as dt

import pytest

from billing.models import Order
from billing.tests.factories import brought, customer, order, ordered
from inventory.models import Item
from inventory.tests import factories as stock
from parties.choices import PartyKind
from parties.models import Country
from parties.services import change_status as change_party
from parties.services import seed_countries
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def countries(db):
    seed_countries()


def body(customer_id, item_id, **fields):
    """The example as printed in the API reference."""
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


# --- what a line takes from the catalogue -----------------------------------------------------------------------------


def test_a_line_takes_what_it_does_not_say_from_its_item(owner):
    item = stock.item(unit_price=1234, currency="EUR", tax_rate=20, name="Widget")
    created = owner.post("/orders", {"customer_id": str(customer().pk), "lines": [line_of(item, quantity=2)]}).ok(201)
    assert created["currency"] == "EUR"
    assert (created["subtotal"], created["tax_total"], created["total"]) == (2468, 494, 2962)
    (line,) = created["lines"]
    assert (line["unit_price"], line["tax_rate"], line["discount"], line["currency"]) == (1234, 20, 0, "EUR")
    path = f"/orders/{created['id']}"
    more = owner.post(f"{path}/lines", line_of(item, quantity=1, unit_price=0, tax_rate=0, discount=0)).ok(201)
    assert [each["unit_price"] for each in more["lines"]] == [1234, 0]
    assert more["tax_breakdown"] == [{"rate": 0, "base": 0, "tax": 0}, {"rate": 20, "base": 2468, "tax": 494}]


def test_an_order_without_lines_is_in_the_customers_currency(owner):
    created = owner.post("/orders", {"customer_id": str(customer(currency="UAH").pk)}).ok(201)
    assert (created["currency"], created["lines"], created["total"]) == ("UAH", [], 0)


def line_of(item, **fields):
    return {"item_id": str(item), "quantity": 1, **fields}


def refused_lines(owner, *lines, **fields):
    answer = owner.post("/orders", {"customer_id": str(customer().pk), "lines": list(lines), **fields})
    assert not Order.objects.exists()
    return answer.refused(422)["details"]


def test_currencies_agree(owner):
    dollars, euros = stock.item(), stock.item(currency="EUR")
    assert set(refused_lines(owner, line_of(dollars), line_of(euros))) == {"lines.1.currency"}
    assert set(refused_lines(owner, line_of(dollars), currency="EUR")) == {"lines.0.currency"}
    assert set(refused_lines(owner, line_of(dollars, currency="EUR"))) == {"lines.0.unit_price"}
    asked = [line_of(dollars, unit_price=5, currency="EUR"), line_of(euros)]
    assert owner.post("/orders", {"customer_id": str(customer().pk), "lines": asked}).ok(201)["currency"] == "EUR"


def test_unknown_and_inactive_items(owner):
    gone, off, fine = stock.item(status="discontinued"), stock.item(status="inactive"), stock.item()
    nobody = "01972b15-8000-7000-8000-0000000000ff"
    details = refused_lines(owner, line_of(fine), line_of(gone), line_of(off), line_of(nobody))
    assert set(details) == {"lines.1.item_id", "lines.2.item_id", "lines.3.item_id"}
    made = order()
    path = f"/orders/{made.pk}/lines"
    owner.post(path, line_of(off)).refused(422, "item_id")
    owner.put(f"{path}/{made.lines.get().pk}", {"item_id": str(gone)}).refused(422, "item_id")
    owner.put(f"{path}/{made.lines.get().pk}", {"item_id": str(fine)}).ok()
    Item.objects.filter(pk=fine).update(status="inactive")
    assert owner.put(f"{path}/{made.lines.get().pk}", {"item_id": str(fine), "quantity": 2}).ok()  # it stays


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("item_id", None),
        ("item_id", "x"),
        ("quantity", 0),
        ("quantity", -1),
        ("quantity", "5"),
        ("quantity", 1.0001),
        ("unit_price", -1),
        ("unit_price", 1.5),
        ("unit_price", None),
        ("unit_price", 2**63),
        ("discount", -1),
        ("discount", 5001),
        ("tax_rate", 100.1),
        ("tax_rate", None),
        ("currency", "usd"),
        ("currency", None),
        ("colour", "red"),
        ("description", "x"),
    ],
)
def test_wrong_lines(owner, field, wrong):
    item = stock.item()
    assert set(refused_lines(owner, line_of(item, **{field: wrong}))) == {f"lines.0.{field}"}
    made = order(ordered(of=item))
    path = f"/orders/{made.pk}/lines"
    owner.post(path, line_of(item, **{field: wrong})).refused(422, field)
    owner.put(f"{path}/{made.lines.get().pk}", {field: wrong}).refused(422, field)


def test_sums_stay_within_int64(owner):
    item = stock.item(unit_price=2**62)
    assert set(refused_lines(owner, line_of(item), line_of(item))) == {"lines"}
    assert set(refused_lines(owner, line_of(item, quantity=2))) == {"lines.0.unit_price"}
    made = order(ordered(of=item))
    owner.post(f"/orders/{made.pk}/lines", line_of(item)).refused(422, "lines")
    assert owner.get(f"/orders/{made.pk}").ok()["total"] == 2**62


def test_lines_of_a_draft_change(owner):
    one, two = stock.item(unit_price=100, name="One"), stock.item(unit_price=999, name="Two")
    made = order(ordered(3, of=one), ordered(1, of=one))
    path = f"/orders/{made.pk}/lines"
    first, second = made.lines.order_by("position")
    shown = owner.patch(f"{path}/{first.pk}", {"item_id": str(two), "discount": 50}).ok()
    assert (shown["lines"][0]["item_name"], shown["lines"][0]["total"], shown["total"]) == ("Two", 250, 350)
    assert owner.put(f"{path}/{first.pk}", {}).ok() == shown
    shown = owner.delete(f"{path}/{first.pk}").ok()
    assert ([each["id"] for each in shown["lines"]], shown["total"]) == ([str(second.pk)], 100)
    owner.delete(f"{path}/{first.pk}").refused(404)
    owner.put(f"{path}/{first.pk}", {"quantity": 2}).refused(404)
    owner.delete(f"/orders/{order().pk}/lines/{second.pk}").refused(404)
    owner.put(f"{path}/{second.pk}", {"currency": "EUR"}).refused(422, "currency")


def test_a_renamed_item_keeps_its_name_on_what_was_ordered(owner):
    made = order(ordered(of=stock.item(name="Old name")))
    Item.objects.update(name="New name")
    assert owner.get(f"/orders/{made.pk}").ok()["lines"][0]["item_name"] == "Old name"


# --- the order itself -------------------------------------------------------------------------------------------------


def test_who_can_order(owner):
    acme = customer()
    supplier = customer(kind=PartyKind.SUPPLIER, currency=None)
    for wrong in (str(supplier.pk), "01972b15-8000-7000-8000-0000000000ff", "x", None):
        owner.post("/orders", {"customer_id": wrong}).refused(422, "customer_id")
    owner.post("/orders", {}).refused(422, "customer_id")
    made = order(of=acme)
    for action in ("deactivate", "blacklist"):
        change_party(kind=PartyKind.CUSTOMER, pk=acme.pk, action=action, actor=SYSTEM)
        assert owner.post("/orders", {"customer_id": str(acme.pk)}).refused(409)["details"]["allowed"] == ["activate"]
        owner.patch(f"/orders/{made.pk}/status", {"status": "confirmed"}).refused(409)
    assert owner.patch(f"/orders/{made.pk}/status", {"status": "cancelled"}).ok()


def test_what_cannot_be_changed_is_ignored_and_the_unknown_refused(owner):
    made = order()
    sent = {"customer_id": str(customer().pk), "lines": [], "status": "shipped", "number": "ORD-1", "currency": "EUR"}
    before = owner.get(f"/orders/{made.pk}").ok()
    assert owner.put(f"/orders/{made.pk}", sent).ok() == before
    owner.put(f"/orders/{made.pk}", {"priority": 1}).refused(422, "priority")
    owner.post("/orders", {"customer_id": str(made.customer_id), "priority": 1}).refused(422, "priority")


def test_notes_are_set_and_cleared(owner):
    path = f"/orders/{order(notes='x').pk}"
    assert owner.put(path, {"notes": "Ring twice"}).ok()["notes"] == "Ring twice"
    assert owner.put(path, {"notes": ""}).ok()["notes"] is None


def test_numbers_follow_one_another(owner):
    year = dt.datetime.now(dt.UTC).year
    assert [order().number for _ in range(3)] == [f"ORD-{year}-{n:06}" for n in (1, 2, 3)]
    found = owner.get("/orders", search=f"ord-{year}-000002").ok()
    assert [each["number"] for each in found["items"]] == [f"ORD-{year}-000002"]
    down = owner.get("/orders", sort_by="number", sort_order="desc").ok()["items"]
    assert [each["number"][-1] for each in down] == ["3", "2", "1"]


def test_lists_of_a_day(owner):
    order()
    today = dt.datetime.now(dt.UTC).date()
    later, before = str(today + dt.timedelta(days=1)), str(today - dt.timedelta(days=1))
    assert owner.get("/orders", from_date=str(today), to_date=str(today)).ok()["total"] == 1
    assert owner.get("/orders", from_date=later).ok()["total"] == 0
    assert owner.get("/orders", to_date=before).ok()["total"] == 0
    for wrong in (
        {"status": "lost"},
        {"customer_id": "x"},
        {"from_date": "2026"},
        {"colour": "red"},
        {"sort_by": "id"},
    ):
        owner.get("/orders", **wrong).refused(400)


def test_a_draft_follows_its_customers_name(owner):
    acme = customer(name="Acme")
    draft, pending = order(of=acme), brought("pending", of=acme)
    owner.put(f"/customers/{acme.pk}", {"name": "Acme Ltd"}).ok()
    assert owner.get(f"/orders/{draft.pk}").ok()["customer_name"] == "Acme Ltd"
    assert owner.get(f"/orders/{pending.pk}").ok()["customer_name"] == "Acme"
    assert [each["id"] for each in owner.get("/orders", search="acme ltd").ok()["items"]] == [str(draft.pk)]


# --- where it goes ----------------------------------------------------------------------------------------------------


def address(owner, **sent):
    made = owner.post("/orders", {"customer_id": str(customer().pk), "shipping_address": sent}).ok(201)
    return f"/orders/{made['id']}", made["shipping_address"]


def test_any_part_of_an_address_is_kept_as_it_was_sent(owner, countries):
    ukraine = str(Country.objects.get(code="UA").pk)
    for country in ("UA", "ua", "UKR", ukraine):
        _, shown = address(owner, city="Київ", country=country)
        assert shown == {"city": "Київ", "country": country, "country_id": ukraine}
    _, shown = address(owner, region="CA", type="shipping")
    assert shown == {"region": "CA", "type": "shipping", "country_id": None}
    assert owner.post("/orders", {"customer_id": str(customer().pk)}).ok(201)["shipping_address"] is None


def test_an_address_merges_and_is_cleared(owner, countries):
    path, _ = address(owner, city="Київ", street="Хрещатик 1", country="UA")
    france = str(Country.objects.get(code="FR").pk)
    shown = owner.put(path, {"shipping_address": {"city": "Paris", "street": "", "country": "FR"}}).ok()
    assert shown["shipping_address"] == {"city": "Paris", "street": None, "country": "FR", "country_id": france}
    shown = owner.patch(path, {"shipping_address": {"country": None}}).ok()
    assert shown["shipping_address"] == {"city": "Paris", "street": None, "country": None, "country_id": None}
    assert owner.put(path, {"shipping_address": None}).ok()["shipping_address"] is None
    assert owner.put(path, {"shipping_address": {"city": "Lviv"}}).ok()["shipping_address"]["city"] == "Lviv"


def test_a_partys_address_can_be_sent_as_it_is(owner, countries):
    acme = customer()
    party = owner.put(f"/customers/{acme.pk}", {"address": {"city": "Lviv", "country": "UA"}}).ok()
    for sent in (party["address"], party["addresses"][0]):
        body = {"customer_id": str(acme.pk), "shipping_address": sent}
        assert owner.post("/orders", body).ok(201)["shipping_address"]["country_id"] == party["address"]["country"]


@pytest.mark.parametrize(
    "field, wrong",
    [("country", "XX"), ("country", 5), ("city", 5), ("postal_code", "9" * 21), ("planet", "Mars"), ("type", "home")],
)
def test_wrong_addresses(owner, countries, field, wrong):
    sent = {"customer_id": str(customer().pk), "shipping_address": {field: wrong}}
    owner.post("/orders", sent).refused(422, f"shipping_address.{field}")
    owner.post("/orders", {**sent, "shipping_address": "Kyiv"}).refused(422, "shipping_address")


# --- stock ------------------------------------------------------------------------------------------------------------


def test_stock_is_held_issued_and_let_go_of(owner):
    goods, service = stock.stocked(10), stock.item()
    lines = [ordered(4, of=goods.item_id), ordered(2, of=goods.item_id), ordered(100, of=service)]

    def figures():
        goods.refresh_from_db()
        return goods.quantity, goods.reserved

    first, second = brought("confirmed", *lines), order(*lines)
    assert figures() == (10, 6)
    refused = owner.patch(f"/orders/{second.pk}/status", {"status": "confirmed"}).refused(409)
    assert refused["details"]["available"] == 4
    assert set(refused["details"]) == {"available", "lines.0.quantity"}
    second.refresh_from_db()
    assert (second.status, figures()) == ("draft", (10, 6))
    owner.patch(f"/orders/{first.pk}/status", {"status": "cancelled"}).ok()
    assert figures() == (10, 0)
    owner.patch(f"/orders/{second.pk}/status", {"status": "confirmed"}).ok()
    owner.patch(f"/orders/{second.pk}/status", {"status": "shipped"}).ok()
    assert figures() == (4, 0)
    (moved,) = owner.get("/movements", order_id=str(second.pk)).ok()["items"]
    assert (moved["quantity"], moved["reference"], moved["type"]) == (-6, second.number, "issue")
