"""A model of invoices, payments and credit notes, written from the API contract and not from the services.

Plain Python without a database: the amounts and states of documents, and the shares of credit notes and write-offs.
`money_company.py` has what changes them. Amounts are minor units.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from skeleton.kernel.errors import Conflict

Day = dt.date
Refusals = set[type[Exception]]
Taxes = dict[Fraction, tuple[int, int]]
"""Base and tax by rate."""


class Refused(Exception):  # noqa: N818 (not an error but the expected outcome)
    """The model refuses an action. `kinds` are the errors that the contract allows for that."""

    def __init__(self, kinds: Refusals) -> None:
        super().__init__(kinds)
        self.kinds = tuple(kinds)


def rounded(exact: Fraction) -> int:
    """Round half away from zero."""
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def tax_on(base: int, rate: Fraction) -> int:
    return rounded(base * rate / 100)


class Line(NamedTuple):
    """A line of an invoice."""

    quantity: Fraction
    price: int
    rate: Fraction

    @property
    def total(self) -> int:
        return rounded(self.quantity * self.price)


class Credit(NamedTuple):
    """What to credit of a line, by its index: a quantity of it, or an amount before tax."""

    line: int
    quantity: Fraction | None = None
    amount: int | None = None


@dataclass(eq=False)
class Settlement:
    """A part of an invoice that `by` (a payment, a credit note, or nothing for a write-off) settles."""

    by: "Payment | Note | None"
    amount: int
    day: Day
    tax: Taxes = field(default_factory=dict)
    undone: Day | None = None
    pk: Any = None  # of the real document

    @property
    def stands(self) -> bool:
        return self.undone is None

    def on(self, day: Day) -> int:
        """Return what of it counts on a day."""
        return self.amount if self.day <= day and (self.undone is None or self.undone > day) else 0


@dataclass(eq=False)
class Invoice:
    customer: int
    currency: str
    lines: Sequence[Line]
    issued: Day
    due_date: Day
    sent: Day | None = None
    withdrawn: bool = False  # cancelled as a draft
    settlements: list[Settlement] = field(default_factory=list)
    notes: "list[Note]" = field(default_factory=list)
    pk: Any = None  # of the real document
    name: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def whose(self) -> tuple[int, str]:
        return self.customer, self.currency

    @property
    def posted(self) -> Day:
        """Return the day from which it can be settled."""
        return self.sent or self.issued

    @property
    def taxes(self) -> Taxes:
        bases: Counter[Fraction] = Counter()
        for line in self.lines:
            bases[line.rate] += line.total
        return {rate: (base, tax_on(base, rate)) for rate, base in sorted(bases.items())}

    @property
    def total(self) -> int:
        return sum(base + tax for base, tax in self.taxes.values())

    def standing(self, kind: type | None) -> list[Settlement]:
        """Return what settles it, by payments, credit notes or (None) write-offs."""
        return [one for one in self.settlements if one.stands and type(one.by) is (kind or type(None))]

    def settled(self, kind: type | None) -> int:
        return sum(one.amount for one in self.standing(kind))

    @property
    def issued_notes(self) -> "list[Note]":
        return sorted((note for note in self.notes if note.sent), key=lambda note: note.position)

    @property
    def credited_total(self) -> int:
        return sum(note.total for note in self.issued_notes)

    @property
    def is_fully_credited(self) -> bool:
        return bool(self.issued_notes) and all(
            self.credited(index)[1] == line.total for index, line in enumerate(self.lines)
        )

    def credited(self, line: int) -> tuple[Fraction, int]:
        """Return the quantity and the amount that issued notes credit of a line."""
        found = [part for note in self.issued_notes for part in note.parts if part.line == line]
        return sum((part.quantity or Fraction(0) for part in found), Fraction(0)), sum(part.amount for part in found)

    @property
    def status(self) -> str:
        if self.sent is None:
            return "cancelled" if self.withdrawn else "draft"
        standing = [one for one in self.settlements if one.stands]
        own = sum(one.amount for one in standing if one.by in self.notes)
        if (
            self.is_fully_credited
            and own == self.total
            and len(standing) == sum(one.by in self.notes for one in standing)
        ):
            return "cancelled"
        return "paid" if sum(one.amount for one in standing) == self.total else "sent"

    @property
    def due(self) -> int:
        if self.status == "cancelled":
            return 0
        return self.total - self.settled(Payment) - self.settled(Note) - self.settled(None)

    def due_on(self, day: Day) -> int:
        """Return what is due at the end of a day, as the books see it."""
        sent = self.total if self.sent and self.sent <= day else 0
        return sent - sum(one.on(day) for one in self.settlements)


@dataclass(eq=False)
class Payment:
    customer: int
    currency: str
    amount: int
    method: str
    day: Day
    refund_of: "Payment | Note | None" = None
    allocated: int = 0
    refunded: int = 0
    reversed: Day | None = None
    pk: Any = None  # of the real document
    name: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def whose(self) -> tuple[int, str]:
        return self.customer, self.currency

    @property
    def unallocated(self) -> int:
        if self.refund_of or self.reversed:
            return 0
        return self.amount - self.allocated - self.refunded

    @property
    def money(self) -> str:
        return "1100" if self.method == "cash" else "1200"


class Part(NamedTuple):
    """What a note credits of one line."""

    line: int
    quantity: Fraction | None
    amount: int


@dataclass(eq=False)
class Note:
    invoice: Invoice
    asked: Sequence[Credit]
    parts: list[Part] = field(default_factory=list)
    taxes: Taxes = field(default_factory=dict)
    day: Day = dt.date.min
    sent: bool = False
    position: int = 0
    allocated: int = 0
    refunded: int = 0
    pk: Any = None  # of the real document
    name: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def whose(self) -> tuple[int, str]:
        return self.invoice.whose

    @property
    def customer(self) -> int:
        return self.invoice.customer

    @property
    def currency(self) -> str:
        return self.invoice.currency

    @property
    def total(self) -> int:
        return sum(base + tax for base, tax in self.taxes.values())

    @property
    def unallocated(self) -> int:
        return self.total - self.allocated - self.refunded if self.sent else 0


Source = Payment | Note


def credit_parts(invoice: Invoice, asked: Iterable[Credit]) -> tuple[list[Part], Taxes]:
    """Return the shares of a note and their taxes: cumulative, less what was credited. Raises Refused if too much."""
    parts, taxes, bases = [], {}, Counter[Fraction]()
    for credit in asked:
        line = invoice.lines[credit.line]
        quantity, before = invoice.credited(credit.line)
        if credit.quantity is None:
            share = credit.amount or 0
        else:
            share = rounded(line.total * (quantity + credit.quantity) / line.quantity) - before
        if share < 0 or before + share > line.total or quantity + (credit.quantity or 0) > line.quantity:
            raise Refused({Conflict})
        parts.append(Part(credit.line, credit.quantity, share))
        bases[line.rate] += share
    for rate in {invoice.lines[part.line].rate for part in parts}:
        whole, whole_tax = invoice.taxes[rate]
        base_before = sum(note.taxes.get(rate, (0, 0))[0] for note in invoice.issued_notes)
        tax_before = sum(note.taxes.get(rate, (0, 0))[1] for note in invoice.issued_notes)
        base = base_before + bases[rate]
        taxes[rate] = (bases[rate], (whole_tax if base == whole else tax_on(base, rate)) - tax_before)
    return parts, taxes


def all_that_is_left(invoice: Invoice) -> list[Credit]:
    """Return what credits every line whole."""
    asked = []
    for index, line in enumerate(invoice.lines):
        quantity, amount = invoice.credited(index)
        if line.total and amount == line.total:
            continue
        if quantity < line.quantity:
            asked.append(Credit(index, quantity=line.quantity - quantity))
        elif amount < line.total:
            asked.append(Credit(index, amount=line.total - amount))
    return asked


def takes_corrected_tax(invoice: Invoice, asked: Taxes) -> bool:
    """Return whether a credit note would take of a rate what a write-off, which corrected its tax, has taken."""
    for rate, part in asked.items():
        corrected = [one.tax[rate] for one in invoice.standing(None) if rate in one.tax]
        takers = [*(note.taxes[rate] for note in invoice.issued_notes if rate in note.taxes), *corrected]
        left = sum(invoice.taxes[rate]) - sum(sum(taken) for taken in takers)
        if sum(part) > max(left, 0) and any(tax for _, tax in corrected):
            return True
    return False


def write_off_taxes(invoice: Invoice, amount: int) -> Taxes:
    """Spread an amount over base and tax of each rate by largest remainder, with no more tax than the rate has left."""
    keys = [(rate, kind) for rate in invoice.taxes for kind in (0, 1)]
    exact = [Fraction(amount * invoice.taxes[rate][kind], invoice.total) for rate, kind in keys]
    shares = [int(one) for one in exact]
    largest_first = sorted(range(len(keys)), key=lambda at: (shares[at] - exact[at], at))
    for at in largest_first[: amount - sum(shares)]:
        shares[at] += 1
    by_key = dict(zip(keys, shares, strict=True))
    takers = [note.taxes for note in invoice.issued_notes] + [one.tax for one in invoice.standing(None)]
    left = {rate: tax - sum(taken.get(rate, (0, 0))[1] for taken in takers) for rate, (_, tax) in invoice.taxes.items()}
    return {rate: (by_key[rate, 0], max(0, min(by_key[rate, 1], left[rate]))) for rate in invoice.taxes}
