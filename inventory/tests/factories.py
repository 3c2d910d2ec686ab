"""A catalogue, warehouses and stock for tests, created by the services."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from inventory.models import Category, Item, Stock, Warehouse
from inventory.services import reservations, stock
from skeleton.db import records
from skeleton.kernel.actors import SYSTEM

_numbers = count(1)


def category(name: str = "Goods", *, parent: UUID | None = None) -> UUID:
    return records.create(Category, {"name": name, "parent_id": parent}, actor=SYSTEM)


def item(**fields: Any) -> UUID:
    n = next(_numbers)
    values = {"sku": f"PROD-{n:05}", "name": f"Product {n}", "unit_price": 5000, "currency": "USD", **fields}
    return records.create(Item, values, actor=SYSTEM)


def warehouse(**fields: Any) -> UUID:
    return records.create(Warehouse, {"name": f"Warehouse {next(_numbers)}", **fields}, actor=SYSTEM)


def stocked(quantity: Any = 10, *, item_id: UUID | None = None, warehouse_id: UUID | None = None) -> Stock:
    """Create a stock row with `quantity` on hand."""
    stock_id = stock.receive_stock(
        item_id=item_id or item(),
        warehouse_id=warehouse_id or warehouse(),
        quantity=Decimal(str(quantity)),
        actor=SYSTEM,
    )
    return Stock.objects.get(pk=stock_id)


def reserved(row: Stock, quantity: Any = 1, **fields: Any) -> UUID:
    """Reserve stock of `row`."""
    return reservations.reserve_stock(
        item_id=row.item_id, warehouse_id=row.warehouse_id, quantity=Decimal(str(quantity)), actor=SYSTEM, **fields
    )


def reservation_in(status: str) -> UUID:
    """Create a reservation and bring it into `status` with the services."""
    row = stocked(10)
    late = datetime.now(UTC) - timedelta(seconds=1)
    pk = reserved(row, 3, expires_at=late if status == "expired" else None)
    if status == "fulfilled":
        reservations.fulfill_reservation(reservation_id=pk, actor=SYSTEM)
    elif status == "cancelled":
        reservations.cancel_reservation(reservation_id=pk, actor=SYSTEM)
    elif status == "expired":
        reservations.expire_reservations()
    return pk
