"""What an order asks of the stock: hold everything it needs, issue what it holds, let go of it.

To be called inside the order's own verb, after the order's row is locked and before a number is taken. Each is one or a
few statements however many lines there are, and locks stock rows in the order that holds everywhere.
"""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from inventory.errors import NotEnoughStock
from inventory.services.ledger import run
from inventory.services.low import tell_of_low
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import verb

# Where one warehouse has enough, the fullest one serves the item alone; else the fullest ones do together.
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

_HOLD = """
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
    """Hold for the order what its lines need: item ids to quantities over 0, each item once.

    Items that never had stock anywhere are services, and hold nothing. Raises NotEnoughStock for the first item in
    `needs` of which the active warehouses together have too little; nothing is held then.
    """
    if not needs:
        return
    values = {
        "items": list(needs),
        "quantities": list(needs.values()),
        "order_id": order_id,
        "actor_id": actor.id,
    }
    with verb(actor, "reserve"):
        taken: dict[UUID, Decimal] = {}
        for is_short, pk, quantity, name, sku, _ in run(_RESERVE, values):
            if is_short:
                raise NotEnoughStock(quantity, item_id=pk, of=f"{name} ({sku})")
            taken[pk] = quantity
        tell_of_low(taken)


def issue_for_order(*, order_id: UUID, reference: str, actor: Actor) -> int:
    """Issue everything that the order holds; how many movements that made, each with `reference`.

    What somebody reserved by hand in the order's name is let go of: the order's lines were held besides.
    """
    with verb(actor, "issue"):
        run(_HOLD, {"order_id": order_id})
        issued = run(_ISSUE, {"order_id": order_id, "reference": reference, "actor_id": actor.id})
        run(_RELEASE, {"order_id": order_id})
    return len(issued)


def release_for_order(*, order_id: UUID, actor: Actor) -> int:
    """Let go of everything that is held in the order's name; how many reservations that were."""
    with verb(actor, "release"):
        run(_HOLD, {"order_id": order_id})
        return len(run(_RELEASE, {"order_id": order_id}))
