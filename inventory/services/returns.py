"""Service that takes goods back into stock, for documents that correct an issue of stock."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from inventory.choices import MovementType
from inventory.services.ledger import Line, Place, open_row, post
from inventory.services.stock import require_active
from skeleton.kernel.actors import Actor
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction


def receive_returns(goods: Mapping[Place, Decimal], *, reference: str, reason: str, actor: Actor) -> dict[Place, UUID]:
    """Receive `goods`, quantities above 0 by item and warehouse. Returns the movement of each place.

    Stock rows are created as needed. Raises Conflict if a warehouse is not active.
    """
    places = sorted(goods, key=lambda place: (place.item_id, place.warehouse_id))
    with audited_transaction(actor, "receive"):
        for warehouse_id in sorted({place.warehouse_id for place in places}):
            require_active(warehouse_id)
        for place in places:
            open_row(place, new_id=uuid7())
        lines = [Line(place, goods[place]) for place in places]
        posted = post(lines, type=MovementType.RECEIPT, actor=actor, reference=reference, reason=reason)
    return {place: done.movement_id for place, done in posted.items()}
