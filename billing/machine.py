"""The life of an order: one table, which `change_status` obeys, and from which the API says what is allowed.

PostgreSQL holds the same moves by a trigger (migration 0009); a test compares the two. The diagram in `docs/orders.md`
is drawn from here.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.choices import OrderStatus
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import Label, format_text
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
"""For each state those it leads to. What is not here is not allowed, staying where it is included."""

VERBS: Final[dict[OrderStatus, str]] = {
    _PENDING: "submit",
    _CONFIRMED: "confirm",
    _SHIPPED: "ship",
    _DELIVERED: "deliver",
    _CANCELLED: "cancel",
}
"""What bringing an order into each state is called, in the audit log and on buttons."""

WAITING: Final = (_PENDING, _CONFIRMED)
"""The states in which an order waits for us: to be confirmed, or to be shipped."""

BINDING: Final = (_CONFIRMED, _SHIPPED, _DELIVERED)
"""The states in which an order binds both sides: it counts towards the credit limit, and can be invoiced."""


def allowed_transitions(status: str, *, invoiced: bool) -> list[str]:
    """The states that an order may be brought into now. `invoiced`: an invoice of it stands, and is not cancelled."""
    return [target.value for target in TRANSITIONS[OrderStatus(status)] if not (invoiced and target == _CANCELLED)]


def require_transition(status: str, target: OrderStatus, *, invoiced: bool) -> None:
    """Raises Conflict, with what is allowed instead, where the order may not be brought into the state `target`."""
    allowed = allowed_transitions(status, invoiced=invoiced)
    if target.value in allowed:
        return
    message: Text
    present = Label(OrderStatus(status).label)
    if target in TRANSITIONS[OrderStatus(status)]:
        message = _("The order has been invoiced. Cancel its invoices first.")
    elif target == status:
        message = format_text(_("The order is already {status}."), status=present)
    else:
        message = format_text(
            _("The order is {status}: it cannot become {target}."), status=present, target=Label(target.label)
        )
    raise Conflict(message, details={"allowed": allowed})
