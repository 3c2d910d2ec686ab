"""What an invoice's own credit notes have on account settles it as soon as something of it is due again."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from accounting.services import NewEntry
from billing.choices import CreditNoteStatus, InvoiceStatus, SettlementKind
from billing.models import CreditNote, Invoice
from billing.services.books import allocated
from billing.services.settlements import Part, settle
from skeleton.db.locks import rows_locked_for_update
from skeleton.kernel.actors import Actor


def settle_with_own_credit(
    invoices: Iterable[Invoice], *, day: dt.date, now: dt.datetime, actor: Actor
) -> list[NewEntry]:
    """Settle what is due on locked `invoices` with the rests of their own credit notes, oldest first.

    Call it after undoing a settlement. Returns the entries to post.
    """
    open_ = {invoice.pk: invoice for invoice in invoices if invoice.status == InvoiceStatus.SENT}
    return [
        entry
        for note in _with_rest(open_)
        for entry in _settled(note, open_[note.invoice_id], day=day, now=now, actor=actor)
    ]


def _with_rest(invoices: Iterable[UUID]) -> list[CreditNote]:
    """Return the invoices' credit notes, locked, in the order of issue."""
    issued = CreditNote.objects.filter(invoice__in=list(invoices), status=CreditNoteStatus.SENT)
    return sorted(rows_locked_for_update(issued, no_key=True), key=lambda note: note.number_key)


def _settled(note: CreditNote, invoice: Invoice, *, day: dt.date, now: dt.datetime, actor: Actor) -> list[NewEntry]:
    amount = min(note.unallocated, invoice.amount_due)
    if not amount:
        return []
    part = Part(invoice, amount, max(day, note.issue_date))
    of = {"credit_note_id": note.pk}
    (settlement_id,) = settle([part], kind=SettlementKind.CREDIT_NOTE, of=of, actor=actor, now=now)
    return [allocated(part, settlement_id, number=str(note.number))]
