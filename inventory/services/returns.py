"""Service that takes goods back into stock, for documents that correct an issue of stock."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from inventory.choices import MovementType
from inventory.services.ledger import Line, StockLocation, ensure_stock_row, post
from inventory.services.stock import require_active
from skeleton.kernel.actors import Actor
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction


def receive_returns(
    goods: Mapping[StockLocation, Decimal], *, reference: str, reason: str, actor: Actor
) -> dict[StockLocation, UUID]:
    """Receive `goods`, quantities above 0 by item and warehouse. Returns the movement of each location.

    Stock rows are created as needed. Raises Conflict if a warehouse is not active.
    """
    locations = sorted(goods, key=lambda location: (location.item_id, location.warehouse_id))
    with audited_transaction(actor, "receive"):
        for warehouse_id in sorted({location.warehouse_id for location in locations}):
            require_active(warehouse_id)
        for location in locations:
            ensure_stock_row(location, new_id=uuid7())
        lines = [Line(location, goods[location]) for location in locations]
        posted = post(lines, type=MovementType.RECEIPT, actor=actor, reference=reference, reason=reason)
    return {location: done.movement_id for location, done in posted.items()}
