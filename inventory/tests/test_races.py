"""Races, with real threads on the real database. `SKELETON_RACE_SECONDS=10` runs the long ones at full length."""

import os
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from inventory.errors import NotEnoughStock
from inventory.integrity_checks import stock_differences
from inventory.models import Category, Movement, Reservation, Stock
from inventory.services import categories
from inventory.services.orders import issue_for_order, release_for_order, reserve_for_order
from inventory.services.reservations import (
    cancel_reservation,
    expire_reservations,
    fulfill_reservation,
    reserve_stock,
)
from inventory.services.stock import issue_stock, receive_stock, transfer_stock
from inventory.tests import factories
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("SKELETON_RACE_SECONDS", "3"))


@pytest.fixture(autouse=True)
def _books_agree(transactional_db):
    yield
    assert stock_differences() == []


def refusals(results):
    return [result for result in results if isinstance(result, DomainError)]


@pytest.mark.parametrize("way", ["issue", "reserve", "issue against reserve", "order"])
def test_two_requests_for_the_last_piece(way):
    stock = factories.stocked(1)
    ask: dict[str, Any] = {
        "item_id": stock.item_id,
        "warehouse_id": stock.warehouse_id,
        "quantity": Decimal(1),
        "actor": SYSTEM,
    }
    contenders: dict[str, list[Callable[[], object]]] = {
        "issue": [lambda: issue_stock(**ask)] * 2,
        "reserve": [lambda: reserve_stock(**ask)] * 2,
        "issue against reserve": [lambda: issue_stock(**ask), lambda: reserve_stock(**ask)],
        "order": [lambda: reserve_for_order(order_id=uuid4(), needs={stock.item_id: Decimal(1)}, actor=SYSTEM)] * 2,
    }
    (loser,) = refusals(run_concurrently(*contenders[way]))
    assert isinstance(loser, NotEnoughStock)
    assert loser.details == {"available": 0}
    assert Stock.objects.get(pk=stock.pk).available == 0


@pytest.mark.parametrize("way", ["by hand", "by order"])
def test_sixteen_reservers_and_the_last_five_pieces(way):
    stock = factories.stocked(2)
    other = factories.stocked(3, item_id=stock.item_id)

    def by_hand(n):
        row = stock if n % 2 else other
        return reserve_stock(item_id=row.item_id, warehouse_id=row.warehouse_id, quantity=Decimal(1), actor=SYSTEM)

    def by_order(n):
        return reserve_for_order(order_id=uuid4(), needs={stock.item_id: Decimal(1)}, actor=SYSTEM)

    buy = by_hand if way == "by hand" else by_order
    results = run_concurrently(*(lambda n=n: buy(n) for n in range(16)))
    assert len(refusals(results)) == 11
    assert Reservation.objects.filter(status="active").count() == 5


def test_orders_of_the_same_items_in_opposite_orders_do_not_deadlock():
    items = [factories.stocked(1000).item_id for _ in range(6)]
    ends = time.monotonic() + SECONDS

    def buyer(mine):
        done = 0
        while time.monotonic() < ends:
            order_id = uuid4()
            reserve_for_order(order_id=order_id, needs=dict.fromkeys(mine, Decimal(1)), actor=SYSTEM)
            if done % 2:
                issue_for_order(order_id=order_id, reference="x", actor=SYSTEM)
            else:
                release_for_order(order_id=order_id, actor=SYSTEM)
            done += 1
        return done

    results = run_concurrently(
        *(lambda mine=mine: buyer(mine) for mine in (items, items[::-1], items[3:] + items[:3], items[2:]))
    )
    assert refusals(results) == []
    assert all(results)


def test_transfers_in_opposite_directions_do_not_deadlock_and_lose_nothing():
    here = factories.stocked(50)
    there = factories.stocked(50, item_id=here.item_id)
    ends = time.monotonic() + SECONDS

    def mover(source, target):
        done = 0
        while time.monotonic() < ends:
            try:
                transfer_stock(
                    item_id=here.item_id,
                    from_warehouse_id=source.warehouse_id,
                    to_warehouse_id=target.warehouse_id,
                    quantity=Decimal("1.5"),
                    actor=SYSTEM,
                )
                done += 1
            except NotEnoughStock:
                pass
        return done

    results = run_concurrently(*[lambda: mover(here, there), lambda: mover(there, here)] * 2)
    assert refusals(results) == []
    assert Movement.objects.filter(type="transfer").count() == 2 * sum(results)
    rows = Stock.objects.filter(item_id=here.item_id)
    assert sum(row.quantity for row in rows) == 100


def test_fulfilling_against_cancelling_and_expiring():
    stock = factories.stocked(10)
    for _ in range(8):
        pk = factories.reserved(stock, 1)
        results = run_concurrently(
            partial(fulfill_reservation, reservation_id=pk, actor=SYSTEM),
            partial(cancel_reservation, reservation_id=pk, actor=SYSTEM),
            expire_reservations,
        )
        (loser,) = refusals(results)
        assert isinstance(loser, Conflict)
        assert Reservation.objects.get(pk=pk).status in ("fulfilled", "cancelled")
    fulfilled = Reservation.objects.filter(status="fulfilled").count()
    assert Stock.objects.get(pk=stock.pk).quantity == 10 - fulfilled


def test_fulfilling_twice_issues_once():
    stock = factories.stocked(10)
    pk = factories.reserved(stock, 4)
    results = run_concurrently(*[lambda: fulfill_reservation(reservation_id=pk, actor=SYSTEM)] * 4)
    assert len(refusals(results)) == 3
    assert Stock.objects.get(pk=stock.pk).quantity == 6


def test_the_first_receipts_of_an_item_share_one_row():
    item_id, warehouse_id = factories.item(), factories.warehouse()
    ask: dict[str, Any] = {"item_id": item_id, "warehouse_id": warehouse_id, "quantity": Decimal(1), "actor": SYSTEM}
    results = run_concurrently(*[lambda: receive_stock(**ask)] * 8)
    assert len(set(results)) == 1
    assert Stock.objects.get().quantity == 8


def test_shipping_against_cancelling_an_order():
    stock = factories.stocked(10)
    order_id = uuid4()
    reserve_for_order(order_id=order_id, needs={stock.item_id: Decimal(4)}, actor=SYSTEM)
    run_concurrently(
        lambda: issue_for_order(order_id=order_id, reference="x", actor=SYSTEM),
        lambda: release_for_order(order_id=order_id, actor=SYSTEM),
    )
    row = Stock.objects.get(pk=stock.pk)
    assert row.reserved == 0
    assert row.quantity in (6, 10)
    assert Movement.objects.filter(order_id=order_id).count() == (row.quantity == 6)


def test_two_moves_do_not_close_a_circle():
    for _ in range(5):
        one, two = factories.category(), factories.category()
        results = run_concurrently(
            partial(categories.update_category, category_id=one, values={"parent_id": two}, actor=SYSTEM),
            partial(categories.update_category, category_id=two, values={"parent_id": one}, actor=SYSTEM),
        )
        assert len(refusals(results)) == 1
        assert sorted(
            len(path) for path in Category.objects.filter(pk__in=[one, two]).values_list("path", flat=True)
        ) == [
            1,
            2,
        ]
