"""Refusals of stock that say how much there is."""

from decimal import Decimal
from uuid import UUID

from skeleton.kernel.errors import Conflict
from skeleton.rest.http import number


class NotEnoughStock(Conflict):
    """Less is available than was asked for. `item_id` says of what, for whoever asked for several items."""

    def __init__(self, available: Decimal, *, item_id: UUID, of: str = "", field: str | None = None) -> None:
        self.available, self.item_id = available, item_id
        message = f"There is not enough stock{f' of {of}' if of else ''}: {number(available)} available."
        details = {"available": number(available)}
        super().__init__(message, details={field: message, **details} if field else details)
