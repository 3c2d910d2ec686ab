"""Customers, orders and invoices for tests, brought into their states by the services."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from billing.choices import OrderStatus
from billing.models import Invoice, Order
from billing.services import invoices, orders, payments
from billing.services.credit_lines import CreditLineValues
from billing.services.credit_notes import create_credit_note
from billing.services.invoicing import invoice_order
from billing.services.lines import LineValues
from billing.services.orders import OrderLineValues
from billing.services.transitions import change_status
from inventory.tests.factories import item
from parties.choices import PartyKind
from parties.models import Party
from skeleton.kernel.actors import SYSTEM, Actor

DUE = dt.date(2099, 2, 15)

_counter = itertools.count(1)


def customer(**fields: Any) -> Party:
    """Create a customer: active and in USD, unless overridden by `fields`."""
    n = next(_counter)
    values = {"kind": PartyKind.CUSTOMER, "name": f"Customer {n}", "email": f"c{n}@example.com", "currency": "USD"}
    return Party.objects.create(**{**values, **fields})


def line(unit_price: int = 1000, quantity: Decimal | float | str = 1, **fields: Any) -> LineValues:
    """Return a line as input for the services. `quantity` and `tax_rate` can be any number or its text."""
    rate = Decimal(str(fields.pop("tax_rate", 0)))
    values = {"description": "Services", "quantity": Decimal(str(quantity)), "unit_price": unit_price}
    return cast(LineValues, {**values, "tax_rate": rate, **fields})


def draft(*lines: LineValues, of: Party | None = None, **fields: Any) -> Invoice:
    """Create a draft, by default of 1000 cents. `of` is its customer."""
    values = {"due_date": DUE, "lines": list(lines) or [line()], **fields}
    pk = invoices.create_invoice(customer_id=(of or customer()).pk, actor=SYSTEM, **values)
    return Invoice.objects.get(pk=pk)


def sent(*lines: LineValues, **fields: Any) -> Invoice:
    """Create a sent invoice."""
    invoice = draft(*lines, **fields)
    invoices.send_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    invoice.refresh_from_db()
    return invoice


def part_paid(*lines: LineValues, amount: int = 400, **fields: Any) -> Invoice:
    """Create a sent invoice with a payment of `amount`."""
    invoice = sent(*lines, **fields)
    pay(invoice, amount)
    return invoice


def paid(*lines: LineValues, **fields: Any) -> Invoice:
    """Create an invoice that was sent and fully paid."""
    invoice = sent(*lines, **fields)
    pay(invoice, invoice.total)
    return invoice


def cancelled(*lines: LineValues, **fields: Any) -> Invoice:
    """Create an invoice that was sent and then cancelled."""
    invoice = sent(*lines, **fields)
    invoices.cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    invoice.refresh_from_db()
    return invoice


def pay(invoice: Invoice, amount: int) -> payments.RecordedPayment:
    """Record a card payment."""
    recorded = payments.record_payment(invoice_id=invoice.pk, amount=amount, method="card", actor=SYSTEM)
    invoice.refresh_from_db()
    return recorded


def credited(invoice: Invoice, **line_values: Any) -> UUID:
    """Issue a credit note of the invoice's first line (`quantity` or `amount`), by default of all that is left."""
    lines = [cast(CreditLineValues, {"invoice_line_id": invoice.lines.order_by("position")[0].pk, **line_values})]
    note_id = create_credit_note(
        invoice_id=invoice.pk, reason="Damaged", lines=lines if line_values else None, send=True, actor=SYSTEM
    )
    invoice.refresh_from_db()
    return note_id


# --- orders -----------------------------------------------------------------------------------------------------------


def ordered(quantity: float | str = 1, *, of: Any = None, **fields: Any) -> OrderLineValues:
    """Return an order line as input for the services: of a new item at 50.00 USD, unless `of` (its id) is given."""
    if "tax_rate" in fields:
        fields["tax_rate"] = Decimal(str(fields["tax_rate"]))
    return cast(OrderLineValues, {"item_id": of or item(), "quantity": Decimal(str(quantity)), **fields})


def order(*lines: OrderLineValues, of: Party | None = None, actor: Actor = SYSTEM, **fields: Any) -> Order:
    """Create a draft, by default of one new item. `of` is its customer."""
    values = {"lines": list(lines) or [ordered()], **fields}
    return Order.objects.get(pk=orders.create_order(customer_id=(of or customer()).pk, actor=actor, **values))


def brought(to: str, *lines: OrderLineValues, **fields: Any) -> Order:
    """Create an order and bring it into the state `to` with the services."""
    made = order(*lines, **fields)
    for status in ORDER_WAYS[to]:
        change_status(order_id=made.pk, status=OrderStatus(status), actor=SYSTEM)
    made.refresh_from_db()
    return made


ORDER_WAYS: dict[str, list[str]] = {
    "draft": [],
    "pending": ["pending"],
    "confirmed": ["confirmed"],
    "shipped": ["confirmed", "shipped"],
    "delivered": ["confirmed", "shipped", "delivered"],
    "cancelled": ["cancelled"],
}


def invoiced(made: Order) -> Invoice:
    """Create a draft invoice for the order."""
    return Invoice.objects.get(pk=invoice_order(order_id=made.pk, actor=SYSTEM))
