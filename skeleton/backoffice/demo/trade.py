"""Simulates two years of trade in chronological order. Each event schedules its follow-up events."""

import datetime as dt
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from accounting.services import Posting, post_entry
from billing.choices import OrderStatus
from billing.models import Order
from billing.services.invoices import cancel_invoice, create_invoice, send_invoice
from billing.services.invoicing import invoice_order
from billing.services.orders import create_order
from billing.services.transitions import change_status
from inventory.models import Stock
from inventory.services.stock import receive_stock
from skeleton.backoffice.demo import data
from skeleton.backoffice.demo.books import open_books
from skeleton.backoffice.demo.events import DAY, EventQueue
from skeleton.backoffice.demo.occasions import Occasion, Occasions
from skeleton.backoffice.demo.payments import Payments
from skeleton.backoffice.demo.world import Buyer, World
from skeleton.kernel.days import day_of, today
from skeleton.kernel.errors import Conflict
from skeleton.kernel.units import DEFAULT_UNIT

ANY_INVOICE = (
    Occasion.COLLECTIVE_PAYMENT,
    Occasion.OVERPAYMENT,
    Occasion.BOUNCED_PAYMENT,
    Occasion.PRICE_CORRECTION,
    Occasion.BAD_DEBT,
)
"""What can happen to an invoice of any kind."""

WITHDRAWN = "The customer withdrew before delivery"


