"""Stock services for orders: reserve everything an order needs, issue it, or release it.

Call them in the order's audited transaction, after locking the order and before taking a number. Each needs only a few
statements, regardless of the number of lines, and locks stock rows in the general lock order.
"""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from inventory.errors import NotEnoughStock
from inventory.services.ledger import run
from inventory.services.low import notify_low_stock
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import audited_transaction

# If a single warehouse has enough of an item, the fullest one supplies it; otherwise several do, fullest first.
_RESERVE = """
    WITH asked AS (
        SELECT * FROM unnest(%(items)s::uuid[], %(quantities)s::numeric[]) WITH ORDINALITY AS a (item_id, need, place)
    ), held AS (
        SELECT s.id, s.item_id, s.warehouse_id, s.available
        FROM inventory_stock s JOIN inventory_warehouse w ON w.id = s.warehouse_id
        WHERE s.item_id = ANY(%(items)s::uuid[]) AND w.status = 'active'
        ORDER BY s.item_id, s.warehouse_id FOR NO KEY UPDATE OF s
    ), spread AS (
        SELECT held.*, need, sum(available) OVER (
            PARTITION BY item_id ORDER BY available DESC, warehouse_id ROWS UNBOUNDED PRECEDING) - available AS taken
        FROM held JOIN asked USING (item_id)
    ), made AS (
        INSERT INTO inventory_reservation
            (id, stock_id, quantity, status, order_id, held_by_order, created_by_id, created_at, updated_at)
        SELECT skeleton_uuid7(), id, least(available, need - taken), 'active', %(order_id)s, true,
               %(actor_id)s::uuid, clock_timestamp(), clock_timestamp()
        FROM spread WHERE taken < need AND available > 0 ORDER BY item_id, warehouse_id
        RETURNING stock_id, quantity
    ), short AS (
        SELECT a.item_id, i.name, i.sku, there.available, a.place
        FROM asked a JOIN inventory_item i ON i.id = a.item_id CROSS JOIN LATERAL (
            SELECT coalesce(sum(held.available), 0) AS available FROM held WHERE held.item_id = a.item_id
        ) AS there
        WHERE there.available < a.need AND EXISTS (SELECT FROM inventory_stock s WHERE s.item_id = a.item_id)
    )
    SELECT true, item_id, available, name, sku, place FROM short
    UNION ALL SELECT false, stock_id, quantity, NULL, NULL, NULL FROM made
    ORDER BY place
"""

_LOCK_RESERVED_STOCK = """
    SELECT id FROM inventory_stock
    WHERE id IN (SELECT stock_id FROM inventory_reservation WHERE order_id = %(order_id)s AND status = 'active')
    ORDER BY item_id, warehouse_id FOR NO KEY UPDATE
"""

_ISSUE = """
    INSERT INTO inventory_movement (type, stock_id, quantity, reservation_id, order_id, reference, created_by_id)
    SELECT 'issue', stock_id, -quantity, id, order_id, %(reference)s, %(actor_id)s::uuid
    FROM inventory_reservation WHERE order_id = %(order_id)s AND status = 'active' AND held_by_order
    ORDER BY item_id, warehouse_id
    RETURNING id
"""

_RELEASE = """
    UPDATE inventory_reservation
    SET status = 'cancelled', closed_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE order_id = %(order_id)s AND status = 'active'
    RETURNING id
"""


def reserve_for_order(*, order_id: UUID, needs: Mapping[UUID, Decimal], actor: Actor) -> None:
    """Reserve what the order's lines need: `needs` maps item ids to quantities above 0.

    Items that never had a stock row are services, and nothing is reserved for them. Raises NotEnoughStock for the first
    item in `needs` of which the active warehouses together have too little; nothing is reserved then.
    """
    if not needs:
        return
    values = {
        "items": list(needs),
        "quantities": list(needs.values()),
        "order_id": order_id,
        "actor_id": actor.id,
    }
    with audited_transaction(actor, "reserve"):
        taken: dict[UUID, Decimal] = {}
        for is_short, pk, quantity, name, sku, _ in run(_RESERVE, values):
            if is_short:
                raise NotEnoughStock(quantity, item_id=pk, of=f"{name} ({sku})")
            taken[pk] = quantity
        notify_low_stock(taken)


def issue_for_order(*, order_id: UUID, reference: str, actor: Actor) -> int:
    """Issue everything that is reserved for the order's lines, with `reference`. Returns the number of movements.

    Manual reservations for the order are released, since its lines have reservations of their own.
    """
    with audited_transaction(actor, "issue"):
        run(_LOCK_RESERVED_STOCK, {"order_id": order_id})
        issued = run(_ISSUE, {"order_id": order_id, "reference": reference, "actor_id": actor.id})
        run(_RELEASE, {"order_id": order_id})
    return len(issued)


def release_for_order(*, order_id: UUID, actor: Actor) -> int:
    """Release all reservations for the order and return their number."""
    with audited_transaction(actor, "release"):
        run(_LOCK_RESERVED_STOCK, {"order_id": order_id})
        return len(run(_RELEASE, {"order_id": order_id}))
