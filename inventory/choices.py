"""The states of the catalogue, of warehouses and of reservations, and the kinds of movement."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ItemStatus(TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    DISCONTINUED = "discontinued", _("Discontinued")


class WarehouseStatus(TextChoices):
    """Only an active warehouse takes goods in or holds them for somebody. Goods leave any warehouse."""

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
"""What may be done with a reservation, by its status. The database's triggers hold the same machine."""
