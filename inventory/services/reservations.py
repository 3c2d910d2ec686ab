"""Services of reservations: reserve stock, then fulfil, cancel or expire the reservation.

Ending a reservation locks its stock row first, like every change of stock. The reservation itself then needs no lock.
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
from inventory.services.low import notify_low_stock
from inventory.services.stock import require_active
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.preconditions import check_precondition
from skeleton.kernel.transactions import audited_transaction

_EXPIRED = _("This reservation has expired. Make a new one instead.")
_ENDED = {
    ReservationStatus.FULFILLED: _("The goods of this reservation have already been issued."),
    ReservationStatus.CANCELLED: _("This reservation has been cancelled. Make a new one instead."),
    ReservationStatus.EXPIRED: _EXPIRED,
}

EXPIRY_BATCH = 500
"""The maximum number of stock rows that one expiry transaction locks."""

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

_LOCK_RESERVED_STOCK = """
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
    """Reserve `quantity`, above 0, and return the reservation's id.

    Raises Conflict if the warehouse is not active, NotEnoughStock.
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
    with audited_transaction(actor, "reserve"):
        require_active(warehouse_id)
        stock_id, available, made = next(iter(run(_RESERVE, values)), (None, Decimal(0), None))
        if made is None:
            raise NotEnoughStock(available, item_id=item_id)
        notify_low_stock({stock_id: quantity})
    return values["id"]  # type: ignore[return-value]


def fulfill_reservation(*, reservation_id: UUID, actor: Actor) -> None:
    """Issue the reserved stock. Raises NotFound, Conflict (ended, expired, or held by an order)."""
    with audited_transaction(actor, "fulfill"):
        reservation = _get_locked(reservation_id)
        _require(reservation, "fulfill")
        if reservation.expires_at and reservation.expires_at <= timezone.now():
            raise Conflict(_EXPIRED, details={"allowed": ["cancel"]})
        run(_FULFILL, {"id": reservation_id, "actor_id": actor.id}, rows=False)


def cancel_reservation(*, reservation_id: UUID, actor: Actor) -> None:
    """Release the reserved stock. Raises NotFound, Conflict (ended, or held by an order)."""
    with audited_transaction(actor, "cancel"):
        _require(_get_locked(reservation_id), "cancel")
        run(_CANCEL, {"id": reservation_id}, rows=False)


def expire_reservations() -> int:
    """Release all expired reservations and return their number. It can be run at any time, repeatedly."""
    expired = 0
    while True:
        with audited_transaction(SYSTEM, "expire"):
            found = len(run(_EXPIRE, {"limit": EXPIRY_BATCH}))
        expired += found
        if found == 0:
            return expired


def _get_locked(reservation_id: UUID) -> Reservation:
    """Lock the reservation's stock row and return the reservation. Raises NotFound."""
    if not run(_LOCK_RESERVED_STOCK, {"id": reservation_id}):
        raise NotFound
    check_precondition(reservation_id)  # a reservation only changes under the lock of its stock row
    return Reservation.objects.get(pk=reservation_id)


def _require(reservation: Reservation, action: str) -> None:
    """Raise Conflict if the reservation doesn't allow `action`."""
    allowed = list(RESERVATION_ACTIONS[reservation.status])
    if action not in allowed:
        raise Conflict(_ENDED[ReservationStatus(reservation.status)], details={"allowed": allowed})
    if reservation.held_by_order:
        raise Conflict(
            _("This reservation belongs to an order. Ship or cancel the order instead."), details={"allowed": []}
        )
