"""The states of the catalogue, of warehouses and of reservations, and the kinds of movement."""

from typing import Final

from django.db.models import TextChoices


class ItemStatus(TextChoices):
    ACTIVE = "active"
    INACTIVE = "inactive"
    DISCONTINUED = "discontinued"


class WarehouseStatus(TextChoices):
    """Only an active warehouse takes goods in or holds them for somebody. Goods leave any warehouse."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    MAINTENANCE = "maintenance"


class MovementType(TextChoices):
    RECEIPT = "receipt"
    ISSUE = "issue"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"


class ReservationStatus(TextChoices):
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


RESERVATION_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    ReservationStatus.ACTIVE: ("fulfill", "cancel"),
    ReservationStatus.FULFILLED: (),
    ReservationStatus.CANCELLED: (),
    ReservationStatus.EXPIRED: (),
}
"""What may be done with a reservation, by its status. The database's triggers hold the same machine."""
