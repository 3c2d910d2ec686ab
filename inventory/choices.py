"""The states of items, warehouses and reservations, and the types of movement."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ItemStatus(TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    DISCONTINUED = "discontinued", _("Discontinued")


class WarehouseStatus(TextChoices):
    """Only an active warehouse can receive or reserve goods. Goods can be issued from any warehouse."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    MAINTENANCE = "maintenance", _("Maintenance")


class MovementType(TextChoices):
    RECEIPT = "receipt", pgettext_lazy("movement", "Receipt")
    ISSUE = "issue", pgettext_lazy("movement", "Issue")
    ADJUSTMENT = "adjustment", pgettext_lazy("movement", "Adjustment")
    TRANSFER = "transfer", pgettext_lazy("movement", "Transfer")


class ReservationStatus(TextChoices):
    ACTIVE = "active", _("Active")
    FULFILLED = "fulfilled", _("Fulfilled")
    CANCELLED = "cancelled", pgettext_lazy("reservation", "Cancelled")
    EXPIRED = "expired", pgettext_lazy("reservation", "Expired")


RESERVATION_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    ReservationStatus.ACTIVE: ("fulfill", "cancel"),
    ReservationStatus.FULFILLED: (),
    ReservationStatus.CANCELLED: (),
    ReservationStatus.EXPIRED: (),
}
"""The actions that each status of a reservation allows. Triggers enforce the same state machine."""
