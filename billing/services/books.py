"""Postings of documents to accounting, always in the transaction that changes the document.

At commit, PostgreSQL refuses a sent invoice or a payment without its entry, and an entry without its document
(migration `0006_books`). Entries are written last in a transaction, because the accounts' totals stay locked until it
ends.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounting.choices import EntryKind, Role, SourceType
from accounting.services import NewEntry, Posting, post_entries, reverse_document
from billing.choices import PaymentDirection, PaymentMethod, Purpose
from billing.models import CreditNote, Invoice, Payment, Settlement
from billing.services.settlements import Part
from billing.services.tax_accounts import AccountTax, accounts_of, by_account
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import format_text


def post_invoice(invoice: Invoice, *, actor: Actor, beside: Sequence[NewEntry] = ()) -> None:
    """Post receivables to revenue and tax on the issue date, with the entries `beside`. An invoice of 0 is not posted.

    Raises Conflict if it can't be posted: a closed period, an account that is missing or inactive.
    """
    if invoice.total == 0:
        return
    lines = [
        Posting(Role.RECEIVABLE.code, debit=invoice.total),
        Posting(Role.REVENUE.code, credit=invoice.subtotal),
        *(Posting(code, credit=tax) for code, tax in by_account(invoice.tax_breakdown, accounts_of(invoice))),
    ]
    entry = NewEntry(
        date=invoice.posting_day,
        description=f"Invoice {invoice.number}",
        lines=_without_zeros(lines),
        currency=invoice.currency,
        reference=invoice.number,
        source_type=SourceType.INVOICE,
        source_id=invoice.pk,
        purpose=Purpose.SEND,
    )
    post([entry, *beside], actor=actor)


def imported(invoice: Invoice) -> NewEntry:
    """Return the entry of an imported invoice: receivables against opening balances, without revenue and tax."""
    return NewEntry(
        date=invoice.posting_day,
        description=f"Open invoice {invoice.number}",
        lines=[
            Posting(Role.RECEIVABLE.code, debit=invoice.total),
            Posting(Role.OPENING.code, credit=invoice.total),
        ],
        currency=invoice.currency,
        reference=invoice.number,
        source_type=SourceType.INVOICE,
        source_id=invoice.pk,
        purpose=Purpose.SEND,
        kind=EntryKind.OPENING,
    )


def received(payment: Payment, at_once: Sequence[Part]) -> NewEntry:
    """Return the entry of a payment: bank or cash to receivables, for what it settles at once, and to advances."""
    settled = sum(part.amount for part in at_once)
    only = at_once[0].invoice if len(at_once) == 1 and settled == payment.amount else None
    lines = [
        Posting(money_account(payment.method), debit=payment.amount),
        Posting(Role.RECEIVABLE.code, credit=settled),
        Posting(Role.ADVANCES.code, credit=payment.amount - settled),
    ]
    return NewEntry(
        date=payment.day,
        description=f"Payment of invoice {only.number}" if only else f"Payment {payment.number}",
        lines=_without_zeros(lines),
        currency=payment.currency,
        reference=only.number if only else payment.number,
        source_type=SourceType.PAYMENT,
        source_id=payment.pk,
        purpose=Purpose.RECEIVE,
    )


def refunded(refund: Payment) -> NewEntry:
    """Return the entry of a refund: advances to bank or cash."""
    return NewEntry(
        date=refund.day,
        description=f"Refund {refund.number}",
        lines=[
            Posting(Role.ADVANCES.code, debit=refund.amount),
            Posting(money_account(refund.method), credit=refund.amount),
        ],
        currency=refund.currency,
        reference=refund.number,
        source_type=SourceType.PAYMENT,
        source_id=refund.pk,
        purpose=Purpose.REFUND,
    )


def reversed_payment(payment: Payment, undone: Sequence[Settlement], *, day: dt.date) -> NewEntry:
    """Return the opposite of a payment's entry, from receivables for the settlements that the reversal undoes."""
    settled = sum(settlement.amount for settlement in undone)
    money, rest = money_account(payment.method), payment.amount - settled
    if payment.direction == PaymentDirection.IN:
        lines = [
            Posting(Role.RECEIVABLE.code, debit=settled),
            Posting(Role.ADVANCES.code, debit=rest),
            Posting(money, credit=payment.amount),
        ]
    else:
        lines = [Posting(money, debit=payment.amount), Posting(Role.ADVANCES.code, credit=payment.amount)]
    return NewEntry(
        date=day,
        description=f"Reversal of payment {payment.number}",
        lines=_without_zeros(lines),
        currency=payment.currency,
        reference=payment.number,
        source_type=SourceType.PAYMENT,
        source_id=payment.pk,
        purpose=Purpose.REVERSE,
    )


