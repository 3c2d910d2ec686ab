"""Status changes of orders. They reserve, issue or release stock in the same transaction."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from billing.choices import OrderStatus
from billing.models import Order, OrderLine
from billing.queries import is_invoiced
from billing.services.credit import require_credit
from billing.state_machine import ACTION_NAMES, TRANSITIONS, require_transition
from inventory.errors import NotEnoughStock
from inventory.services.orders import issue_for_order, release_for_order, reserve_for_order
from parties.choices import PartyKind
from parties.services import UsableParty, require_usable
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event
from skeleton.notifications.queries import recipients_for
from skeleton.notifications.services import notify


def change_status(*, order_id: UUID, status: OrderStatus, actor: Actor, reason: str | None = None) -> None:
    """Change the status of an order. `reason` is stored in its history.

    Confirming requires a line and an active customer whose credit limit covers the order, and reserves stock for every
    line. Shipping issues the reserved stock, cancelling releases it. Raises NotFound; Conflict if the order's state,
    its invoices, the customer, the credit limit or the stock don't allow it.
    """
    with audited_transaction(actor, ACTION_NAMES.get(status, "change_status")):
        customer = _lock_customer(order_id) if status == OrderStatus.CONFIRMED else None
        order: Order = locked_for_update(Order.objects.all(), order_id, no_key=True)
        if status == OrderStatus.CANCELLED or status not in TRANSITIONS[OrderStatus(order.status)]:
            require_transition(order.status, status, invoiced=is_invoiced(order.pk))
        if customer:
            require_credit(customer, order)
        # before the stock: PostgreSQL only lets confirmed orders reserve stock, and shipped orders issue it
        save_changes(order, {"status": status.value, "status_reason": reason})
        if status == OrderStatus.CONFIRMED:
            _reserve_stock(order, actor)
        elif status == OrderStatus.SHIPPED:
            issue_for_order(order_id=order.pk, reference=order.number, actor=actor)
        elif status == OrderStatus.CANCELLED:
            release_for_order(order_id=order.pk, actor=actor)
        _notify(order, actor)


def _notify(order: Order, actor: Actor) -> None:
    notify(
        event=Event.ORDER_STATUS,
        recipients=recipients_for(order.created_by_id, "orders:write", actor=actor),
        values={"number": order.number, "customer": order.customer_name, "status": order.status},
        link=f"/api/v1/orders/{order.pk}",
    )


def _lock_customer(order_id: UUID) -> UsableParty:
    """Return the order's active customer, locked exclusively for the credit check. Raises NotFound, Conflict."""
    customer_id = Order.objects.filter(pk=order_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound
    return require_usable(customer_id, PartyKind.CUSTOMER, alone=True)


def _reserve_stock(order: Order, actor: Actor) -> None:
    """Reserve stock for the lines. Raises Conflict if there are no lines, or too little stock for one of them."""
    lines = list(order.lines.order_by("position"))
    if not lines:
        raise Conflict(
            _("This order has no lines yet. Add at least one, then confirm it."),
            details={"allowed": ["add_line", "cancelled"]},
        )
    needs: dict[UUID, Decimal] = defaultdict(Decimal)
    for line in lines:
        needs[line.item_id] += line.quantity
    try:
        reserve_for_order(order_id=order.pk, needs=needs, actor=actor)
    except NotEnoughStock as short:
        raise _error_at_line(short, lines) from short


def _error_at_line(short: NotEnoughStock, lines: Sequence[OrderLine]) -> NotEnoughStock:
    """Return the error, reported at the first line with the item."""
    index = next(n for n, line in enumerate(lines) if line.item_id == short.item_id)
    return NotEnoughStock(
        short.available, item_id=short.item_id, of=lines[index].description, field=f"lines.{index}.quantity"
    )
