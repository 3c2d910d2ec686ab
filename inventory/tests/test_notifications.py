"""Low stock is announced to all users who can write the inventory, once for each crossing, for every action."""

from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction

from inventory.models import Reservation
from inventory.services import orders, reservations, stock
from inventory.tests import factories
from skeleton.identity.tests.factories import user_with
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict
from skeleton.notifications.models import Notification
from skeleton.notifications.tests.factories import queued, told
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db

ORDER = UUID("01972b15-8000-7000-8000-0000000000aa")


@pytest.fixture
def keeper():
    """Can write the inventory."""
    return user_with("inventory:write")


def kept(quantity=10, reorder_point=5, **fields):
    """A stock row with a reorder point."""
    row = factories.stocked(quantity, **fields)
    stock.set_reorder_levels(stock_id=row.pk, values={"reorder_point": Decimal(reorder_point)}, actor=SYSTEM)
    return row


def issue(row, quantity):
    stock.issue_stock(item_id=row.item_id, warehouse_id=row.warehouse_id, quantity=Decimal(str(quantity)), actor=SYSTEM)


def receive(row, quantity):
    factories.stocked(quantity, item_id=row.item_id, warehouse_id=row.warehouse_id)


def times(user):
    return told(user).count("stock.low")


def test_once_at_each_crossing(keeper):
    row = kept(10, 5, item_id=factories.item(sku="B-8", name="Bolt"), warehouse_id=factories.warehouse(name="Main"))
    issue(row, "4.999")
    assert times(keeper) == 0
    issue(row, "0.001")  # exactly to the reorder point
    assert times(keeper) == 1
    issue(row, 2)  # already low
    assert times(keeper) == 1
    receive(row, 10)
    issue(row, 9)
    assert times(keeper) == 2
    first = present(Notification.objects.order_by("id").first())
    assert first.title == "Bolt is running low"
    assert first.body == "B-8 in Main: 5 available, to be reordered at 5."
    assert first.link == f"/api/v1/stock/{row.pk}"


def adjust(row):
    stock.adjust_stock(stock_id=row.pk, change=Decimal(-6), reason="count", actor=SYSTEM)


def transfer(row):
    stock.transfer_stock(
        item_id=row.item_id,
        from_warehouse_id=row.warehouse_id,
        to_warehouse_id=factories.warehouse(),
        quantity=Decimal(6),
        actor=SYSTEM,
    )


def reserve(row):
    factories.reserved(row, 6)


def order(row):
    orders.reserve_for_order(order_id=ORDER, needs={row.item_id: Decimal(6)}, actor=SYSTEM)


TAKING = {
    "issue": lambda row: issue(row, 6),
    "adjust": adjust,
    "transfer": transfer,
    "reserve": reserve,
    "order": order,
}


@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_whatever_takes_it(keeper, take):
    reader, also = user_with("inventory:read"), user_with("*:*")
    row, untouched = kept(), kept()
    take(row)
    assert times(keeper) == times(also) == 1
    assert times(reader) == 0
    assert Notification.objects.filter(link__endswith=str(untouched.pk)).count() == 0


@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_what_is_undone_told_nobody(keeper, take):
    row = kept()
    with transaction.atomic():
        take(row)
        assert times(keeper) == 1
        transaction.set_rollback(True)
    assert times(keeper) == 0
    assert not queued()


def test_what_was_held_is_taken_already(keeper):
    """Fulfilling a reservation or shipping an order doesn't change the available quantity."""
    row = kept()
    pk = factories.reserved(row, 6)
    assert times(keeper) == 1
    reservations.fulfill_reservation(reservation_id=pk, actor=SYSTEM)
    receive(row, 7)
    order(row)
    assert times(keeper) == 2
    orders.issue_for_order(order_id=ORDER, reference="ORD-1", actor=SYSTEM)
    assert Reservation.objects.filter(status="fulfilled").count() == 2
    assert times(keeper) == 2


def test_without_a_reorder_point_nothing_is_low(keeper):
    row = kept(10, 0)
    issue(row, 10)
    assert times(keeper) == 0


def test_giving_back_or_refusing_tells_nothing(keeper):
    row = kept()
    issue(row, 6)
    pk = factories.reserved(row, 1)
    reservations.cancel_reservation(reservation_id=pk, actor=SYSTEM)
    with pytest.raises(Conflict):
        issue(row, 100)
    stock.adjust_stock(stock_id=row.pk, change=Decimal(20), reason="count", actor=SYSTEM)
    assert times(keeper) == 1


def test_an_order_tells_of_each_of_its_rows(keeper):
    first, second, plenty = kept(), kept(), kept(100)
    needs = {row.item_id: Decimal(6) for row in (first, second, plenty)}
    orders.reserve_for_order(order_id=ORDER, needs=needs, actor=SYSTEM)
    links = set(Notification.objects.values_list("link", flat=True))
    assert links == {f"/api/v1/stock/{row.pk}" for row in (first, second)}


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_crosses(keeper):
    row = kept(10, 5)
    run_concurrently(*[lambda: issue(row, 1)] * 8)
    row.refresh_from_db()
    assert row.available == 2
    assert times(keeper) == 1