def allocated(part: Part, settlement_id: UUID, *, number: str) -> NewEntry:
    """Return the entry of a later allocation of the document `number`: advances to receivables."""
    return NewEntry(
        date=part.day,
        description=f"{number} allocated to invoice {part.invoice.number}",
        lines=[
            Posting(Role.ADVANCES.code, debit=part.amount),
            Posting(Role.RECEIVABLE.code, credit=part.amount),
        ],
        currency=part.invoice.currency,
        reference=part.invoice.number,
        source_type=SourceType.ALLOCATION,
        source_id=settlement_id,
        purpose=Purpose.ALLOCATE,
    )


def unallocated(settlement: Settlement, *, day: dt.date, number: str) -> NewEntry:
    """Return the entry that undoes an allocation of the document `number`: receivables to advances."""
    return NewEntry(
        date=max(day, settlement.day),
        description=f"{number} no longer allocated to invoice {settlement.invoice.number}",
        lines=[
            Posting(Role.RECEIVABLE.code, debit=settlement.amount),
            Posting(Role.ADVANCES.code, credit=settlement.amount),
        ],
        currency=settlement.invoice.currency,
        reference=settlement.invoice.number,
        source_type=SourceType.ALLOCATION,
        source_id=settlement.pk,
        purpose=Purpose.UNDO,
    )


def post(entries: Sequence[NewEntry], *, actor: Actor) -> list[UUID]:
    """Post entries of documents and return their ids. Raises Conflict as `post_invoice` does."""
    with _as_conflict():
        return post_entries(entries, actor=actor)


def money_account(method: str) -> str:
    """Return the code of the account for money that was paid by this method."""
    return (Role.CASH if method == PaymentMethod.CASH else Role.BANK).code


def credited(note: CreditNote, settled: int) -> NewEntry:
    """Return the entry of a credit note: revenue and tax to receivables, for what is `settled`, and advances."""
    lines = [
        Posting(Role.REVENUE.code, debit=note.subtotal),
        *(Posting(code, debit=tax) for code, tax in by_account(note.tax_breakdown, accounts_of(note.invoice))),
        Posting(Role.RECEIVABLE.code, credit=settled),
        Posting(Role.ADVANCES.code, credit=note.total - settled),
    ]
    return NewEntry(
        date=note.issue_date,
        description=f"Credit note {note.number} for invoice {note.invoice.number}",
        lines=_without_zeros(lines),
        currency=note.currency,
        reference=note.number,
        source_type=SourceType.CREDIT_NOTE,
        source_id=note.pk,
        purpose=Purpose.SEND,
    )


def written_off(part: Part, settlement_id: UUID, *, taxes: Sequence[AccountTax]) -> NewEntry:
    """Return the entry of a write-off: bad debt and the corrected tax to receivables."""
    lines = [
        Posting(Role.BAD_DEBT.code, debit=part.amount - sum(tax for _code, tax in taxes)),
        *(Posting(code, debit=tax) for code, tax in taxes),
        Posting(Role.RECEIVABLE.code, credit=part.amount),
    ]
    return NewEntry(
        date=part.day,
        description=f"Write-off of invoice {part.invoice.number}",
        lines=_without_zeros(lines),
        currency=part.invoice.currency,
        reference=part.invoice.number,
        source_type=SourceType.WRITE_OFF,
        source_id=settlement_id,
        purpose=Purpose.WRITE_OFF,
    )


def undone_write_off(settlement: Settlement, *, day: dt.date, taxes: Sequence[AccountTax]) -> NewEntry:
    """Return the entry that undoes a write-off: receivables to bad debt and tax."""
    invoice = settlement.invoice
    lines = [
        Posting(Role.RECEIVABLE.code, debit=settlement.amount),
        Posting(Role.BAD_DEBT.code, credit=settlement.amount - sum(tax for _code, tax in taxes)),
        *(Posting(code, credit=tax) for code, tax in taxes),
    ]
    return NewEntry(
        date=max(day, settlement.day),
        description=f"Write-off of invoice {invoice.number} undone",
        lines=_without_zeros(lines),
        currency=invoice.currency,
        reference=invoice.number,
        source_type=SourceType.WRITE_OFF,
        source_id=settlement.pk,
        purpose=Purpose.UNDO,
    )


def reverse_invoice_posting(invoice: Invoice, note: CreditNote, *, actor: Actor) -> None:
    """Reverse the entry of `post_invoice`, if there is one, for a credit note that credits and settles all of it.

    Raises Conflict as `post_invoice` does.
    """
    with _as_conflict():
        reverse_document(
            source_type=SourceType.INVOICE,
            source_id=invoice.pk,
            purpose=Purpose.SEND,
            actor=actor,
            date=note.issue_date,
            description=f"Invoice {invoice.number} cancelled by credit note {note.number}",
        )


@contextmanager
def _as_conflict() -> Iterator[None]:
    """Turn input errors into Conflict: the accounts come from the configuration, not from the user's input."""
    try:
        yield
    except Invalid as exc:
        raise Conflict(format_text(_("This cannot be posted to the books. {reason}"), reason=exc.message)) from exc


def _without_zeros(lines: Sequence[Posting]) -> list[Posting]:
    return [line for line in lines if line.debit or line.credit]