class Trade:
    """Schedules and runs the trade of a world."""

    def __init__(self, world: World) -> None:
        self.world, self.rng, self.events = world, world.rng, EventQueue(world)
        self.payments = Payments(world, self.events)
        self.occasions = Occasions(world, self.events)

    def run(self) -> None:
        for moment in self._moments(self.world.scaled(240)):
            self.events.plan(moment, self._order)
        for _ in range(self.world.scaled(14)):  # recent orders, still in progress
            self.events.plan(self.world.now - dt.timedelta(minutes=self.rng.randrange(7 * 24 * 60)), self._order)
        for moment in self._moments(self.world.scaled(60)):
            self.events.plan(moment, self._bill_directly)
        for month in range(24):
            self.events.plan(self.world.start + month * 30.4 * DAY, self._pay_the_month)
            if month < 23:
                self.events.plan(self.world.start + (month * 30.4 + 3) * DAY, self._restock)
        self.events.run()

    def _moments(self, number: int) -> list[dt.datetime]:
        """Return random times in working hours over the two years, denser towards the end as the company grows."""
        length = (self.world.now - self.world.start).days
        days = (int(length * self.rng.random() ** 0.7) for _ in range(number))
        return [self.events.working_hour(self.world.start + day * DAY) for day in days]

    # orders

    def _order(self) -> None:
        buyer = self.rng.choice(self.world.buyers)
        lines: list[Any] = [self._line(buyer, *self._thing()) for _ in range(self.rng.randint(1, 4))]
        address = {name: value for name, value in buyer.address.items() if name != "country_id"}
        country = buyer.address["country_id"]
        order = create_order(
            customer_id=buyer.id,
            lines=list({line["item_id"]: line for line in lines}.values()),
            currency=buyer.currency,
            shipping_address={**address, "country": buyer.country, "country_id": country and str(country)},
            actor=self.world.random_writer(),
        )
        dice = self.rng.random()
        if dice < 0.04:
            return  # stays a draft
        if dice < 0.08:
            self.events.plan(self.events.later(1, 5), lambda: self._move(order, OrderStatus.CANCELLED, "Ordered twice"))
            return
        if dice < 0.4:
            self._move(order, OrderStatus.PENDING)
        self.events.plan(self.events.later(0, 2), lambda: self._confirm(order, buyer))

    def _thing(self) -> tuple[UUID, int, int]:
        """Return a random item or service, its price in US cents, and a quantity."""
        if self.rng.random() < 0.15:
            return (*self.rng.choice(self.world.services), self.rng.randint(1, 3))
        return (*self.rng.choice(self.world.goods), self.rng.choice([2, 4, 6, 10, 12, 20, 24, 40]))

    def _line(self, buyer: Buyer, item: UUID, price: int, quantity: int) -> dict[str, Any]:
        local = round(price * data.RATES[buyer.currency])
        return {
            "item_id": item,
            "quantity": Decimal(quantity),
            "unit_price": local,
            "currency": buyer.currency,
            "discount": local * quantity // 20 if quantity >= 20 else 0,
            "tax_rate": Decimal(buyer.tax),
            "tax_code": data.TAX_CODES.get(buyer.country),
        }

    def _confirm(self, order: UUID, buyer: Buyer) -> None:
        try:
            self._move(order, OrderStatus.CONFIRMED)
        except Conflict:  # too little stock or credit: try once more next week, then cancel
            self.events.plan(self.events.later(6, 9), lambda: self._try_again(order, buyer))
            return
        self._fulfil(order, buyer)

    def _try_again(self, order: UUID, buyer: Buyer) -> None:
        try:
            self._move(order, OrderStatus.CONFIRMED)
        except Conflict as error:
            self._move(order, OrderStatus.CANCELLED, str(error.message))
            return
        self._fulfil(order, buyer)

    def _fulfil(self, order: UUID, buyer: Buyer) -> None:
        """Schedule what follows the confirmation: it is shipped, after a prepayment perhaps, or withdrawn."""
        occasion = self.occasions.take(Occasion.PREPAYMENT, Occasion.WITHDRAWAL)
        if occasion == Occasion.WITHDRAWAL:
            self._bill_in_advance(order)
            return
        if occasion == Occasion.PREPAYMENT:
            amount = Order.objects.values_list("total", flat=True).get(pk=order) // self.rng.choice([1, 2])
            self.payments.prepay(buyer, amount)
        self.events.plan(self.events.later(1, 5), lambda: self._ship(order, buyer))

    def _bill_in_advance(self, order: UUID) -> None:
        """Bill an order before it is shipped. The customer pays, and then withdraws."""
        actor = self.world.random_writer()
        invoice = invoice_order(order_id=order, due_date=today() + 7 * DAY, actor=actor)
        send_invoice(invoice_id=invoice, use_on_account=True, actor=actor)
        self.events.plan(self.events.later(2, 4), lambda: self._pay_and_withdraw(order, invoice))

    def _pay_and_withdraw(self, order: UUID, invoice: UUID) -> None:
        self.payments.pay(invoice)
        self.events.plan(self.events.later(2, 6), lambda: self._withdraw(order, invoice))

    def _withdraw(self, order: UUID, invoice: UUID) -> None:
        self.payments.credit_and_refund(invoice, WITHDRAWN)
        self._move(order, OrderStatus.CANCELLED, WITHDRAWN)

    def _move(self, order: UUID, status: OrderStatus, reason: str | None = None) -> None:
        change_status(order_id=order, status=status, reason=reason, actor=self.world.random_writer())

    def _ship(self, order: UUID, buyer: Buyer) -> None:
        self._move(order, OrderStatus.SHIPPED)
        self.events.plan(self.events.later(2, 8), lambda: self._move(order, OrderStatus.DELIVERED))
        due = today() + self.rng.choice([14, 30, 30, 45]) * DAY
        invoice = invoice_order(order_id=order, due_date=due, actor=self.world.random_writer())
        self.events.plan(self.events.later(0, 1), lambda: self._send(invoice, buyer))

    # invoices

    def _bill_directly(self) -> None:
        """Create an invoice for a service, without an order."""
        buyer = self.rng.choice(self.world.buyers)
        invoice = self._bill_service(buyer)
        if self.rng.random() < 0.05:
            cancel_invoice(invoice_id=invoice, reason="Entered by mistake", actor=self.world.random_writer())
            return
        self.events.plan(self.events.later(1, 4), lambda: self._send(invoice, buyer))

    def _bill_service(self, buyer: Buyer) -> UUID:
        """Create a draft for a service and return its id."""
        name, price = self.rng.choice(data.SERVICES)
        line = self._line(buyer, UUID(int=0), price, self.rng.randint(1, 6))
        del line["item_id"]
        return create_invoice(
            customer_id=buyer.id,
            service_start=today() - 4 * DAY,
            service_end=today(),
            lines=[{"description": name, "unit_code": data.UNITS.get(name, DEFAULT_UNIT), **line}],  # type: ignore[typeddict-item]
            notes=self.rng.choice([None, None, "Thank you for your business."]),
            actor=self.world.random_writer(),
        )

    def _send(self, invoice: UUID, buyer: Buyer) -> None:
        """Send an invoice, which what the customer has on account settles first, and schedule what follows."""
        send_invoice(invoice_id=invoice, use_on_account=True, actor=self.world.random_writer())
        occasion = self._occasion(invoice, buyer)
        if occasion == Occasion.COLLECTIVE_PAYMENT:
            self._bill_beside(invoice, buyer)
        else:
            self.payments.expect(invoice, buyer, occasion)

    def _occasion(self, invoice: UUID, buyer: Buyer) -> Occasion | None:
        """Return what is to happen to the sent invoice; None is the usual."""
        if not self.occasions.are_due() or not self.payments.is_untouched(invoice):
            return None
        suitable = [*ANY_INVOICE]
        if buyer.tax:
            suitable.append(Occasion.INSOLVENCY)
        if self.payments.goods(invoice):
            suitable.append(Occasion.RETURNED_GOODS)
        return self.occasions.take(*suitable)

    def _bill_beside(self, invoice: UUID, buyer: Buyer) -> None:
        """Bill a service to the customer, who then pays both invoices at once."""
        service = self._bill_service(buyer)
        send_invoice(invoice_id=service, use_on_account=True, actor=self.world.random_writer())
        self.events.plan(self.events.later(15, 35), lambda: self.payments.pay_together(buyer, invoice, service))

    # the rest of a company

    def _restock(self) -> None:
        """Reorder most of the items that are low; the rest stays low."""
        low = Stock.objects.filter(is_low=True).order_by("item__sku", "warehouse__code")
        for row in low.select_related("item"):
            if self.rng.random() < 0.7:
                receive_stock(
                    item_id=row.item_id,
                    warehouse_id=row.warehouse_id,
                    quantity=row.reorder_quantity or Decimal(300),
                    reference=f"PO-{self.rng.randrange(1000, 9999)}",
                    actor=self.world.random_writer(),
                )

    def _pay_the_month(self) -> None:
        """Post salaries, rent and other costs as manual entries, and take over the books in the first month."""
        first = today() == day_of(self.world.start)
        costs = {"5200": 820_000, "5300": 240_000, "5400": 3_900, "5100": self.rng.randrange(300_000, 900_000)}
        if first:
            for invoice in open_books(self.world):
                self.events.plan(self.events.later(5, 30), partial(self.payments.pay, invoice))
        for code, amount in costs.items():
            scaled = max(1, round(amount * self.world.scale))
            self._post(data.COSTS[code], Posting(code, debit=scaled), Posting("1200", credit=scaled))

    def _post(self, description: str, *lines: Posting) -> None:
        post_entry(description=description, lines=lines, actor=self.world.random_writer())
