"""Services of stock: receive, issue, adjust and transfer goods."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from inventory.choices import MovementType, WarehouseStatus
from inventory.models import Stock, Warehouse
from inventory.services.ledger import Line, StockLocation, ensure_stock_row, location_of, post
from skeleton.db import records
from skeleton.db.locks import lock_for_precondition
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import audited_transaction


@dataclass(frozen=True, slots=True)
class Transfer:
    """A completed transfer: its outgoing movement and the two stock rows."""

    movement_id: UUID
    from_stock_id: UUID
    to_stock_id: UUID


def receive_stock(
    *,
    item_id: UUID,
    warehouse_id: UUID,
    quantity: Decimal,
    actor: Actor,
    reference: str | None = None,
    reason: str | None = None,
) -> UUID:
    """Receive goods, `quantity` above 0. Returns the id of the stock row, which is created if needed.

    Raises Conflict if the warehouse is not active.
    """
    location = StockLocation(item_id, warehouse_id)
    with audited_transaction(actor, "receive"):
        require_active(warehouse_id)
        ensure_stock_row(location, new_id=uuid7())
        posted = post(
            [Line(location, quantity)], type=MovementType.RECEIPT, actor=actor, reference=reference, reason=reason
        )
    return posted[location].stock_id


def issue_stock(
    *,
    item_id: UUID,
    warehouse_id: UUID,
    quantity: Decimal,
    actor: Actor,
    reference: str | None = None,
    reason: str | None = None,
) -> UUID:
    """Issue unreserved goods, `quantity` above 0. Returns the id of the stock row. Raises NotEnoughStock."""
    location = StockLocation(item_id, warehouse_id)
    with audited_transaction(actor, "issue"):
        posted = post(
            [Line(location, -quantity)], type=MovementType.ISSUE, actor=actor, reference=reference, reason=reason
        )
    return posted[location].stock_id


def adjust_stock(*, stock_id: UUID, change: Decimal, reason: str, actor: Actor, reference: str | None = None) -> None:
    """Correct the quantity on hand by `change`, signed and not 0. Raises NotFound, NotEnoughStock."""
    with audited_transaction(actor, "adjust"):
        lock_for_precondition(Stock.objects.all(), stock_id)
        line = Line(location_of(stock_id), change)
        post([line], type=MovementType.ADJUSTMENT, actor=actor, reference=reference, reason=reason)


def transfer_stock(
    *,
    item_id: UUID,
    from_warehouse_id: UUID,
    to_warehouse_id: UUID,
    quantity: Decimal,
    actor: Actor,
    reference: str | None = None,
    reason: str | None = None,
) -> Transfer:
    """Move unreserved goods to another warehouse, where the stock row is created if needed.

    Raises Invalid if both are the same warehouse, Conflict if the target is not active, NotEnoughStock.
    """
    if from_warehouse_id == to_warehouse_id:
        raise Invalid(details={"to_warehouse_id": _("Must be another warehouse than the one it comes from.")})
    source, target = StockLocation(item_id, from_warehouse_id), StockLocation(item_id, to_warehouse_id)
    lines = [Line(source, -quantity, to_warehouse_id), Line(target, quantity, from_warehouse_id)]
    with audited_transaction(actor, "transfer"):
        require_active(to_warehouse_id)
        ensure_stock_row(target, new_id=uuid7())
        posted = post(
            lines,
            type=MovementType.TRANSFER,
            actor=actor,
            reference=reference,
            reason=reason,
            transfer_id=uuid7(),
        )
    return Transfer(posted[source].movement_id, posted[source].stock_id, posted[target].stock_id)


def set_reorder_levels(*, stock_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change `reorder_point` and `reorder_quantity`. Raises NotFound."""
    with audited_transaction(actor, "update"):
        records.update(Stock.objects.visible_to(actor), stock_id, values, actor=actor)


def require_active(warehouse_id: UUID) -> None:
    """Raise Conflict if the warehouse is not active."""
    warehouse = Warehouse.objects.filter(pk=warehouse_id).exclude(status=WarehouseStatus.ACTIVE).first()
    if warehouse:
        raise Conflict(
            format_text(
                _("The warehouse {name} is {status}. Activate it first, or choose another one."),
                name=warehouse.name,
                status=Label(WarehouseStatus(warehouse.status).label),
            )
        )
