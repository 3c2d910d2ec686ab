"""Generated sequences of actions on stock, orders and invoices, compared with a simple model in Python.

`SKELETON_EXAMPLES=200` tries that many sequences.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from billing.choices import OrderStatus
from billing.models import Invoice, Order
from billing.services.invoices import cancel_invoice, delete_line, send_invoice, update_line
from billing.services.invoicing import invoice_order
from billing.services.orders import OrderLineValues, create_order
from billing.services.transitions import change_status
from billing.tests.factories import customer
from inventory.errors import NotEnoughStock
from inventory.models import Item
from inventory.tests.test_model import QUANTITIES, StockMachine, run
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict
from skeleton.kernel.money import round_half_away

PRICE, LIMIT = 1000, 60_000

MOVES = {
    "draft": {"pending", "confirmed", "cancelled"},
    "pending": {"confirmed", "cancelled"},
    "confirmed": {"shipped", "cancelled"},
    "shipped": {"delivered"},
    "delivered": set(),
    "cancelled": set(),
}
COMMITTED = {"confirmed", "shipped", "delivered"}


@dataclass
class Ordered:
    """An order in the model: quantities by item, and the state and billed quantities of each invoice."""

    needs: dict[int, Decimal]
    status: str = "draft"
    invoices: dict[UUID, "Billed"] = field(default_factory=dict)

    def rest(self, *states):
        """Return the quantity of each item that is not on an invoice in these states."""
        billed = [one.quantities for one in self.invoices.values() if one.status in states]
        return {item: need - sum(each.get(item, 0) for each in billed) for item, need in self.needs.items()}

    def unbilled(self):
        return amount(self.rest("sent")) if self.status in COMMITTED else 0


@dataclass
class Billed:
    quantities: dict[int, Decimal]
    status: str = "draft"


def amount(quantities):
    return sum(round_half_away(quantity * PRICE) for quantity in quantities.values())


class OrderMachine(StockMachine):
    """The stock's state machine, plus orders by one customer with a credit limit."""

    order: Any = None  # the stock's own, without an order behind them
    end_order: Any = None

    def __init__(self):
        super().__init__()
        Item.objects.filter(pk__in=self.items).update(unit_price=PRICE)
        self.customer = customer(credit_limit=LIMIT)
        self.made: dict[UUID, Ordered] = {}

    def exposure(self):
        due = [
            amount(one.quantities)
            for made in self.made.values()
            for one in made.invoices.values()
            if one.status == "sent"
        ]
        return sum(due) + sum(made.unbilled() for made in self.made.values())

    def pick(self, data, of=None):
        return data.draw(st.sampled_from(sorted(of if of is not None else self.made)))

    @rule(needs=st.dictionaries(st.integers(0, 1), QUANTITIES, min_size=1))
    def write(self, needs):
        lines: list[OrderLineValues] = [{"item_id": self.items[item], "quantity": need} for item, need in needs.items()]
        pk = create_order(customer_id=self.customer.pk, lines=lines, actor=SYSTEM)
        self.made[pk] = Ordered(needs)
        assert Order.objects.get(pk=pk).total == amount(needs)

    def refusal(self, made, target):
        """Return the error that the model expects, with its details, or None."""
        standing = any(one.status != "cancelled" for one in made.invoices.values())
        if target not in MOVES[made.status] or (target == "cancelled" and standing):
            return Conflict, "allowed"
        if target == "confirmed" and self.exposure() + amount(made.needs) > LIMIT:
            return Conflict, "exposure"
        if target == "confirmed" and self.served(made.needs)[1] is not None:
            return NotEnoughStock, "available"
        return None

    @precondition(lambda self: self.made)
    @rule(data=st.data(), state=st.sampled_from(sorted(MOVES)))
    def move(self, data, state):
        pk = self.pick(data)
        made = self.made[pk]
        call = lambda: change_status(order_id=pk, status=OrderStatus(state), actor=SYSTEM)  # noqa: E731
        refusal = self.refusal(made, state)
        if refusal:
            with pytest.raises(refusal[0]) as caught:
                call()
            assert refusal[1] in caught.value.details
            return
        taken, _ = self.served(made.needs)
        call()
        if state == "confirmed":
            self.orders[pk] = taken
        elif made.status == "confirmed":
            held = self.orders.pop(pk)
            if state == "shipped":
                for place, quantity in held.items():
                    self.on_hand[place] -= quantity
                    self.movements += 1
        made.status = state

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def invoice(self, data):
        pk = self.pick(data)
        made = self.made[pk]
        left = {item: quantity for item, quantity in made.rest("draft", "sent").items() if quantity}
        if made.status not in COMMITTED or not left:
            with pytest.raises(Conflict):
                invoice_order(order_id=pk, actor=SYSTEM)
            return
        made.invoices[invoice_order(order_id=pk, actor=SYSTEM)] = Billed(left)

    def drafts(self):
        return [
            (pk, one) for pk, made in self.made.items() for one in made.invoices if made.invoices[one].status == "draft"
        ]

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), keep=st.integers(0, 2))
    def bill_less(self, data, keep):
        """Delete a line of a draft, or halve it. Then billing more than is left is refused."""
        pk, invoice = self.pick(data, self.drafts())
        billed = self.made[pk].invoices[invoice]
        if not billed.quantities:
            return
        item = self.pick(data, billed.quantities)
        line = Invoice.objects.get(pk=invoice).lines.get(order_line__item_id=self.items[item])
        half = (billed.quantities[item] * keep / 2).quantize(Decimal("0.001"))
        if half == 0:
            delete_line(invoice_id=invoice, line_id=line.pk, actor=SYSTEM)
            del billed.quantities[item]
        else:
            update_line(invoice_id=invoice, line_id=line.pk, values={"quantity": half}, actor=SYSTEM)
            billed.quantities[item] = half

    @precondition(lambda self: self.drafts())
    @rule(data=st.data(), cancel=st.booleans())
    def settle(self, data, cancel):
        pk, invoice = self.pick(data, self.drafts())
        billed = self.made[pk].invoices[invoice]
        if cancel:
            cancel_invoice(invoice_id=invoice, actor=SYSTEM)
            billed.status = "cancelled"
        elif amount(billed.quantities):
            send_invoice(invoice_id=invoice, actor=SYSTEM)
            billed.status = "sent"

    @precondition(
        lambda self: any(one.status == "sent" for made in self.made.values() for one in made.invoices.values())
    )
    @rule(data=st.data())
    def undo(self, data):
        sent = [one for made in self.made.values() for one in made.invoices if made.invoices[one].status == "sent"]
        invoice = self.pick(data, sent)
        cancel_invoice(invoice_id=invoice, actor=SYSTEM)
        next(made for made in self.made.values() if invoice in made.invoices).invoices[invoice].status = "cancelled"

    @invariant()
    def orders_are_what_the_model_says(self):
        rows = {row.pk: row for row in Order.objects.filter(customer=self.customer)}
        assert rows.keys() == self.made.keys()
        for pk, made in self.made.items():
            assert (rows[pk].status, rows[pk].unbilled_total) == (made.status, made.unbilled())
            assert all(quantity >= 0 for quantity in made.rest("draft", "sent").values())
        connection.check_constraints()


@pytest.mark.django_db
def test_any_sequence_of_verbs_matches_the_model():
    run(OrderMachine)
