"""The services of draft orders. For later states see `services/transitions.py`.

Lock order: customer, order, invoice, stock rows, number series, accounting.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

from django.utils import timezone

from accounting.services.applied_taxes import Reference
from billing.choices import OrderStatus
from billing.models import Order, OrderLine
from billing.queries import is_invoiced
from billing.services.addresses import merge_address
from billing.services.items import active_items, with_item_defaults
from billing.services.lines import (
    append_line,
    build_lines,
    change_line,
    common_currency,
    line_of,
    remove_line,
    totals_of_lines,
)
from billing.state_machine import allowed_transitions
from billing.state_messages import ORDER_NOT_EDITABLE, Messages
from parties.choices import PartyKind
from parties.services import require_usable
from skeleton.db.inserts import insert_rows
from skeleton.db.locks import locked_for_update
from skeleton.db.numbers import Series, insert_numbered
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import day_of
from skeleton.kernel.errors import Conflict
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use
from skeleton.kernel.transactions import audited_transaction


class OrderLineValues(TypedDict):
    """The input of a line. Price (minor units), its base, currency, unit and tax (percent) default to the item's."""

    item_id: UUID
    quantity: Decimal
    unit_code: NotRequired[str]
    unit_price: NotRequired[int]
    price_base_quantity: NotRequired[Decimal]
    discount: NotRequired[int]
    tax_rate: NotRequired[Decimal]
    tax_code: NotRequired[Reference | None]
    currency: NotRequired[str]


def create_order(
    *,
    customer_id: UUID,
    actor: Actor,
    lines: Sequence[OrderLineValues] = (),
    currency: str | None = None,
    notes: str | None = None,
    shipping_address: dict[str, Any] | None = None,
) -> UUID:
    """Create a numbered draft and return its id.

    The currency is the one given, else that of the lines, else the customer's. Raises Invalid (unknown customer or
    item, an item that is not active, two currencies, a discount over the price, a sum over int64) and Conflict (the
    customer is not active).
    """
    priced = with_item_defaults(lines, path="lines.{}.")
    named = common_currency(priced, currency)
    now, order_id = timezone.now(), uuid7()
    with audited_transaction(actor, "create"):
        customer = require_usable(customer_id, PartyKind.CUSTOMER)
        found = named or cast("str", customer.currency)  # a customer has one
        require_in_use({"currency": found})
        built = build_lines(priced, found)
        order = {
            "id": order_id,
            "customer_id": customer_id,
            "customer_name": customer.name,
            "currency": found,
            "notes": notes,
            "shipping_address": merge_address(None, shipping_address),
            "created_by_id": actor.id,
            "created_at": now,
            "updated_at": now,
            **totals_of_lines(built),
        }
        insert_numbered(Order, order, Series("ORD", day_of(now).year, digits=6))
        rows = [
            {**row.columns, "item_id": line["item_id"], "order_id": order_id}
            for row, line in zip(built, lines, strict=True)
        ]
        insert_rows(OrderLine, rows)
    return order_id


def update_order(*, order_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change `notes` and `shipping_address` of a draft. The address is merged; None clears it.

    Raises NotFound, Conflict.
    """
    with audited_transaction(actor, "update"):
        order: Order = locked_for_update(Order.objects.all(), order_id, no_key=True)
        fields = dict(values)
        if "shipping_address" in fields:
            fields["shipping_address"] = merge_address(order.shipping_address, fields["shipping_address"])
        if any(getattr(order, name) != value for name, value in fields.items()):
            _require_draft(order)
        save_changes(order, fields)


def add_line(*, order_id: UUID, values: OrderLineValues, actor: Actor) -> None:
    """Add a line at the end of a draft. Raises NotFound, Conflict, Invalid."""
    with audited_transaction(actor, "add_line"):
        order, lines = _draft(order_id)
        (priced,) = with_item_defaults([values])
        append_line(order, lines, priced)


def update_line(*, order_id: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change the fields in `values` of a draft's line. Changing the item keeps the price.

    Raises NotFound, Conflict, Invalid.
    """
    with audited_transaction(actor, "update_line"):
        order, lines = _draft(order_id)
        line = line_of(lines, line_id, "order")
        fields = dict(values)
        if fields.get("item_id", line.item_id) != line.item_id:
            item = active_items([fields["item_id"]])[fields["item_id"]]
            fields |= {"description": item.name, "item_number": item.sku}
        change_line(order, lines, line, fields)


def delete_line(*, order_id: UUID, line_id: UUID, actor: Actor) -> None:
    """Delete a line of a draft. Raises NotFound, Conflict."""
    with audited_transaction(actor, "delete_line"):
        order, lines = _draft(order_id)
        remove_line(order, lines, line_of(lines, line_id, "order"))


def state_error(order: Order, messages: Messages) -> Conflict:
    """Return a Conflict with the message for the order's state, and the allowed transitions."""
    allowed = allowed_transitions(order.status, invoiced=is_invoiced(order.pk))
    return Conflict(messages[order.status], details={"allowed": allowed})


def _draft(order_id: UUID) -> tuple[Order, list[OrderLine]]:
    """Return a draft, locked until the end of the transaction, and its lines. Raises NotFound, Conflict."""
    order: Order = locked_for_update(Order.objects.all(), order_id, no_key=True)
    _require_draft(order)
    return order, list(order.lines.order_by("position").select_related("tax_code"))


def _require_draft(order: Order) -> None:
    if order.status != OrderStatus.DRAFT:
        raise state_error(order, ORDER_NOT_EDITABLE)
