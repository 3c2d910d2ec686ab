"""Generated sequences of actions, compared with a simple model of stock: two numbers per place, and reservations.

`SKELETON_EXAMPLES=200` tries that many sequences.
"""

import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from inventory.errors import NotEnoughStock
from inventory.integrity_checks import stock_differences
from inventory.models import Movement, Reservation, Stock
from inventory.services import orders, reservations, stock
from inventory.tests import factories
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict

EXAMPLES = int(os.environ.get("SKELETON_EXAMPLES", "15"))
QUANTITIES = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(20), places=3)
PLACES = st.tuples(st.integers(0, 1), st.integers(0, 1))  # item, warehouse


class StockMachine(RuleBasedStateMachine):
    """Two items in two warehouses. Every example is rolled back."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.items = [factories.item() for _ in range(2)]
        self.warehouses = sorted(factories.warehouse() for _ in range(2))
        self.on_hand: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        self.opened: set[tuple[int, int]] = set()
        self.active: dict[UUID, tuple[tuple[int, int], Decimal, bool]] = {}
        self.orders: dict[UUID, dict[tuple[int, int], Decimal]] = {}
        self.movements = 0

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # the model

    def free(self, place):
        held = sum(quantity for where, quantity, _ in self.active.values() if where == place)
        ordered = sum(taken.get(place, Decimal(0)) for taken in self.orders.values())
        return self.on_hand[place] - held - ordered

    def ids(self, place):
        return {"item_id": self.items[place[0]], "warehouse_id": self.warehouses[place[1]]}

    def expect(self, place, needed, call):
        """Check that `call` succeeds if and only if `needed` is available at `place`. Returns whether it did."""
        if needed <= self.free(place):
            call()
            return True
        with pytest.raises(NotEnoughStock) as refusal:
            call()
        assert refusal.value.available == max(self.free(place), 0)
        return False

    # goods

    @rule(place=PLACES, quantity=QUANTITIES)
    def receive(self, place, quantity):
        stock.receive_stock(**self.ids(place), quantity=quantity, actor=SYSTEM)
        self.on_hand[place] += quantity
        self.opened.add(place)
        self.movements += 1

    @rule(place=PLACES, quantity=QUANTITIES)
    def issue(self, place, quantity):
        if self.expect(place, quantity, lambda: stock.issue_stock(**self.ids(place), quantity=quantity, actor=SYSTEM)):
            self.on_hand[place] -= quantity
            self.movements += 1

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), change=QUANTITIES, down=st.booleans())
    def adjust(self, data, change, down):
        place = data.draw(st.sampled_from(sorted(self.opened)))
        signed = -change if down else change
        row = Stock.objects.get(**self.ids(place))
        adjusted = self.expect(
            place,
            change if down else Decimal(0),
            lambda: stock.adjust_stock(stock_id=row.pk, change=signed, reason="count", actor=SYSTEM),
        )
        if adjusted:
            self.on_hand[place] += signed
            self.movements += 1

    @rule(place=PLACES, quantity=QUANTITIES)
    def transfer(self, place, quantity):
        target = (place[0], 1 - place[1])
        moved = self.expect(
            place,
            quantity,
            lambda: stock.transfer_stock(
                item_id=self.items[place[0]],
                from_warehouse_id=self.warehouses[place[1]],
                to_warehouse_id=self.warehouses[target[1]],
                quantity=quantity,
                actor=SYSTEM,
            ),
        )
        if moved:
            self.on_hand[place] -= quantity
            self.on_hand[target] += quantity
            self.opened.add(target)
            self.movements += 2

    # reservations

    @rule(place=PLACES, quantity=QUANTITIES, late=st.booleans())
    def reserve(self, place, quantity, late):
        made = []
        expires_at = datetime.now(UTC) - timedelta(days=1) if late else None
        reserved = self.expect(
            place,
            quantity,
            lambda: made.append(
                reservations.reserve_stock(**self.ids(place), quantity=quantity, expires_at=expires_at, actor=SYSTEM)
            ),
        )
        if reserved:
            self.active[made[0]] = (place, quantity, late)

    @precondition(lambda self: self.active)
    @rule(data=st.data(), fulfill=st.booleans())
    def end(self, data, fulfill):
        pk = data.draw(st.sampled_from(sorted(self.active)))
        place, quantity, late = self.active[pk]
        if fulfill and late:
            with pytest.raises(Conflict):
                reservations.fulfill_reservation(reservation_id=pk, actor=SYSTEM)
            return
        verb = reservations.fulfill_reservation if fulfill else reservations.cancel_reservation
        verb(reservation_id=pk, actor=SYSTEM)
        with pytest.raises(Conflict):
            verb(reservation_id=pk, actor=SYSTEM)
        del self.active[pk]
        if fulfill:
            self.on_hand[place] -= quantity
            self.movements += 1

    @rule()
    def expire(self):
        late = [pk for pk, (_, _, late) in self.active.items() if late]
        assert reservations.expire_reservations() == len(late)
        for pk in late:
            del self.active[pk]

    # orders

    def served(self, needs):
        """Return what an order would take from which place, and the first item with too little stock, if any."""
        taken, short = {}, None
        for item, need in needs.items():
            places = [(item, warehouse) for warehouse in (0, 1) if (item, warehouse) in self.opened]
            if not places:
                continue  # a service
            if short is None and sum(self.free(place) for place in places) < need:
                short = item
            left = need
            for place in sorted(places, key=lambda place: (-self.free(place), place)):
                if left > 0 and self.free(place) > 0:
                    taken[place] = min(left, self.free(place))
                    left -= taken[place]
        return taken, short

    @rule(needs=st.dictionaries(st.integers(0, 1), QUANTITIES, min_size=1))
    def order(self, needs):
        order_id = uuid4()
        taken, short = self.served(needs)
        asked = {self.items[item]: need for item, need in needs.items()}
        if short is not None:
            with pytest.raises(NotEnoughStock) as refusal:
                orders.reserve_for_order(order_id=order_id, needs=asked, actor=SYSTEM)
            assert refusal.value.item_id == self.items[short]
            return
        orders.reserve_for_order(order_id=order_id, needs=asked, actor=SYSTEM)
        self.orders[order_id] = taken

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), ship=st.booleans())
    def end_order(self, data, ship):
        order_id = data.draw(st.sampled_from(sorted(self.orders)))
        taken = self.orders.pop(order_id)
        if not ship:
            assert orders.release_for_order(order_id=order_id, actor=SYSTEM) == len(taken)
            return
        assert orders.issue_for_order(order_id=order_id, reference="x", actor=SYSTEM) == len(taken)
        for place, quantity in taken.items():
            self.on_hand[place] -= quantity
            self.movements += 1

    # invariants

    @invariant()
    def the_database_says_what_the_model_says(self):
        rows = {(row.item_id, row.warehouse_id): row for row in Stock.objects.filter(item_id__in=self.items)}
        assert len(rows) == len(self.opened)
        for place in self.opened:
            row = rows[tuple(self.ids(place).values())]
            assert (row.quantity, row.available) == (self.on_hand[place], self.free(place))
            assert 0 <= row.reserved <= row.quantity
        assert Movement.objects.filter(item_id__in=self.items).count() == self.movements
        open_ones = len(self.active) + sum(len(taken) for taken in self.orders.values())
        assert Reservation.objects.filter(item_id__in=self.items, status="active").count() == open_ones
        assert stock_differences() == []
        connection.check_constraints()


def run(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.django_db
def test_any_sequence_of_verbs_matches_the_model():
    run(StockMachine)
