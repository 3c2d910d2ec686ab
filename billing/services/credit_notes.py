"""Services of credit notes: drafts, and issuing them.

A draft is a proposal without a number. Issuing calculates it again under the invoice's lock, numbers it, takes goods
back into stock, settles the invoice and posts it. Locks as in `billing.services`: customer, order, invoice, credit
note; then the number series, stock rows and accounting.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import CreditNoteStatus, InvoiceStatus
from billing.models import CreditNote, CreditNoteLine, Invoice
from billing.services.credit_lines import (
    CreditLineValues,
    all_that_is_left,
    build_credit_lines,
    creditable_lines,
    require_restockable,
    stored_request,
    totals_of_credit,
)
from billing.services.emails import queue_document
from billing.services.issuing import issue, require_note_day
from billing.services.lines import total_columns
from billing.services.locking import locked_with_customer_and_order
from billing.services.states import state_error as invoice_state_error
from billing.state_messages import INVOICE_NOT_CREDITABLE
from skeleton.db.inserts import insert_rows
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import day_of, today
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.translation import Text

_TOTALS = ("subtotal", "tax_total", "tax_breakdown", "total", "updated_at")


def create_credit_note(
    *,
    invoice_id: UUID,
    reason: str,
    actor: Actor,
    lines: Sequence[CreditLineValues] | None = None,
    notes: str | None = None,
    issue_date: dt.date | None = None,
    send: bool = False,
) -> UUID:
    """Create a draft that credits `lines` of a sent invoice, by default all that is left, and return its id.

    With `send` it is issued at once. Its issue date is the day of sending unless one is given. Raises NotFound; Invalid
    (the issue date, a line that isn't the invoice's, goods that can't be taken back); Conflict (the invoice is not
    sent, is credited already, or less is left, the issue date is in a closed period); Forbidden (taking goods back
    needs `inventory:write`).
    """
    with audited_transaction(actor, "create"):
        invoice = locked_with_customer_and_order(invoice_id)
        note = insert_draft(invoice, lines, reason=reason, notes=notes, issue_date=issue_date, actor=actor)
        if send:
            issue(note, invoice, actor=actor)
    return note.pk


def insert_draft(
    invoice: Invoice,
    lines: Sequence[CreditLineValues] | None,
    *,
    reason: str | None,
    actor: Actor,
    notes: str | None = None,
    issue_date: dt.date | None = None,
) -> CreditNote:
    """Insert a draft for the locked `invoice`. Raises as `create_credit_note` does."""
    require_creditable(invoice)
    if issue_date:
        require_note_day(issue_date, invoice)
    note = CreditNote(
        id=uuid7(),
        invoice=invoice,
        customer_id=invoice.customer_id,
        customer_name=invoice.customer_name,
        currency=invoice.currency,
        reason=reason,
        notes=notes,
        issue_date=issue_date or today(),
        issue_date_given=issue_date is not None,
        created_by_id=actor.id,
        created_at=timezone.now(),
    )
    built = _proposal(note, invoice, lines, actor)
    note.save(force_insert=True)
    _insert_lines(note, built)
    return note


def update_credit_note(*, credit_note_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change `reason`, `notes`, the issue date or `lines` (all of them at once) of a draft.

    Without an issue date it is the day of sending. Raises as `create_credit_note` does.
    """
    with audited_transaction(actor, "update"):
        note, invoice = lock_credit_note(credit_note_id)
        fields = dict(values)
        lines = fields.pop("lines", None)
        if lines is not None and _are_stored(note, lines):
            lines = None
        if note.status != CreditNoteStatus.DRAFT and (lines is not None or _changes(note, fields)):
            raise state_error(note, _("This credit note has already been sent and can no longer be changed."))
        if fields.get("issue_date", note.issue_date) != note.issue_date:
            fields |= _issue_date(note, fields["issue_date"], invoice)
        save_changes(note, fields)
        if lines is not None:
            built = _proposal(note, invoice, lines, actor)
            note.lines.all().delete()
            note.save(update_fields=_TOTALS)
            _insert_lines(note, built)


def delete_credit_note(*, credit_note_id: UUID, actor: Actor) -> None:
    """Delete a draft. Raises NotFound, Conflict."""
    with audited_transaction(actor, "delete"):
        note, _invoice = lock_credit_note(credit_note_id)
        if note.status != CreditNoteStatus.DRAFT:
            raise state_error(note, _("This credit note has already been sent and cannot be deleted."))
        note.lines.all().delete()
        note.delete()


