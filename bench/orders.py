"""Measures orders of ten lines confirmed and shipped per second, with 1 and 16 clients, against hand-written SQL.

    SKELETON_DATA_DIR=$(mktemp -d) python -m bench.orders

It fills the data directory. `service` calls `change_status` twice. `by hand` runs two psycopg transactions with the
minimum of statements for the same guarantees: the audit triggers know the acting user, the customer is locked, the
credit limit is checked, the order changes its state, and its stock is reserved and issued. Tables and triggers are the
same, but the hand-written version sends no notifications. The orders are created beforehand, with ten lines each from
two hundred items, for a hundred customers with a credit limit.
"""

import json
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skeleton.settings")
django.setup()

import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from billing.choices import OrderStatus  # noqa: E402
from billing.models import Order  # noqa: E402
from billing.services.orders import create_order  # noqa: E402
from billing.services.transitions import change_status  # noqa: E402
from inventory.models import Item, Warehouse  # noqa: E402
from inventory.services.orders import _ISSUE, _LOCK_RESERVED_STOCK, _RESERVE  # noqa: E402
from inventory.services.stock import receive_stock  # noqa: E402
from parties.choices import PartyKind  # noqa: E402
from parties.models import Party  # noqa: E402
from skeleton.db import records  # noqa: E402
from skeleton.kernel.actors import SYSTEM  # noqa: E402

ROUNDS, CLIENTS, EACH = 5, (1, 16), {1: 30, 16: 6}
"""Number of orders that each client confirms and ships in a round."""

LINES, ITEMS, CUSTOMERS = 10, 200, 100
CHANCE = random.Random(7)

Do = Callable[[UUID], None]

# --- the same by hand -------------------------------------------------------------------------------------------------

ACTING = json.dumps({"actor_id": None, "actor_email": "system", "action": "confirm"})
CONTEXT = "SELECT set_config('skeleton.context', %(context)s, true)"
CUSTOMER = """
    SELECT p.credit_limit, p.status FROM parties_party p
    WHERE p.id = (SELECT customer_id FROM billing_order WHERE id = %(order_id)s) FOR NO KEY UPDATE
"""
CREDIT = """
    SELECT o.total + coalesce((SELECT sum(unbilled_total) FROM billing_order
                               WHERE customer_id = o.customer_id AND unbilled_total > 0 AND currency = o.currency), 0)
                   + coalesce((SELECT sum(total - amount_paid - amount_credited - amount_written_off)
                               FROM billing_invoice
                               WHERE customer_id = o.customer_id AND status = 'sent' AND currency = o.currency), 0)
    FROM billing_order o WHERE id = %(order_id)s
"""
MOVE = """
    UPDATE billing_order SET status = %(status)s, updated_at = now()
    WHERE id = %(order_id)s AND status = %(from)s RETURNING number
"""
NEEDS = "SELECT item_id, sum(quantity) FROM billing_order_line WHERE order_id = %(order_id)s GROUP BY item_id"

_local = threading.local()


def own_connection() -> psycopg.Connection[Any]:
    """Return this thread's connection, which prepares every statement at its first use."""
    if not hasattr(_local, "connection"):
        asked = {name: value for name, value in connection.get_connection_params().items() if name in WHERE}
        _local.connection = psycopg.connect(**asked, autocommit=True, prepare_threshold=0)
    found: psycopg.Connection[Any] = _local.connection
    return found


WHERE = ("host", "port", "user", "password", "dbname")


def by_hand(order_id: UUID) -> None:
    mine = own_connection()
    values: dict[str, Any] = {"order_id": order_id, "actor_id": None, "context": ACTING}
    with mine.transaction():
        run = mine.cursor().execute
        run(CONTEXT, values)
        limit, status = run(CUSTOMER, values).fetchone() or (0, "")
        exposure = (run(CREDIT, values).fetchone() or (0,))[0]
        if status != "active" or exposure > limit:
            raise SystemExit("by hand: the customer may not order")
        needs = run(NEEDS, values).fetchall()
        if not run(MOVE, {**values, "status": "confirmed", "from": "draft"}).fetchone():
            raise SystemExit("by hand: not a draft")
        items, quantities = map(list, zip(*needs, strict=True))
        if run(_RESERVE, {**values, "items": items, "quantities": quantities}).fetchall():
            raise SystemExit("by hand: too little stock")
    with mine.transaction():
        run = mine.cursor().execute
        run(CONTEXT, values)
        number = run(MOVE, {**values, "status": "shipped", "from": "confirmed"}).fetchone()
        run(_LOCK_RESERVED_STOCK, values)
        run(_ISSUE, {**values, "reference": number[0] if number else None})


def service(order_id: UUID) -> None:
    for status in (OrderStatus.CONFIRMED, OrderStatus.SHIPPED):
        change_status(order_id=order_id, status=status, actor=SYSTEM)


# --- measuring --------------------------------------------------------------------------------------------------------


def stocked_items() -> list[UUID]:
    warehouse = records.create(Warehouse, {"name": "Main"}, actor=SYSTEM)
    made = []
    for n in range(ITEMS):
        values = {"sku": f"B-{n}", "name": f"Item {n}", "unit_price": 100 + n, "currency": "USD"}
        made.append(records.create(Item, values, actor=SYSTEM))
        receive_stock(item_id=made[-1], warehouse_id=warehouse, quantity=Decimal(10**8), actor=SYSTEM)
    return made


def drafts(count: int, items: list[UUID], customers: Sequence[UUID]) -> list[UUID]:
    def lines() -> list[Any]:
        return [{"item_id": item, "quantity": Decimal(CHANCE.randint(1, 9))} for item in CHANCE.sample(items, LINES)]

    return [create_order(customer_id=CHANCE.choice(customers), lines=lines(), actor=SYSTEM) for _ in range(count)]


def per_second(do: Do, orders: list[UUID], clients: int) -> float:
    """Return the orders per second confirmed and shipped by `clients` clients, after a warm-up order each."""
    each = len(orders) // clients
    barrier = threading.Barrier(clients + 1)

    def work(index: int) -> None:
        mine = orders[index * each : (index + 1) * each]
        do(mine[0])
        barrier.wait()
        for order_id in mine[1:]:
            do(order_id)
        connection.close()
        if hasattr(_local, "connection"):
            _local.connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return (len(orders) - clients) / (time.perf_counter() - begun)


def main() -> None:
    call_command("migrate", verbosity=0)
    items = stocked_items()
    values = {"kind": PartyKind.CUSTOMER, "currency": "USD", "credit_limit": 10**15}
    customers = [
        Party.objects.create(name=f"Customer {n}", email=f"c{n}@example.com", **values).pk for n in range(CUSTOMERS)
    ]
    found: dict[tuple[int, str], list[float]] = {}
    for turn in range(ROUNDS):
        for clients in CLIENTS:
            ways = [("by hand", by_hand), ("service", service)]
            for name, do in ways[:: 1 if turn % 2 else -1]:
                orders = drafts(clients * (EACH[clients] + 1), items, customers)
                found.setdefault((clients, name), []).append(per_second(do, orders, clients))
    left = Order.objects.exclude(status="shipped").count()
    for clients in CLIENTS:
        hand, ours = found[clients, "by hand"], found[clients, "service"]
        share = statistics.median(a / b for a, b in zip(ours, hand, strict=True))
        print(
            f"{clients:3} clients   by hand {statistics.median(hand):6.1f} a second   "
            f"service {statistics.median(ours):6.1f} a second   {share:6.1%} of it"
        )
    print(f"{left} orders are left unshipped.")


if __name__ == "__main__":
    main()
