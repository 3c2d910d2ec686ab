"""Services that settle other invoices with what is on account of a credit note, undo that, and pay it back."""

import datetime as dt
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import CreditNoteStatus, PaymentDirection, SettlementKind
from billing.models import CreditNote, Invoice, Settlement
from billing.models.settlements import standing_of
from billing.services.allocations import fitting, require_on_account
from billing.services.books import allocated, post, refunded, unallocated
from billing.services.corrections import refund_moment
from billing.services.credit_notes import state_error
from billing.services.days import settlement_day
from billing.services.own_credit import lock_own_credit, settle_with_own_credit
from billing.services.payments import insert_payment, require_of_customer
from billing.services.settlements import Part, settle, undo
from skeleton.db.locks import locked_for_update, locked_or_none, rows_locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.transactions import audited_transaction


def allocate_credit_note(
    *, credit_note_id: UUID, invoice_id: UUID, actor: Actor, amount: int | None = None, date: dt.date | None = None
) -> None:
    """Settle an invoice of the customer with what is on account of a credit note: `amount`, or as much as fits.

    It counts from `date`, by default today. Raises NotFound; Invalid (another customer's invoice or currency, more than
    is due or on account, the date); Conflict (nothing is on account, the invoice is not sent, it can't be posted).
    """
    with audited_transaction(actor, "allocate"):
        invoice = locked_or_none(Invoice.objects.all(), invoice_id, no_key=True)
        note = _on_account(credit_note_id)
        invoice = require_of_customer(invoice, note.customer_id, note.currency)
        day = settlement_day(date, invoice.posting_day, note.issue_date, of=[note.pk, invoice.pk])
        part = Part(invoice, fitting(note, invoice, amount), day)
        of = {"credit_note_id": note.pk}
        (pk,) = settle([part], kind=SettlementKind.CREDIT_NOTE, of=of, actor=actor, now=timezone.now())
        post([allocated(part, pk, number=str(note))], actor=actor)


def unallocate_credit_note(
    *, credit_note_id: UUID, invoice_id: UUID, actor: Actor, date: dt.date | None = None
) -> None:
    """Put what a credit note settles of another invoice back on account, from `date` on, by default today.

    What is due there again is settled by that invoice's own credit notes, and what is free again settles what is due on
    the note's own invoice. Raises NotFound; Invalid (the date); Conflict (it doesn't settle the invoice, or is its own
    credit note; it can't be posted).
    """
    now = timezone.now()
    with audited_transaction(actor, "unallocate"):
        own = CreditNote.objects.filter(pk=credit_note_id).values("invoice")
        found = Invoice.objects.filter(Q(pk=invoice_id) | Q(pk__in=own))
        invoices = {row.pk: row for row in rows_locked_for_update(found, no_key=True)}
        notes = lock_own_credit(invoices, credit_note_id)
        if credit_note_id not in notes:
            raise NotFound
        note = notes[credit_note_id]
        settlements = _settled_by(note, invoices.get(invoice_id))
        day = settlement_day(date, *(settlement.day for settlement in settlements), of=[note.pk, invoice_id])
        undo(settlements, day=day, now=now)
        note.allocated -= sum(one.amount for one in settlements)  # as the trigger does
        entries = [unallocated(one, day=day, number=str(note)) for one in settlements]
        entries += settle_with_own_credit(invoices.values(), notes, day=day, now=now, actor=actor)
        post(entries, actor=actor)


def refund_credit_note(
    *,
    credit_note_id: UUID,
    amount: int,
    method: str,
    actor: Actor,
    reference: str | None = None,
    date: dt.date | None = None,
) -> UUID:
    """Pay back what is on account of a credit note, and return the id of the refund, a payment that went out.

    Raises NotFound; Invalid (more than is on account, the date); Conflict (nothing is on account, it can't be posted).
    """
    now = timezone.now()
    with audited_transaction(actor, "refund"):
        note = _on_account(credit_note_id)
        require_on_account(note, amount)
        day = settlement_day(date, note.issue_date, of=[note.pk])
        refund = insert_payment(
            direction=PaymentDirection.OUT,
            refund_of_credit_note_id=note.pk,
            customer_id=note.customer_id,
            currency=note.currency,
            amount=amount,
            method=method,
            reference=reference,
            paid_at=refund_moment(day, not_before=note.sent_at or now, now=now),
            created_at=now,
            actor=actor,
        )
        post([refunded(refund)], actor=actor)
    return refund.pk


def _on_account(credit_note_id: UUID) -> CreditNote:
    """Lock and return a sent credit note of which something is on account. Raises NotFound, Conflict."""
    note = locked_for_update(CreditNote.objects.all(), credit_note_id, no_key=True)
    if note.status != CreditNoteStatus.SENT:
        raise state_error(note, _("This credit note is still a draft. Send it first."))
    if not note.unallocated:
        raise Conflict(_("Nothing of the credit note is on account."), details={"allowed": []})
    return note


def _settled_by(note: CreditNote, invoice: Invoice | None) -> list[Settlement]:
    """Return what the credit note settles of another, locked invoice. Raises Conflict if that is nothing."""
    if invoice and invoice.pk == note.invoice_id:
        told = _("A credit note always settles its own invoice first.")
        raise Conflict(told, details={"invoice_id": told, "allowed": []})
    found = list(standing_of(credit_note=note.pk, invoice=invoice.pk)) if invoice else []
    if invoice is None or not found:
        told = _("The credit note does not settle this invoice.")
        raise Conflict(told, details={"invoice_id": told, "allowed": ["allocate"]})
    for settlement in found:
        settlement.invoice = invoice
    return found
