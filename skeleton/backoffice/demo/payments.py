"""Simulates how customers pay their invoices, and how clerks correct what was billed or paid."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.choices import InvoiceStatus
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.services.corrections import reverse_payment
from billing.services.credit_notes import create_credit_note
from billing.services.invoices import cancel_invoice
from billing.services.note_allocations import refund_credit_note
from billing.services.payments import Allocation, receive_payment, record_payment
from billing.services.write_offs import write_off
from skeleton.backoffice.demo.events import EventQueue
from skeleton.backoffice.demo.occasions import Occasion
from skeleton.backoffice.demo.world import Buyer, World

METHODS = ("bank_transfer", "bank_transfer", "bank_transfer", "card", "check")
ROUND = 10_000
"""What an overpayment is rounded up to, in minor units."""


class Payments:
    """Schedules and records the payments of a world, and their corrections."""

    def __init__(self, world: World, events: EventQueue) -> None:
        self.world, self.rng, self.events = world, world.rng, events

    # what happens to an invoice

    def expect(self, invoice: UUID, buyer: Buyer, occasion: Occasion | None) -> None:
        """Schedule what happens to a sent invoice: the occasion, or else what usually does."""
        plan, later = self.events.plan, self.events.later
        match occasion:
            case Occasion.OVERPAYMENT:
                plan(later(5, 30), lambda: self._overpay(invoice, buyer))
            case Occasion.BOUNCED_PAYMENT:
                plan(later(5, 30), lambda: self._pay_by_bad_check(invoice))
            case Occasion.BAD_DEBT:
                reason = "Cannot be collected: not worth the cost of a lawsuit"
                plan(later(60, 90), lambda: self._write_off(invoice, reason, correct_tax=False))
            case Occasion.INSOLVENCY:
                reason = "Insolvency proceedings opened"
                plan(later(60, 90), lambda: self._write_off(invoice, reason, correct_tax=True))
            case Occasion.RETURNED_GOODS:
                plan(later(10, 20), lambda: self._take_goods_back(invoice))
                plan(later(5, 50), lambda: self.pay(invoice))
            case Occasion.PRICE_CORRECTION:
                plan(later(3, 15), lambda: self._correct_price(invoice))
                plan(later(5, 50), lambda: self.pay(invoice))
            case _:
                self._expect_as_usual(invoice)

    def _expect_as_usual(self, invoice: UUID) -> None:
        plan, later = self.events.plan, self.events.later
        dice = self.rng.random()
        if dice < 0.02:
            plan(later(2, 9), lambda: self._cancel(invoice))
        elif dice < 0.12:
            plan(later(20, 40), lambda: self.pay(invoice, part=self.rng.choice([0.3, 0.5])))
        elif dice < 0.97:
            plan(later(5, 50), lambda: self.pay(invoice))

    def is_untouched(self, invoice: UUID) -> bool:
        """Return whether the invoice is open and nothing on account has settled a part of it."""
        return Invoice.objects.filter(pk=invoice, status=InvoiceStatus.SENT, amount_paid=0, amount_credited=0).exists()

    # payments

    def pay(self, invoice: UUID, part: float = 1) -> None:
        """Record a payment of what is due, or of a part of it. Does nothing if nothing is due."""
        due = self._due(invoice)
        if not due:
            return
        amount = due if part == 1 else max(1, round(due * part))
        record_payment(invoice_id=invoice, amount=amount, actor=self.world.random_writer(), **self._means())
        if part != 1 and self.rng.random() < 0.7:
            self.events.plan(self.events.later(10, 40), lambda: self.pay(invoice))

    def prepay(self, buyer: Buyer, amount: int) -> None:
        """Record a payment that comes before its invoice: it stays on account."""
        self._receive(buyer, amount)

    def pay_together(self, buyer: Buyer, *invoices: UUID) -> None:
        """Record one payment for all that is due on the invoices."""
        dues = {invoice: self._due(invoice) for invoice in invoices}
        shares = [Allocation(invoice_id=invoice, amount=due) for invoice, due in dues.items() if due]
        if shares:
            self._receive(buyer, sum(dues.values()), allocations=shares)

    def _overpay(self, invoice: UUID, buyer: Buyer) -> None:
        """Record a payment of a round amount: the rest is on account."""
        due = self._due(invoice)
        self._receive(buyer, (due // ROUND + 1) * ROUND, allocations=[Allocation(invoice_id=invoice, amount=due)])

    def _pay_by_bad_check(self, invoice: UUID) -> None:
        due = self._due(invoice)
        means = {**self._means(), "method": "check"}
        payment = record_payment(invoice_id=invoice, amount=due, actor=self.world.random_writer(), **means).id
        self.events.plan(self.events.later(3, 8), lambda: self._bounce(payment))
        self.events.plan(self.events.later(15, 30), lambda: self.pay(invoice))

    def _bounce(self, payment: UUID) -> None:
        reason = "Check returned by the bank: insufficient funds"
        reverse_payment(payment_id=payment, reason=reason, actor=self.world.random_writer())

    def _receive(self, buyer: Buyer, amount: int, **options: Any) -> None:
        actor, means = self.world.random_writer(), self._means()
        receive_payment(customer_id=buyer.id, amount=amount, currency=buyer.currency, actor=actor, **means, **options)

    def _means(self) -> dict[str, Any]:
        return {"method": self.rng.choice(METHODS), "reference": f"TX-{self.rng.randrange(10**6):06}"}

    def _due(self, invoice: UUID) -> int:
        """Return what is due on the invoice; 0 if it is settled."""
        return Invoice.objects.get(pk=invoice).amount_due

    # corrections

    def _cancel(self, invoice: UUID) -> None:
        if self.is_untouched(invoice):
            cancel_invoice(invoice_id=invoice, reason="Returned", actor=self.world.random_writer())

    def _take_goods_back(self, invoice: UUID) -> None:
        """Credit a part of the goods, and put them back into stock."""
        line = self.goods(invoice)[0]
        back = {"quantity": Decimal(max(1, int(line.quantity) // 4)), "restock_warehouse_id": self.world.warehouses[0]}
        self._credit(invoice, line, "Goods returned: ordered too many", **back)

    def _correct_price(self, invoice: UUID) -> None:
        """Credit a tenth of a line's price."""
        line = InvoiceLine.objects.filter(invoice=invoice).order_by("position")[0]
        self._credit(invoice, line, "Price corrected to the one of the offer", amount=max(1, line.total // 10))

    def _credit(self, invoice: UUID, line: InvoiceLine, reason: str, **values: Any) -> None:
        create_credit_note(
            invoice_id=invoice,
            reason=reason,
            lines=[{"invoice_line_id": line.pk, **values}],  # type: ignore[typeddict-item]
            actor=self.world.random_writer(),
            send=True,
        )

    def goods(self, invoice: UUID) -> list[InvoiceLine]:
        """Return the lines of the invoice that bill goods of an order, not services."""
        services = [item for item, _price in self.world.services]
        lines = InvoiceLine.objects.filter(invoice=invoice, order_line__isnull=False)
        return list(lines.exclude(order_line__item__in=services).order_by("position"))

    def credit_and_refund(self, invoice: UUID, reason: str) -> None:
        """Credit all of a paid invoice, and pay the money back."""
        actor = self.world.random_writer()
        note = create_credit_note(invoice_id=invoice, reason=reason, actor=actor, send=True)
        left = CreditNote.objects.get(pk=note).unallocated
        if left:
            refund_credit_note(credit_note_id=note, amount=left, actor=actor, **self._means())

    def _write_off(self, invoice: UUID, reason: str, *, correct_tax: bool) -> None:
        write_off(invoice_id=invoice, reason=reason, correct_tax=correct_tax, actor=self.world.random_writer())
