"""Random sequences of actions on invoices, payments and credit notes, in the database and in the model at once."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import pytest
from django.db import transaction
from time_machine import travel

from billing import models
from billing.services import credit_notes, invoices, note_allocations, write_offs
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.payments import receive_payment, record_payment
from billing.tests.factories import customer, line
from billing.tests.money_company import Company
from billing.tests.money_model import Credit, Invoice, Line, Note, Payment, Refused, Source
from skeleton.kernel.actors import SYSTEM

STEPS = 25
DAYS = 60  # how long ago a sequence begins

CUSTOMERS = ("Acme", "Brown")
QUANTITIES = ("1", "2", "3", "2.5", "0.333")
PRICES = (0, 1, 99, 333, 1000, 1000, 4999, 4999)
RATES = ("0", "7", "19", "20.5")
METHODS = ("card", "bank_transfer", "cash")

WEIGHTS = {
    "wait": 4,
    "bill": 5,
    "send": 1,
    "pay": 3,
    "receive": 5,
    "allocate": 5,
    "unallocate": 3,
    "reverse": 1,
    "refund": 2,
    "credit": 4,
    "issue": 1,
    "write_off": 2,
    "undo_write_off": 2,
    "cancel": 1,
}

One = TypeVar("One")


def decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


class Walk:
    """A random sequence: two customers, one with two currencies. The clock is in the past and moves on."""

    def __init__(
        self, seed: int, *, after_each_step: Callable[["Walk"], None], at_the_end: Callable[["Walk"], None]
    ) -> None:
        self.after_each_step, self.at_the_end = after_each_step, at_the_end
        self.chance = random.Random(seed)
        self.steps: list[str] = []
        self.last_day = dt.datetime.now(dt.UTC).date()
        self.now = dt.datetime.combine(self.last_day - dt.timedelta(days=DAYS), dt.time(12), dt.UTC)
        self.company = Company(self.now.date())

    def run(self) -> None:
        """Take all steps, and roll them back. An error lists them."""
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        with travel(self.now, tick=False) as self.clock, transaction.atomic():
            try:
                self.customers = [customer(name=name) for name in CUSTOMERS]
                for _ in range(3):
                    self.bill()
                for _ in range(STEPS):
                    getattr(self, self.chance.choices(names, weights)[0])()
                    self.after_each_step(self)
                self.at_the_end(self)
            except BaseException as failure:
                failure.add_note("\n".join(self.steps))
                raise
            transaction.set_rollback(True)

    # --- the two sides ------------------------------------------------------------------------------------------------

    def both(self, expected: Callable[[], Any], call: Callable[[], Any], *told: object) -> tuple[Any, Any] | None:
        """Do something in the model and in the database. Returns both results, or None if both refuse."""
        step = f"{self.company.today} {' '.join(map(str, told))}"
        try:
            modelled = expected()
        except Refused as refused:
            self.steps.append(f"{step}: refused")
            with pytest.raises(refused.kinds):
                call()
            return None
        self.steps.append(step)
        return modelled, call()

    def made(self, expected: Callable[[], Any], call: Callable[[], Any], *told: object) -> Any:
        """Do the same, and give the model's new document the id of the real one."""
        if done := self.both(expected, call, *told):
            done[0].pk = done[1]

    # --- choices ------------------------------------------------------------------------------------------------------

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def one(self, likely: Sequence[One], of: Sequence[One]) -> One:
        """Choose one, mostly from those with which the action makes sense."""
        return self.chance.choice(likely if likely and self.often(0.85) else of)

    def invoice(self, fits: Callable[[Invoice], object]) -> Invoice:
        return self.one([one for one in self.company.invoices if fits(one)], self.company.invoices)

    def source(self, fits: Callable[[Source], object]) -> Source:
        return self.one([one for one in self.company.sources if fits(one)], self.company.sources)

    def date(self) -> dt.date | None:
        """Choose no day, one of the last days, one before everything, or tomorrow."""
        if self.often(0.75):
            return None
        return self.company.today - dt.timedelta(days=self.chance.choice([0, 1, 2, 4, 8, DAYS, -1]))

    def amount(self, limit: int) -> int:
        """Choose all, a part, or one cent too much."""
        if self.often(0.1):
            return limit + 1
        return max(1, limit if self.often(0.3) else self.chance.randint(0, limit))

    def whose(self) -> tuple[int, str]:
        return self.chance.choice([(0, "USD"), (0, "USD"), (0, "USD"), (0, "EUR"), (1, "USD")])

    # --- documents ----------------------------------------------------------------------------------------------------

    def wait(self) -> None:
        later = self.now + dt.timedelta(days=self.chance.randint(1, 9))
        if later.date() < self.last_day:
            self.now, self.company.today = later, later.date()
            self.clock.move_to(later, tick=False)

    def bill(self) -> None:
        lines = [
            Line(
                Fraction(self.chance.choice(QUANTITIES)),
                self.chance.choice(PRICES),
                Fraction(self.chance.choice(RATES)),
            )
            for _ in range(self.chance.randint(1, 3))
        ]
        whose, due_date = self.whose(), self.company.today + dt.timedelta(days=self.chance.randint(-5, 30))
        values = [line(one.price, decimal(one.quantity), tax_rate=decimal(one.rate)) for one in lines]
        self.made(
            lambda: self.company.draft(*whose, lines, due_date),
            lambda: invoices.create_invoice(
                customer_id=self.customers[whose[0]].pk,
                due_date=due_date,
                currency=whose[1],
                lines=values,
                actor=SYSTEM,
            ),
            *("bill", *whose, *(f"{float(one.quantity)}x{one.price}@{float(one.rate)}%" for one in lines)),
        )
        if self.often(0.8):
            self.send()

    def send(self) -> None:
        invoice, use_on_account = self.invoice(lambda one: one.status == "draft"), self.often(0.4)
        done = self.both(
            lambda: self.company.send(invoice),
            lambda: invoices.send_invoice(invoice_id=invoice.pk, use_on_account=use_on_account, actor=SYSTEM),
            *("send", invoice, "with what is on account" if use_on_account else ""),
        )
        if done and use_on_account:
            self._use_on_account(invoice)

    def _use_on_account(self, invoice: Invoice) -> None:
        """Take over which payments and credit notes settle a new invoice. The contract only says how much."""
        held = sum(one.unallocated for one in self.company.sources if one.whose == invoice.whose)
        by_pk = {one.pk: one for one in self.company.sources}
        for row in models.Settlement.objects.filter(invoice=invoice.pk).order_by("pk"):
            source = by_pk[row.payment_id or row.credit_note_id]
            assert row.amount <= source.unallocated
            self.company.settle(invoice, source, row.amount, self.company.today)
        assert invoice.total - invoice.due == min(invoice.total, held)

    def cancel(self) -> None:
        invoice = self.invoice(lambda one: one.status in ("draft", "sent"))
        done = self.both(
            lambda: self.company.cancel(invoice),
            lambda: invoices.cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM, reason="Mistake"),
            *("cancel", invoice),
        )
        if done and done[0]:
            done[0].pk = done[1]

    # --- payments -----------------------------------------------------------------------------------------------------

    def pay(self) -> None:
        invoice, method = self.invoice(lambda one: one.status == "sent"), self.chance.choice(METHODS)
        amount, paid_at = self.amount(invoice.due), self._moment()
        values: Any = {"amount": amount, "method": method, "paid_at": paid_at, "actor": SYSTEM}
        self.made(
            lambda: self.company.pay(invoice, Payment(*invoice.whose, amount, method, paid_at.date())),
            lambda: record_payment(invoice_id=invoice.pk, **values).id,
            *("pay", amount, "of", invoice, "on", paid_at.date()),
        )

    def receive(self) -> None:
        whose, amount, paid_at = self.whose(), self.amount(3000), self._moment()
        auto, method = self.often(0.3), self.chance.choice(METHODS)
        shares = self.company.oldest_due(whose, amount) if auto else self._shares(whose, amount)
        named: Any = [{"invoice_id": invoice.pk, "amount": share} for invoice, share in shares]
        self.made(
            lambda: self.company.receive(Payment(*whose, amount, method, paid_at.date()), shares),
            lambda: receive_payment(
                customer_id=self.customers[whose[0]].pk,
                amount=amount,
                currency=whose[1],
                method=method,
                paid_at=paid_at,
                allocations=[] if auto else named,
                auto_allocate=auto,
                actor=SYSTEM,
            ),
            *(
                "receive",
                amount,
                *whose,
                "on",
                paid_at.date(),
                *(f"{share} for {one}" for one, share in shares),
            ),
        )

    def _moment(self) -> dt.datetime:
        return self.now - dt.timedelta(days=self.chance.choice([0, 0, 0, 1, 7, -1]))

    def _shares(self, whose: tuple[int, str], amount: int) -> list[tuple[Invoice, int]]:
        """Choose invoices for a payment, mostly of its customer, and what it pays of them."""
        shares: dict[Invoice, int] = {}
        for _ in range(self.chance.choice([0, 0, 1, 2, 3])):
            invoice = self.invoice(lambda one: one.status == "sent" and one.whose == whose)
            shares[invoice] = self.amount(min(invoice.due, amount))
            amount = max(1, amount - shares[invoice])
        return list(shares.items())

    def reverse(self) -> None:
        if not self.company.payments:
            return
        payment, date = (
            self.one([one for one in self.company.payments if not one.reversed], self.company.payments),
            self.date(),
        )
        self.both(
            lambda: self.company.reverse(payment, date),
            lambda: reverse_payment(payment_id=payment.pk, reason="Mistake", date=date, actor=SYSTEM),
            *("reverse", payment, "on", date),
        )

    def allocate(self) -> None:
        if not self.company.sources:
            return
        open_ones = {one.whose for one in self.company.invoices if one.status == "sent"}
        source, date = self.source(lambda one: one.unallocated and one.whose in open_ones), self.date()
        invoice = self.invoice(lambda one: one.status == "sent" and one.whose == source.whose)
        amount = None if self.often(0.4) else self.amount(min(source.unallocated, invoice.due))
        values: Any = {"invoice_id": invoice.pk, "amount": amount, "date": date, "actor": SYSTEM}
        self.both(
            lambda: self.company.allocate(source, invoice, amount, date),
            lambda: (
                note_allocations.allocate_credit_note(credit_note_id=source.pk, **values)
                if isinstance(source, Note)
                else allocate_payment(payment_id=source.pk, **values)
            ),
            *("allocate", amount, "of", source, "to", invoice, "on", date),
        )

    def unallocate(self) -> None:
        if not self.company.sources:
            return
        source, date = self.source(lambda one: one.allocated), self.date()
        invoice = self.invoice(lambda one: any(each.by is source and each.stands for each in one.settlements))
        values: Any = {"invoice_id": invoice.pk, "date": date, "actor": SYSTEM}
        self.both(
            lambda: self.company.unallocate(source, invoice, date),
            lambda: (
                note_allocations.unallocate_credit_note(credit_note_id=source.pk, **values)
                if isinstance(source, Note)
                else unallocate_payment(payment_id=source.pk, **values)
            ),
            *("unallocate", source, "from", invoice, "on", date),
        )

    def refund(self) -> None:
        if not self.company.sources:
            return
        source, method, date = self.source(lambda one: one.unallocated), self.chance.choice(METHODS), self.date()
        amount = self.amount(source.unallocated)
        values: Any = {"amount": amount, "method": method, "date": date, "actor": SYSTEM}
        self.made(
            lambda: self.company.refund(source, amount, method, date),
            lambda: (
                note_allocations.refund_credit_note(credit_note_id=source.pk, **values)
                if isinstance(source, Note)
                else refund_payment(payment_id=source.pk, **values)
            ),
            *("refund", amount, "of", source, "on", date),
        )

    # --- credit notes and write-offs ----------------------------------------------------------------------------------

    def credit(self) -> None:
        invoice = self.invoice(lambda one: one.status in ("sent", "paid") and not one.is_fully_credited)
        asked, send = None if self.often(0.3) else self._asked(invoice), self.often(0.7)
        self.made(
            lambda: self.company.credit(invoice, asked, send=send),
            lambda: credit_notes.create_credit_note(
                invoice_id=invoice.pk, reason="Damaged", lines=self._lines(invoice, asked), send=send, actor=SYSTEM
            ),
            *("credit" if send else "draft a credit of", invoice, asked or "whole"),
        )

    def _asked(self, invoice: Invoice) -> list[Credit]:
        """Choose what to credit of some lines: quantities or amounts, sometimes too much."""
        asked = []
        for index in sorted(self.chance.sample(range(len(invoice.lines)), self.chance.randint(1, len(invoice.lines)))):
            quantity, amount = invoice.credited(index)
            found = invoice.lines[index]
            if self.often(0.5):
                thousandths = self.amount(int((found.quantity - quantity) * 1000))
                asked.append(Credit(index, quantity=Fraction(thousandths, 1000)))
            else:
                asked.append(Credit(index, amount=self.amount(found.total - amount)))
        return asked

    def _lines(self, invoice: Invoice, asked: list[Credit] | None) -> Any:
        rows = models.InvoiceLine.objects.filter(invoice=invoice.pk).order_by("position")
        ids = list(rows.values_list("pk", flat=True))
        return asked and [
            {"invoice_line_id": ids[one.line], "amount": one.amount}
            if one.quantity is None
            else {"invoice_line_id": ids[one.line], "quantity": decimal(one.quantity)}
            for one in asked
        ]

    def issue(self) -> None:
        if not self.company.notes:
            return
        note = self.one([one for one in self.company.notes if not one.sent], self.company.notes)
        self.both(
            lambda: self.company.issue(note),
            lambda: credit_notes.send_credit_note(credit_note_id=note.pk, actor=SYSTEM),
            *("issue", note),
        )

    def write_off(self) -> None:
        invoice, date, correct_tax = self.invoice(lambda one: one.status == "sent"), self.date(), self.often(0.5)
        amount = None if self.often(0.3) else self.amount(invoice.due)
        values: Any = {"amount": amount, "correct_tax": correct_tax, "date": date, "reason": "Lost", "actor": SYSTEM}
        done = self.both(
            lambda: self.company.write_off(invoice, amount, correct_tax=correct_tax, date=date),
            lambda: write_offs.write_off(invoice_id=invoice.pk, **values),
            *("write off", amount, "of", invoice, "on", date, "with tax" if correct_tax else ""),
        )
        if done:
            found = models.Settlement.objects.filter(invoice=invoice.pk, kind="write_off").order_by("pk")
            done[0].pk = found.values_list("pk", flat=True).last()

    def undo_write_off(self) -> None:
        invoice, date = self.invoice(lambda one: one.standing(None)), self.date()
        ever = [one for one in invoice.settlements if one.by is None]
        which = self.chance.choice(ever) if ever and self.often(0.5) else None
        pk = which.pk if which else None
        self.both(
            lambda: self.company.undo_write_off(invoice, which, date),
            lambda: write_offs.undo_write_offs(invoice_id=invoice.pk, settlement_id=pk, date=date, actor=SYSTEM),
            *("undo", "one write-off" if which else "the write-offs", "of", invoice, "on", date),
        )
