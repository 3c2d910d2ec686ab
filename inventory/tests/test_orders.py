"""Stock services for orders."""

import uuid
from decimal import Decimal

import pytest

from inventory.errors import NotEnoughStock
from inventory.integrity_checks import stock_differences
from inventory.models import Item, Movement, Reservation, Stock, Warehouse
from inventory.services.orders import issue_for_order, release_for_order, reserve_for_order
from inventory.tests import factories
from skeleton.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db

ORDER = uuid.UUID("01972b15-8000-7000-8000-0000000000aa")


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert stock_differences() == []


def reserve(**needs):
    reserve_for_order(order_id=ORDER, needs=needs.pop("items"), actor=SYSTEM)


def figures(row):
    row = Stock.objects.get(pk=row.pk)
    return row.quantity, row.reserved


def test_one_warehouse_with_enough_serves_alone():
    less = factories.stocked(6)
    more = factories.stocked(8, item_id=less.item_id)
    reserve(items={less.item_id: Decimal(5)})
    assert (figures(less), figures(more)) == ((6, 0), (8, 5))


def test_several_serve_together_where_none_has_enough_alone():
    less = factories.stocked(6)
    more = factories.stocked(8, item_id=less.item_id)
    factories.stocked(1, item_id=less.item_id)
    reserve(items={less.item_id: Decimal("12.5")})
    assert (figures(less), figures(more)) == ((6, Decimal("4.5")), (8, 8))
    assert Reservation.objects.count() == 2


def test_a_short_item_stops_everything_and_names_itself():
    plenty, short, shorter = factories.stocked(10), factories.stocked(3), factories.stocked(1)
    needs = {plenty.item_id: Decimal(1), short.item_id: Decimal(4), shorter.item_id: Decimal(4)}
    with pytest.raises(NotEnoughStock) as refusal:
        reserve(items=needs)
    assert (refusal.value.item_id, refusal.value.details) == (short.item_id, {"available": 3})
    assert Item.objects.get(pk=short.item_id).sku in refusal.value.message
    assert figures(plenty) == (10, 0)
    assert not Reservation.objects.exists()


def test_what_never_had_stock_is_a_service_but_what_is_sold_out_is_not():
    service, empty = factories.item(), factories.stocked(1)
    reserve(items={service: Decimal(100)})
    assert not Reservation.objects.exists()
    reserve(items={empty.item_id: Decimal(1)})
    with pytest.raises(NotEnoughStock):
        reserve(items={empty.item_id: Decimal(1)})


def test_closed_warehouses_do_not_serve_orders():
    row = factories.stocked(10)
    Warehouse.objects.filter(pk=row.warehouse_id).update(status="maintenance")
    with pytest.raises(NotEnoughStock) as refusal:
        reserve(items={row.item_id: Decimal(1)})
    assert refusal.value.details == {"available": 0}


def test_issuing_takes_both_figures_down_and_names_the_order():
    rows = [factories.stocked(10) for _ in range(3)]
    reserve(items={row.item_id: Decimal(4) for row in rows})
    factories.reserved(rows[0], 2, order_id=ORDER)  # a manual reservation in addition
    assert issue_for_order(order_id=ORDER, reference="ORD-2026-000001", actor=SYSTEM) == 3
    assert [figures(row) for row in rows] == [(6, 0)] * 3
    movements = Movement.objects.filter(order_id=ORDER)
    assert {(m.type, m.quantity, m.reference) for m in movements} == {("issue", -4, "ORD-2026-000001")}
    assert issue_for_order(order_id=ORDER, reference="again", actor=SYSTEM) == 0


def test_releasing_gives_everything_back():
    rows = [factories.stocked(10) for _ in range(3)]
    reserve(items={row.item_id: Decimal(4) for row in rows})
    assert release_for_order(order_id=ORDER, actor=SYSTEM) == 3
    assert [figures(row) for row in rows] == [(10, 0)] * 3
    assert release_for_order(order_id=ORDER, actor=SYSTEM) == 0


@pytest.mark.parametrize("action", ["fulfill", "cancel"])
def test_what_an_order_holds_is_not_ended_by_hand(owner, action):
    row = factories.stocked(10)
    reserve(items={row.item_id: Decimal(4)})
    pk = Reservation.objects.get().pk
    assert owner.post(f"/reservations/{pk}/{action}").refused(409)["details"] == {"allowed": []}
    assert figures(row) == (10, 4)


def test_ten_lines_take_as_many_statements_as_one(django_assert_num_queries):
    rows = [factories.stocked(10) for _ in range(10)]
    needs = {row.item_id: Decimal(1) for row in rows}
    transaction = 3  # savepoint, who acts, release
    with django_assert_num_queries(transaction + 2):  # hold; which of the rows are low now
        reserve(items=needs)
    with django_assert_num_queries(transaction + 3):
        issue_for_order(order_id=ORDER, reference="x", actor=SYSTEM)


def test_an_order_that_needs_nothing_holds_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        reserve(items={})