def send_credit_note(*, credit_note_id: UUID, actor: Actor, email: bool = False) -> None:
    """Issue a draft: number it, calculate it again, settle its invoice and post it on its issue date.

    What exceeds the amount due is on account. With `email`, a job sends it to the customer. Raises NotFound; Conflict
    (not a draft, the invoice is not sent or is credited already, less is left than is credited, it can't be posted,
    there is no mail server); Forbidden.
    """
    with audited_transaction(actor, "send"):
        note, invoice = lock_credit_note(credit_note_id)
        if note.status != CreditNoteStatus.DRAFT:
            raise state_error(note, _("This credit note has already been sent."))
        require_creditable(invoice)
        _calculate_again(note, invoice, actor)
        issue(note, invoice, actor=actor)
        if email:
            queue_document(note, {}, actor=actor)


def lock_credit_note(credit_note_id: UUID) -> tuple[CreditNote, Invoice]:
    """Lock the credit note's customer, order, invoice and itself; return it and its invoice. Raises NotFound."""
    invoice_id = CreditNote.objects.filter(pk=credit_note_id).values_list("invoice_id", flat=True).first()
    if invoice_id is None:
        raise NotFound
    invoice = locked_with_customer_and_order(invoice_id)
    note = locked_for_update(CreditNote.objects.all(), credit_note_id, no_key=True)
    note.invoice = invoice
    return note, invoice


def require_creditable(invoice: Invoice) -> None:
    """Raise Conflict unless the invoice was sent and is neither cancelled nor fully credited."""
    if invoice.status not in (InvoiceStatus.SENT, InvoiceStatus.PAID):
        raise invoice_state_error(invoice, INVOICE_NOT_CREDITABLE)
    if invoice.is_fully_credited:
        raise Conflict(_("Everything on this invoice has been credited."), details={"allowed": []})


def state_error(note: CreditNote, message: Text) -> Conflict:
    """Return a Conflict with `message`, and the actions that the state of the credit note allows."""
    return Conflict(message, details={"allowed": allowed_credit_note_actions(note)})


def allowed_credit_note_actions(note: CreditNote) -> list[str]:
    """Return the actions that the state of the credit note allows."""
    if note.status == CreditNoteStatus.DRAFT:
        return ["update", "delete", "send"]
    return ["allocate", "refund"] if note.unallocated else []


def _issue_date(note: CreditNote, day: dt.date | None, invoice: Invoice) -> dict[str, Any]:
    """Return the columns for a new issue date of a draft, or none."""
    if day:
        require_note_day(day, invoice)
    return {"issue_date": day or day_of(note.created_at), "issue_date_given": day is not None}


def _changes(note: CreditNote, values: dict[str, Any]) -> bool:
    return any(getattr(note, name) != value for name, value in values.items())


def _are_stored(note: CreditNote, lines: Sequence[CreditLineValues]) -> bool:
    """Return whether the credit note has these lines, as in a body that was read."""
    stored = stored_request(list(note.lines.order_by("position")))
    return [_given(line) for line in lines] == [_given(line) for line in stored]


def _given(line: CreditLineValues) -> dict[str, object]:
    return {name: value for name, value in line.items() if value is not None}


def _proposal(
    note: CreditNote, invoice: Invoice, lines: Sequence[CreditLineValues] | None, actor: Actor
) -> list[dict[str, Any]]:
    """Set the totals of `note` to those of `lines`, and return the columns of its lines."""
    creditable = creditable_lines(invoice)
    requested = all_that_is_left(creditable) if lines is None else lines
    built = build_credit_lines(invoice, creditable, requested)
    require_restockable(invoice, requested, actor=actor)
    for name, value in total_columns(totals_of_credit(invoice, creditable, built)).items():
        setattr(note, name, value)
    return built


def _insert_lines(note: CreditNote, built: Sequence[dict[str, Any]]) -> None:
    insert_rows(CreditNoteLine, [{**line, "credit_note_id": note.pk} for line in built])


def _calculate_again(note: CreditNote, invoice: Invoice, actor: Actor) -> None:
    """Write the lines and totals of a draft as they are now that other credit notes may have been issued."""
    lines = list(note.lines.order_by("position"))
    built = _proposal(note, invoice, stored_request(lines), actor)
    for line, columns in zip(lines, built, strict=True):
        changed = [name for name, value in columns.items() if getattr(line, name) != value]
        for name in changed:
            setattr(line, name, columns[name])
        if changed:
            line.save(update_fields=[*changed, "updated_at"])
    note.save(update_fields=_TOTALS)
