"""Posts movements to the ledger, the only way to change a quantity on hand.

One statement locks the stock rows in order, checks what is available and posts the lines. The trigger on lines does the
arithmetic, so nothing is read to be written back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from inventory.choices import MovementType
from inventory.errors import NotEnoughStock
from inventory.services.low import notify_low_stock
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class StockLocation:
    """An item in a warehouse, which identifies a stock row."""

    item_id: UUID
    warehouse_id: UUID


@dataclass(frozen=True, slots=True)
class Line:
    """A change to post. `quantity` is signed, `other_warehouse_id` is the other end of a transfer."""

    location: StockLocation
    quantity: Decimal
    other_warehouse_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PostedLine:
    """The ids of a posted line."""

    stock_id: UUID
    movement_id: UUID


_POST = """
    WITH asked AS (
        SELECT * FROM unnest(%(items)s::uuid[], %(warehouses)s::uuid[], %(quantities)s::numeric[], %(others)s::uuid[])
            AS a (item_id, warehouse_id, change, other_warehouse_id)
    ), held AS (
        SELECT s.id, s.item_id, s.warehouse_id, s.available, a.change, a.other_warehouse_id
        FROM inventory_stock s JOIN asked a ON (a.item_id, a.warehouse_id) = (s.item_id, s.warehouse_id)
        ORDER BY s.item_id, s.warehouse_id FOR NO KEY UPDATE OF s
    ), posted AS (
        INSERT INTO inventory_movement
            (type, stock_id, quantity, reference, reason, transfer_id, other_warehouse_id, created_by_id)
        SELECT %(type)s, id, change, %(reference)s, %(reason)s, %(transfer_id)s::uuid, other_warehouse_id,
               %(actor_id)s::uuid
        FROM held WHERE available + change >= 0
        RETURNING id, stock_id
    )
    SELECT asked.item_id, asked.warehouse_id, held.id, held.available, posted.id
    FROM asked LEFT JOIN held ON (asked.item_id, asked.warehouse_id) = (held.item_id, held.warehouse_id)
               LEFT JOIN posted ON posted.stock_id = held.id
"""


def post(
    lines: Sequence[Line],
    *,
    type: MovementType,  # noqa: A002 (the column's name)
    actor: Actor,
    reference: str | None = None,
    reason: str | None = None,
    transfer_id: UUID | None = None,
) -> dict[StockLocation, PostedLine]:
    """Post `lines`, at most one for each location. Call this in an audited transaction.

    Raises NotEnoughStock if a line takes more than is available (on hand and not reserved).
    """
    values = {
        "items": [line.location.item_id for line in lines],
        "warehouses": [line.location.warehouse_id for line in lines],
        "quantities": [line.quantity for line in lines],
        "others": [line.other_warehouse_id for line in lines],
        "type": type,
        "reference": reference,
        "reason": reason,
        "transfer_id": transfer_id,
        "actor_id": actor.id,
    }
    posted = dict(_posted(run(_POST, values)))
    notify_low_stock({posted[line.location].stock_id: -line.quantity for line in lines if line.quantity < 0})
    return posted


def _posted(rows: list[tuple[Any, ...]]) -> Iterator[tuple[StockLocation, PostedLine]]:
    for item_id, warehouse_id, stock_id, available, movement_id in rows:
        if movement_id is None:
            raise NotEnoughStock(available or Decimal(0), item_id=item_id)
        yield StockLocation(item_id, warehouse_id), PostedLine(stock_id, movement_id)


_OPEN = """
    INSERT INTO inventory_stock
        (id, item_id, warehouse_id, quantity, reserved, reorder_point, reorder_quantity, created_at, updated_at)
    VALUES (%(id)s, %(item_id)s, %(warehouse_id)s, 0, 0, 0, 0, now(), now())
    ON CONFLICT ON CONSTRAINT inventory_stock_place_unique DO NOTHING
"""


def ensure_stock_row(location: StockLocation, *, new_id: UUID) -> None:
    """Create the stock row of `location` if there is none. Call this before taking any lock.

    It waits for transactions that create the same row, so it must not hold locks that they may need.
    """
    run(_OPEN, {"id": new_id, "item_id": location.item_id, "warehouse_id": location.warehouse_id}, rows=False)


def location_of(stock_id: UUID) -> StockLocation:
    """Return the item and warehouse of a stock row, which never change. Raises NotFound."""
    found = run("SELECT item_id, warehouse_id FROM inventory_stock WHERE id = %(id)s", {"id": stock_id})
    if not found:
        raise NotFound
    return StockLocation(*found[0])


def run(sql: str, values: dict[str, Any], *, rows: bool = True) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if rows else []
