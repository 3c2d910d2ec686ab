"""Errors of stock, with the available quantity."""

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import format_text
from skeleton.rest.http import number

_SHORT = _("There is not enough stock: {available} available.")


class NotEnoughStock(Conflict):
    """Less is available than requested. `item_id` identifies the item if several were requested."""

    def __init__(self, available: Decimal, *, item_id: UUID, of: str = "", field: str | None = None) -> None:
        self.available, self.item_id = available, item_id
        template = _("There is not enough stock of {item}: {available} available.") if of else _SHORT
        message = format_text(template, item=of, available=available)
        details = {"available": number(available)}
        super().__init__(message, details={field: message, **details} if field else details)
