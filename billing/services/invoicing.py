"""Service that creates an invoice for the unbilled quantities of an order."""

import datetime as dt
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from billing.models import Order
from billing.services.invoice_dates import new_dates, usual_payment_days
from billing.services.invoices import insert_draft
from billing.services.lines import BuiltLine, build_lines
from billing.services.orders import state_error
from billing.state_machine import COMMITTED
from billing.state_messages import ORDER_NOT_BILLABLE
from contracts.queries import credit_days
from parties.choices import PartyKind
from parties.services import UsableParty, require_usable
from skeleton.db.locks import locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.transactions import audited_transaction

DAYS_TO_PAY = 30
"""Days until an invoice of an order is due, unless a contract or the customer specifies otherwise."""

# the function (migration 0009) counts what lines of other invoices, not cancelled ones, already bill
_UNBILLED_LINES = """
    SELECT l.id, l.item_id, l.item_number, l.description, rest.quantity, l.unit_code, l.unit_price,
           l.price_base_quantity, rest.discount::bigint, l.tax_rate, l.tax_code_id
    FROM billing_order_rest(%s, '{draft,sent,paid}') AS rest JOIN billing_order_line l ON l.id = rest.order_line_id
    WHERE rest.quantity > 0 ORDER BY rest.line_position
"""


def invoice_order(
    *, order_id: UUID, actor: Actor, issue_date: dt.date | None = None, due_date: dt.date | None = None
) -> UUID:
    """Create a draft invoice for the order's unbilled quantities and return its id.

    It is due on `due_date`, else after the credit days of the contract with the customer, else after the customer's
    payment days or the company's, else after 30 days. It is delivered to the order's shipping address. If two calls
    run at the same time, the later one finds nothing left. Raises NotFound; Invalid (a date); Conflict (not confirmed
    yet or cancelled, nothing left, the customer is not active, the issue date is in a closed period).
    """
    with audited_transaction(actor, "invoice"):
        customer_id = Order.objects.filter(pk=order_id).values_list("customer_id", flat=True).first()
        if customer_id is None:
            raise NotFound
        customer = require_usable(customer_id, PartyKind.CUSTOMER)
        order: Order = locked_for_update(Order.objects.all(), order_id, no_key=True)
        if order.status not in COMMITTED:
            raise state_error(order, ORDER_NOT_BILLABLE)
        lines = _unbilled_lines(order)
        if not lines:
            raise Conflict(_("Everything on the order has already been invoiced."), details={"allowed": []})
        given = {"issue_date": issue_date, "due_date": due_date}
        dates = new_dates(given, payment_days=_payment_days(customer))
        columns = {**dates, "order_id": order.pk, "delivery_address": order.shipping_address}
        return insert_draft(customer=customer, currency=order.currency, lines=lines, columns=columns, actor=actor)


def _payment_days(customer: UsableParty) -> int:
    """Return the credit days of the contract with the customer, else the usual payment days, else 30."""
    days = credit_days(customer.id) or usual_payment_days(customer.payment_days)
    return DAYS_TO_PAY if days is None else days


_COLUMNS = (
    "item_number",
    "description",
    "quantity",
    "unit_code",
    "unit_price",
    "price_base_quantity",
    "discount",
    "tax_rate",
    "tax_code",
)


def _unbilled_lines(order: Order) -> list[BuiltLine]:
    """Return the lines of the invoice. Whether their tax codes are valid is checked when it is sent."""
    with connection.cursor() as cursor:
        cursor.execute(_UNBILLED_LINES, [order.pk])
        found = cursor.fetchall()
    built = build_lines([dict(zip(_COLUMNS, values, strict=True)) for _, _, *values in found], order.currency)  # type: ignore[misc]
    for line, (order_line_id, item_id, *_values) in zip(built, found, strict=True):
        line.columns.update(order_line_id=order_line_id, item_id=item_id)
    return built
