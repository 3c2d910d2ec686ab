"""What an invoice's own credit notes have on account settles it as soon as something of it is due.

That can begin in two ways: something is due again (a settlement was undone), or a rest is free again (it was taken back
from another invoice, or its refund was reversed).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Q

from accounting.services import NewEntry
from billing.choices import CreditNoteStatus, InvoiceStatus, SettlementKind
from billing.models import CreditNote, Invoice
from billing.services.books import allocated
from billing.services.days import last_undone
from billing.services.settlements import Part, settle
from skeleton.db.locks import rows_locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today


def lock_own_credit(invoices: Iterable[UUID], *others: UUID) -> dict[UUID, CreditNote]:
    """Lock the issued credit notes of locked invoices together with `others`, by ascending id. Returns them by id.

    Call it before locking payments. One call for all of them keeps the order of locks.
    """
    own = Q(invoice__in=list(invoices), status=CreditNoteStatus.SENT)
    rows = CreditNote.objects.filter(own | Q(pk__in=others))
    return {note.pk: note for note in rows_locked_for_update(rows, no_key=True)}


def settle_with_own_credit(
    invoices: Iterable[Invoice], notes: Mapping[UUID, CreditNote], *, day: dt.date, now: dt.datetime, actor: Actor
) -> list[NewEntry]:
    """Settle what is due on locked `invoices` with the rests of their own `notes`, oldest first.

    `notes` come from `lock_own_credit`. Call it after undoing a settlement or reversing a refund, with what that frees
    taken off the note. Returns the entries to post.
    """
    open_ = {invoice.pk: invoice for invoice in invoices if invoice.status == InvoiceStatus.SENT}
    own = [note for note in notes.values() if note.invoice_id in open_ and note.unallocated]
    return [
        entry
        for note in sorted(own, key=lambda note: note.number_key)
        for entry in _settled(note, open_[note.invoice_id], day=day, now=now, actor=actor)
    ]


def _settled(note: CreditNote, invoice: Invoice, *, day: dt.date, now: dt.datetime, actor: Actor) -> list[NewEntry]:
    amount = min(note.unallocated, invoice.amount_due)
    if not amount:
        return []
    part = Part(invoice, amount, _free_from(note, invoice, day))
    of = {"credit_note_id": note.pk}
    (settlement_id,) = settle([part], kind=SettlementKind.CREDIT_NOTE, of=of, actor=actor, now=now)
    return [allocated(part, settlement_id, number=str(note.number))]


def _free_from(note: CreditNote, invoice: Invoice, day: dt.date) -> dt.date:
    """Return the first day, from `day` on, on which the note's rest was not used elsewhere and the invoice was due."""
    earliest = max(day, note.issue_date)
    return (last_undone([note.pk, invoice.pk], after=earliest) if earliest < today() else None) or earliest
