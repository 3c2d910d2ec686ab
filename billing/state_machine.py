"""The state machine of orders: one table, used by `change_status` and for the allowed transitions in the API.

A trigger enforces the same transitions in PostgreSQL (migration 0009); a test compares the two. The diagram in
`docs/orders.md` is generated from here.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.choices import OrderStatus
from billing.state_messages import ORDER_NEXT_STEPS
from skeleton.kernel.errors import Conflict
from skeleton.kernel.translation import Text

_DRAFT, _PENDING, _CONFIRMED, _SHIPPED, _DELIVERED, _CANCELLED = OrderStatus

TRANSITIONS: Final[dict[OrderStatus, tuple[OrderStatus, ...]]] = {
    _DRAFT: (_PENDING, _CONFIRMED, _CANCELLED),
    _PENDING: (_CONFIRMED, _CANCELLED),
    _CONFIRMED: (_SHIPPED, _CANCELLED),
    _SHIPPED: (_DELIVERED,),
    _DELIVERED: (),
    _CANCELLED: (),
}
"""The next states of each state. Nothing else is allowed, and neither is a transition to the same state."""

ACTION_NAMES: Final[dict[OrderStatus, str]] = {
    _PENDING: "submit",
    _CONFIRMED: "confirm",
    _SHIPPED: "ship",
    _DELIVERED: "deliver",
    _CANCELLED: "cancel",
}
"""The action that leads to each state, as named in the audit log and on buttons."""

AWAITING_ACTION: Final = (_PENDING, _CONFIRMED)
"""The states in which an order waits to be confirmed or shipped."""

COMMITTED: Final = (_CONFIRMED, _SHIPPED, _DELIVERED)
"""The states in which an order is binding: it counts towards the credit limit and can be invoiced."""


def allowed_transitions(status: str, *, invoiced: bool) -> list[str]:
    """Return the allowed next states. `invoiced`: the order has an invoice that is not cancelled."""
    return [target.value for target in TRANSITIONS[OrderStatus(status)] if not (invoiced and target == _CANCELLED)]


def require_transition(status: str, target: OrderStatus, *, invoiced: bool) -> None:
    """Raise Conflict, with the allowed transitions, if the order can't change to the state `target`."""
    allowed = allowed_transitions(status, invoiced=invoiced)
    if target.value in allowed:
        return
    if target in TRANSITIONS[OrderStatus(status)]:
        message: Text = _("This order has been invoiced. Cancel or credit its invoices first, then cancel the order.")
    else:
        message = ORDER_NEXT_STEPS[status]
    raise Conflict(message, details={"allowed": allowed})
