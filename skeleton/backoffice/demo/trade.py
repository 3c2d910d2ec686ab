"""Simulates two years of trade in chronological order. Each event schedules its follow-up events."""

import datetime as dt
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounting.services import Posting, post_entry
from billing.choices import OrderStatus
from billing.models import Invoice
from billing.services.invoices import cancel_invoice, create_invoice, send_invoice
from billing.services.invoicing import invoice_order
from billing.services.orders import create_order
from billing.services.payments import record_payment
from billing.services.transitions import change_status
from inventory.models import Stock
from inventory.services.stock import receive_stock
from skeleton.backoffice.demo import data
from skeleton.backoffice.demo.world import Buyer, World
from skeleton.kernel import clock
from skeleton.kernel.days import day_of, today
from skeleton.kernel.errors import Conflict

Event = Callable[[], None]

DAY = dt.timedelta(days=1)
METHODS = ("bank_transfer", "bank_transfer", "bank_transfer", "card", "check")


@dataclass(slots=True)
class EventQueue:
    """A queue of scheduled events by time. Events after the present are dropped."""

    world: World
    _events: list[tuple[dt.datetime, int, Event]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    def plan(self, moment: dt.datetime, event: Event) -> None:
        if moment < self.world.now:
            heapq.heappush(self._events, (moment, next(self._order), event))

    def run(self) -> None:
        """Run all events in order, each with the clock set to its time."""
        length = self.world.now - self.world.start
        while self._events:
            moment, _, event = heapq.heappop(self._events)
            self.world.progress("two years of trade", int((moment - self.world.start) / length * 1000), 1000)
            with clock.freeze_time_at(moment):
                event()
        self.world.progress("two years of trade", 1000, 1000)


class Trade:
    """Schedules and runs the trade of a world."""

    def __init__(self, world: World) -> None:
        self.world, self.rng, self.events = world, world.rng, EventQueue(world)

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
        return [self._hour(self.world.start + day * DAY) for day in days]

    def _hour(self, day: dt.datetime) -> dt.datetime:
        """Return a random time in working hours of the day, or of the next Monday if it is on a weekend."""
        later = {5: 2, 6: 1}.get(day.weekday(), 0)
        moment = day.replace(hour=8) + later * DAY + dt.timedelta(minutes=self.rng.randrange(540))
        return moment if moment < self.world.now else day.replace(hour=0, minute=self.rng.randrange(59))

    def _later(self, least: int, most: int) -> dt.datetime:
        """Return a working time `least` to `most` days from now."""
        return self._hour(self._today() + self.rng.randint(least, most) * DAY)

    def _today(self) -> dt.datetime:
        return timezone.now()

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
            self.events.plan(self._later(1, 5), lambda: self._move(order, OrderStatus.CANCELLED, "Ordered twice"))
            return
        if dice < 0.4:
            self._move(order, OrderStatus.PENDING)
        self.events.plan(self._later(0, 2), lambda: self._confirm(order, buyer))

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
        }

    def _confirm(self, order: UUID, buyer: Buyer) -> None:
        try:
            self._move(order, OrderStatus.CONFIRMED)
        except Conflict:  # too little stock or credit: try once more next week, then cancel
            self.events.plan(self._later(6, 9), lambda: self._try_again(order, buyer))
            return
        self.events.plan(self._later(1, 5), lambda: self._ship(order))

    def _try_again(self, order: UUID, buyer: Buyer) -> None:
        try:
            self._move(order, OrderStatus.CONFIRMED)
        except Conflict as error:
            self._move(order, OrderStatus.CANCELLED, str(error.message))
            return
        self.events.plan(self._later(1, 5), lambda: self._ship(order))

    def _move(self, order: UUID, status: OrderStatus, reason: str | None = None) -> None:
        change_status(order_id=order, status=status, reason=reason, actor=self.world.random_writer())

    def _ship(self, order: UUID) -> None:
        self._move(order, OrderStatus.SHIPPED)
        self.events.plan(self._later(2, 8), lambda: self._move(order, OrderStatus.DELIVERED))
        due = today() + self.rng.choice([14, 30, 30, 45]) * DAY
        invoice = invoice_order(order_id=order, due_date=due, actor=self.world.random_writer())
        self.events.plan(self._later(0, 1), lambda: self._send(invoice))

    # invoices

    def _bill_directly(self) -> None:
        """Create an invoice for a service, without an order."""
        buyer = self.rng.choice(self.world.buyers)
        name, price = self.rng.choice(data.SERVICES)
        line = self._line(buyer, UUID(int=0), price, self.rng.randint(1, 6))
        del line["item_id"]
        invoice = create_invoice(
            customer_id=buyer.id,
            due_date=today() + 30 * DAY,
            lines=[{"description": name, **line}],  # type: ignore[typeddict-item]
            notes=self.rng.choice([None, None, "Thank you for your business."]),
            actor=self.world.random_writer(),
        )
        if self.rng.random() < 0.05:
            cancel_invoice(invoice_id=invoice, reason="Entered by mistake", actor=self.world.random_writer())
            return
        self.events.plan(self._later(1, 4), lambda: self._send(invoice))

    def _send(self, invoice: UUID) -> None:
        send_invoice(invoice_id=invoice, actor=self.world.random_writer())
        dice = self.rng.random()
        if dice < 0.02:
            self.events.plan(self._later(2, 9), lambda: self._cancel(invoice))
        elif dice < 0.12:
            self.events.plan(self._later(20, 40), lambda: self._pay(invoice, part=self.rng.choice([0.3, 0.5])))
        elif dice < 0.97:
            self.events.plan(self._later(5, 50), lambda: self._pay(invoice))

    def _cancel(self, invoice: UUID) -> None:
        cancel_invoice(invoice_id=invoice, reason="Returned", actor=self.world.random_writer())

    def _pay(self, invoice: UUID, part: float = 1) -> None:
        total, paid = Invoice.objects.values_list("total", "amount_paid").get(pk=invoice)
        amount = total - paid if part == 1 else max(1, round(total * part))
        record_payment(
            invoice_id=invoice,
            amount=amount,
            method=self.rng.choice(METHODS),
            reference=f"TX-{self.rng.randrange(10**6):06}",
            actor=self.world.random_writer(),
        )
        if part != 1 and self.rng.random() < 0.7:
            self.events.plan(self._later(10, 40), lambda: self._pay(invoice))

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
        """Post salaries, rent and other costs as manual entries, and the opening capital in the first month."""
        first = today() == day_of(self.world.start)
        costs = {"5200": 820_000, "5300": 240_000, "5400": 3_900, "5100": self.rng.randrange(300_000, 900_000)}
        if first:
            self._post("Opening capital", Posting("1200", debit=60_000_000), Posting("3100", credit=60_000_000))
        for code, amount in costs.items():
            scaled = max(1, round(amount * self.world.scale))
            self._post(data.COSTS[code], Posting(code, debit=scaled), Posting("1200", credit=scaled))

    def _post(self, description: str, *lines: Posting) -> None:
        post_entry(description=description, lines=lines, actor=self.world.random_writer())
