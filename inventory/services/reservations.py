"""Holding stock for somebody: reserve, then fulfil, cancel or let expire.

Whoever ends a reservation locks its stock row first, as everybody does who changes stock; the reservation itself needs
no lock of its own then.
"""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.choices import RESERVATION_ACTIONS, ReservationStatus
from inventory.errors import NotEnoughStock
from inventory.models import Reservation
from inventory.services.ledger import run
from inventory.services.low import tell_of_low
from inventory.services.stock import require_active
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import Label, format_text
from skeleton.kernel.transactions import verb

EXPIRY_BATCH = 500
"""How many stock rows one transaction of the expiry locks at most."""

_RESERVE = """
    WITH held AS (
        SELECT id, item_id, warehouse_id, available FROM inventory_stock
        WHERE (item_id, warehouse_id) = (%(item_id)s, %(warehouse_id)s) FOR NO KEY UPDATE
    ), made AS (
        INSERT INTO inventory_reservation
            (id, stock_id, quantity, status, order_id, held_by_order, expires_at, created_by_id, created_at, updated_at)
        SELECT %(id)s, id, %(quantity)s, 'active', %(order_id)s::uuid, false, %(expires_at)s::timestamptz,
               %(actor_id)s::uuid, clock_timestamp(), clock_timestamp()
        FROM held WHERE available >= %(quantity)s
        RETURNING id
    )
    SELECT held.id, held.available, made.id FROM held LEFT JOIN made ON true
"""

_HOLD = """
    SELECT id FROM inventory_stock WHERE id = (SELECT stock_id FROM inventory_reservation WHERE id = %(id)s)
    FOR NO KEY UPDATE
"""

_FULFILL = """
    INSERT INTO inventory_movement (type, stock_id, quantity, reservation_id, order_id, created_by_id)
    SELECT 'issue', stock_id, -quantity, id, order_id, %(actor_id)s::uuid FROM inventory_reservation WHERE id = %(id)s
"""

_CANCEL = """
    UPDATE inventory_reservation
    SET status = 'cancelled', closed_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = %(id)s AND status = 'active'
"""

_EXPIRE = """
    WITH due AS (
        SELECT DISTINCT stock_id FROM inventory_reservation
        WHERE status = 'active' AND expires_at <= now() LIMIT %(limit)s
    ), held AS (
        SELECT id FROM inventory_stock WHERE id IN (SELECT stock_id FROM due)
        ORDER BY item_id, warehouse_id FOR NO KEY UPDATE
    )
    UPDATE inventory_reservation r
    SET status = 'expired', closed_at = clock_timestamp(), updated_at = clock_timestamp()
    FROM held WHERE r.stock_id = held.id AND r.status = 'active' AND r.expires_at <= now()
    RETURNING r.id
"""


def reserve_stock(
    *,
    item_id: UUID,
    warehouse_id: UUID,
    quantity: Decimal,
    actor: Actor,
    expires_at: dt.datetime | None = None,
    order_id: UUID | None = None,
) -> UUID:
    """Hold `quantity`, over 0, for somebody; the reservation's id.

    Raises Conflict where the warehouse is not active, NotEnoughStock.
    """
    values = {
        "id": uuid7(),
        "item_id": item_id,
        "warehouse_id": warehouse_id,
        "quantity": quantity,
        "order_id": order_id,
        "expires_at": expires_at,
        "actor_id": actor.id,
    }
    with verb(actor, "reserve"):
        require_active(warehouse_id)
        stock_id, available, made = next(iter(run(_RESERVE, values)), (None, Decimal(0), None))
        if made is None:
            raise NotEnoughStock(available, item_id=item_id)
        tell_of_low({stock_id: quantity})
    return values["id"]  # type: ignore[return-value]


def fulfill_reservation(*, reservation_id: UUID, actor: Actor) -> None:
    """Issue what is held. Raises NotFound, Conflict (ended, past its time, or an order's)."""
    with verb(actor, "fulfill"):
        reservation = _held(reservation_id)
        _require(reservation, "fulfill")
        if reservation.expires_at and reservation.expires_at <= timezone.now():
            raise Conflict(_("The reservation has expired."), details={"allowed": ["cancel"]})
        run(_FULFILL, {"id": reservation_id, "actor_id": actor.id}, rows=False)


def cancel_reservation(*, reservation_id: UUID, actor: Actor) -> None:
    """Let go of what is held. Raises NotFound, Conflict (ended, or an order's)."""
    with verb(actor, "cancel"):
        _require(_held(reservation_id), "cancel")
        run(_CANCEL, {"id": reservation_id}, rows=False)


def expire_reservations() -> int:
    """Let go of everything past its time; how many reservations that were. It may be run at any moment, and again."""
    expired = 0
    while True:
        with verb(SYSTEM, "expire"):
            found = len(run(_EXPIRE, {"limit": EXPIRY_BATCH}))
        expired += found
        if found == 0:
            return expired


def _held(reservation_id: UUID) -> Reservation:
    """The reservation as it is, its stock row locked. Raises NotFound."""
    if not run(_HOLD, {"id": reservation_id}):
        raise NotFound
    return Reservation.objects.get(pk=reservation_id)


def _require(reservation: Reservation, action: str) -> None:
    """Raises Conflict where `action` is not for this reservation."""
    allowed = list(RESERVATION_ACTIONS[reservation.status])
    if action not in allowed:
        status = Label(ReservationStatus(reservation.status).label)
        raise Conflict(format_text(_("The reservation is {status}."), status=status), details={"allowed": allowed})
    if reservation.held_by_order:
        raise Conflict(_("An order holds this: ship or cancel the order."), details={"allowed": []})
