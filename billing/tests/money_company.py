"""A model of what happens to money, written from the API contract and not from the services.

Each action changes documents and the ledger, or raises Refused. `test_money_model.py` compares the services with it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from billing.tests.money_model import (
    Credit,
    Day,
    Invoice,
    Line,
    Note,
    Payment,
    Refused,
    Settlement,
    Source,
    Taxes,
    all_that_is_left,
    credit_parts,
    takes_corrected_tax,
    write_off_taxes,
)
from skeleton.kernel.errors import Conflict, Invalid

Rule = tuple[bool, type[Exception]]
"""Whether a rule holds, and the error if it does not."""


class Postable(NamedTuple):
    """What a posting is summed by."""

    day: Day
    customer: int
    currency: str
    account: str


class Company:
    """All documents, and the ledger that they make."""

    def __init__(self, today: Day) -> None:
        self.today = today
        self.invoices: list[Invoice] = []
        self.payments: list[Payment] = []
        self.notes: list[Note] = []
        self.ledger: Counter[Postable] = Counter()
        self._issued = 0

    @property
    def sources(self) -> list[Source]:
        """Return everything of which something may be on account."""
        return [*self.payments, *self.notes]

    # --- helpers ------------------------------------------------------------------------------------------------------

    def post(self, of: Any, day: Day, **accounts: int) -> None:
        """Post debits (over 0) and credits (under 0), which must balance."""
        assert sum(accounts.values()) == 0
        for account, amount in accounts.items():
            self.ledger[Postable(day, of.customer, of.currency, account.lstrip("_"))] += amount

    @staticmethod
    def require(*rules: Rule) -> None:
        """Raise Refused with the errors of the rules that do not hold."""
        broken = {error for holds, error in rules if not holds}
        if broken:
            raise Refused(broken)

    def day(self, date: Day | None, *not_before: Day, of: Sequence[Invoice | Source]) -> tuple[Day, Rule]:
        """Return the day of a later action, and the rule for it.

        Not in the future, not before its documents, and a given day not before the last undoing or reversal of what it
        touches.
        """
        day = date or max(self.today, *not_before)
        earliest = max(*not_before, self.last_undone(of) if date else dt.date.min)
        return day, (earliest <= day <= self.today, Invalid)

    def last_undone(self, of: Sequence[Invoice | Source]) -> Day:
        """Return the last day on which a settlement or a refund of these was undone."""
        settled = [
            one.undone
            for invoice in self.invoices
            for one in invoice.settlements
            if one.undone and (invoice in of or one.by in of)
        ]
        refunded = [one.reversed for one in self.payments if one.reversed and one.refund_of in of]
        return max([*settled, *refunded], default=dt.date.min)

    # --- invoices -----------------------------------------------------------------------------------------------------

    def draft(self, customer: int, currency: str, lines: Sequence[Line], due_date: Day) -> Invoice:
        invoice = Invoice(customer, currency, lines, issued=self.today, due_date=due_date)
        self.invoices.append(invoice)
        invoice.name = f"invoice {len(self.invoices)}"
        return invoice

    def send(self, invoice: Invoice) -> None:
        self.require((invoice.status == "draft", Conflict), (bool(invoice.lines), Conflict))
        invoice.sent = self.today
        net, tax = self._sums(invoice.taxes)
        self.post(invoice, self.today, _1300=net + tax, _4000=-net, _2200=-tax)

    def cancel(self, invoice: Invoice) -> Note | None:
        """Cancel a draft, or credit what is left of a sent invoice that nothing but its own notes settle."""
        if invoice.status == "draft":
            invoice.withdrawn = True
            return None
        foreign = [one for one in invoice.settlements if one.stands and one.by not in invoice.notes]
        own = sum(one.amount for one in invoice.settlements if one.stands and one.by in invoice.notes)
        state = "sent" if invoice.total else "paid"
        self.require(
            (invoice.status == state, Conflict), (not foreign, Conflict), (own == invoice.credited_total, Conflict)
        )
        return self.credit(invoice, None, send=True)

    # --- payments -----------------------------------------------------------------------------------------------------

    def pay(self, invoice: Invoice, payment: Payment) -> Payment:
        self.require(
            (invoice.status == "sent", Conflict),
            (payment.amount <= invoice.due, Invalid),
            (payment.day <= self.today, Invalid),
        )
        return self._receive(payment, [(invoice, payment.amount)])

    def receive(self, payment: Payment, shares: Sequence[tuple[Invoice, int]]) -> Payment:
        rules: list[Rule] = [
            (payment.day <= self.today, Invalid),
            (sum(share for _, share in shares) <= payment.amount, Invalid),
        ]
        for invoice, share in shares:
            rules.append((invoice.status == "sent", Conflict))
            rules.append((share <= invoice.due, Invalid))
            rules.append((invoice.whose == payment.whose, Invalid))
        self.require(*rules)
        return self._receive(payment, shares)

    def oldest_due(self, whose: tuple[int, str], amount: int) -> list[tuple[Invoice, int]]:
        """Return how an amount is divided: the invoice that is due first gets its part first."""
        shares = []
        for invoice in sorted(self.invoices, key=lambda one: one.due_date):
            if (invoice.whose, invoice.status) == (whose, "sent") and amount:
                shares.append((invoice, min(amount, invoice.due)))
                amount -= shares[-1][1]
        return shares

    def _receive(self, payment: Payment, shares: Sequence[tuple[Invoice, int]]) -> Payment:
        self.payments.append(payment)
        payment.name = f"payment {len(self.payments)}"
        self.post(payment, payment.day, **{payment.money: payment.amount}, _2300=-payment.amount)
        for invoice, share in shares:
            self.settle(invoice, payment, share, max(payment.day, invoice.posted, self.last_undone([invoice])))
        return payment

    def reverse(self, payment: Payment, date: Day | None) -> None:
        found = [
            (invoice, one)
            for invoice in self.invoices
            for one in invoice.settlements
            if one.stands and one.by is payment
        ]
        touched = [payment.refund_of or payment, *(invoice for invoice, _ in found)]
        day, in_time = self.day(date, payment.day, *(one.day for _, one in found), of=touched)
        self.require((not payment.reversed, Conflict), (not payment.refunded, Conflict), in_time)
        payment.reversed = day
        sign = -1 if payment.refund_of else 1
        self.post(payment, day, **{payment.money: -sign * payment.amount}, _2300=sign * payment.amount)
        if payment.refund_of:
            payment.refund_of.refunded -= payment.amount
        self._undo(found, day, freed=payment.refund_of)

    # --- what is on account -------------------------------------------------------------------------------------------

    def allocate(self, source: Source, invoice: Invoice, amount: int | None, date: Day | None) -> Settlement:
        day, in_time = self.day(date, source.day, invoice.posted, of=[source, invoice])
        fitting = amount or min(source.unallocated, invoice.due)
        self.require(
            (source.unallocated > 0, Conflict),
            (invoice.status == "sent", Conflict),
            (source.whose == invoice.whose, Invalid),
            (fitting <= min(source.unallocated, invoice.due), Invalid),
            in_time,
        )
        return self.settle(invoice, source, fitting, day)

    def unallocate(self, source: Source, invoice: Invoice, date: Day | None) -> None:
        found = [(invoice, one) for one in invoice.settlements if one.stands and one.by is source]
        day, in_time = self.day(date, *[one.day for _, one in found] or [dt.date.min], of=[source, invoice])
        self.require((bool(found), Conflict), (source not in invoice.notes, Conflict), in_time)
        self._undo(found, day, freed=source)

    def refund(self, source: Source, amount: int, method: str, date: Day | None) -> Payment:
        day, in_time = self.day(date, source.day, of=[source])
        self.require((source.unallocated > 0, Conflict), (amount <= source.unallocated, Invalid), in_time)
        source.refunded += amount
        refund = Payment(source.customer, source.currency, amount, method, day, refund_of=source)
        self.payments.append(refund)
        refund.name = f"refund {len(self.payments)}"
        self.post(refund, day, **{refund.money: -amount}, _2300=amount)
        return refund

    def settle(self, invoice: Invoice, source: Source, amount: int, day: Day) -> Settlement:
        """Settle a part of an invoice with what is on account."""
        made = Settlement(source, amount, day)
        invoice.settlements.append(made)
        source.allocated += amount
        self.post(invoice, day, _2300=amount, _1300=-amount)
        return made

    def _undo(self, found: Sequence[tuple[Invoice, Settlement]], day: Day, *, freed: Source | None = None) -> None:
        """Undo settlements. The rests of an invoice's own notes settle it at once, oldest first.

        So does a note that is `freed`, with the others, if something is due on its own invoice.
        """
        for invoice, one in found:
            one.undone = day
            if one.by:
                one.by.allocated -= one.amount
                self.post(invoice, day, _1300=one.amount, _2300=-one.amount)
            else:
                self._post_write_off(invoice, one, day, sign=-1)
        concerned = [invoice for invoice, _ in found] + ([freed.invoice] if isinstance(freed, Note) else [])
        for invoice in {id(invoice): invoice for invoice in concerned}.values():
            for note in invoice.issued_notes:
                if amount := min(note.unallocated, invoice.due):
                    self.settle(invoice, note, amount, max(day, note.day, self.last_undone([note, invoice])))

    # --- credit notes and write-offs ----------------------------------------------------------------------------------

    def credit(self, invoice: Invoice, asked: Sequence[Credit] | None, *, send: bool) -> Note:
        self.require((invoice.status in ("sent", "paid"), Conflict), (not invoice.is_fully_credited, Conflict))
        note = Note(invoice, all_that_is_left(invoice) if asked is None else asked, day=self.today)
        note.parts, note.taxes = credit_parts(invoice, note.asked)
        if send:
            self.issue(note)
        else:
            invoice.notes.append(note)
        self.notes.append(note)
        note.name = f"credit note {len(self.notes)}"
        return note

    def issue(self, note: Note) -> None:
        invoice = note.invoice
        self.require(
            (not note.sent, Conflict),
            (invoice.status in ("sent", "paid"), Conflict),
            (not invoice.is_fully_credited, Conflict),
        )
        parts, taxes = credit_parts(invoice, note.asked)
        total = sum(base + tax for base, tax in taxes.values())
        self.require((total <= invoice.total - invoice.credited_total - invoice.settled(None), Conflict))
        self.require((not takes_corrected_tax(invoice, taxes), Conflict))
        settled = min(total, invoice.due)
        self._issued += 1
        note.parts, note.taxes, note.day, note.sent, note.position = parts, taxes, self.today, True, self._issued
        invoice.notes = [*(one for one in invoice.notes if one is not note), note]
        net, tax = self._sums(taxes)
        self.post(invoice, self.today, _4000=net, _2200=tax, _2300=-total)
        if settled:
            self.settle(invoice, note, settled, self.today)

    def write_off(self, invoice: Invoice, amount: int | None, *, correct_tax: bool, date: Day | None) -> Settlement:
        day, in_time = self.day(date, invoice.posted, of=[invoice])
        self.require((invoice.status == "sent", Conflict), ((amount or 0) <= invoice.due, Invalid), in_time)
        given_up = amount or invoice.due
        made = Settlement(None, given_up, day, write_off_taxes(invoice, given_up) if correct_tax else {})
        invoice.settlements.append(made)
        self._post_write_off(invoice, made, day, sign=1)
        return made

    def undo_write_off(self, invoice: Invoice, which: Settlement | None, date: Day | None) -> None:
        found = [(invoice, one) for one in invoice.standing(None) if which in (None, one)]
        day, in_time = self.day(date, *[one.day for _, one in found] or [dt.date.min], of=[invoice])
        self.require((bool(invoice.standing(None)), Conflict), (bool(found), Invalid), in_time)
        self._undo(found, day)

    def _post_write_off(self, invoice: Invoice, one: Settlement, day: Day, *, sign: int) -> None:
        tax = self._sums(one.tax)[1]
        self.post(invoice, day, _5500=sign * (one.amount - tax), _2200=sign * tax, _1300=-sign * one.amount)

    @staticmethod
    def _sums(taxes: Taxes) -> tuple[int, int]:
        return sum(base for base, _ in taxes.values()), sum(tax for _, tax in taxes.values())

    # --- reports ------------------------------------------------------------------------------------------------------

    def sums(self, by: Callable[[Postable], Any]) -> dict[Any, int]:
        """Return the sums of the ledger that are not 0."""
        sums: Counter[Any] = Counter()
        for key, amount in self.ledger.items():
            sums[by(key)] += amount
        return {key: amount for key, amount in sums.items() if amount}
