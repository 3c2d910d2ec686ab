"""Issuing a credit note: its number, its settlement of the invoice, returned goods and the posting.

The caller holds the locks of the customer, the order, the invoice and the credit note, and has written the lines.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import CreditNoteStatus, InvoiceOrigin, SettlementKind
from billing.models import CreditNote, Invoice
from billing.sellers import seller_to_keep
from billing.services.books import credited, post, reverse_invoice_posting
from billing.services.credit_lines import issued_breakdowns, items_of_lines
from billing.services.days import UNDONE_MESSAGE, last_undone
from billing.services.documents import issue_sent_credit_note
from billing.services.e_invoices import issue_e_invoice_of_sent
from billing.services.invoice_dates import require_issuable
from billing.services.notifications import notify_credit_note_sent
from billing.services.sending_rules import require_printable
from billing.services.settlements import Part, corrected_taxes, settle
from billing.shares import added_taxes, left_beside_corrected_tax, taxes_by_rate
from inventory.services.ledger import StockLocation
from inventory.services.returns import receive_returns
from parties.queries import as_written_to
from skeleton.db.numbers import Series, take_number
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import today
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.translation import Text


def issue(note: CreditNote, invoice: Invoice, *, actor: Actor) -> None:
    """Issue `note`. It settles `invoice`; what exceeds the amount due is on account.

    Raises Conflict if a part of the invoice is written off and too little is left, or if it can't be posted; Invalid if
    the customer gets e-invoices, and it can't be one although its invoice can, or if no font has some characters. The
    lines are not checked: they are those of the invoice, which must stay correctable.
    """
    _require_room_beside_write_offs(note, invoice)
    issue_sent_credit_note.enqueue(credit_note_id=str(note.pk), language=actor.language)
    now = timezone.now()
    settled = min(note.total, invoice.amount_due)
    if note.issue_date_given:
        require_note_day(note.issue_date, invoice)
    else:
        note.issue_date = max(today(), invoice.posting_day)
    _number(note, moment=max(now, invoice.sent_at or now))
    require_printable({"customer": note.buyer or {}, "reason": note.reason, "notes": note.notes})
    issue_e_invoice_of_sent(note, note.buyer or {}, actor=actor)
    invoice.credited_total += note.total  # as the trigger does
    _restock(note, invoice, actor)
    if settled:
        part = Part(invoice, settled, note.issue_date, at_once=True)
        settle([part], kind=SettlementKind.CREDIT_NOTE, of={"credit_note_id": note.pk}, actor=actor, now=now)
    notify_credit_note_sent(note, invoice, actor=actor)
    if settled == invoice.total and invoice.origin == InvoiceOrigin.CREATED:  # no tax was posted of imported ones
        reverse_invoice_posting(invoice, note, actor=actor)
    elif note.total:
        post([credited(note, settled)], actor=actor)


def require_note_day(day: dt.date, invoice: Invoice) -> None:
    """Raise Invalid or Conflict if a credit note for the locked invoice can't have this issue date.

    It settles the invoice on that day: not before the invoice is in the books, nor while something else settled it.
    """
    require_issuable(day)
    if day < invoice.posting_day:
        told = format_text(_("Must not be before {day}, the day of the invoice."), day=invoice.posting_day)
        raise Invalid(details={"issue_date": told})
    undone = last_undone([invoice.pk], after=day)
    if undone:
        raise Invalid(details={"issue_date": format_text(UNDONE_MESSAGE, day=undone)})


def _number(note: CreditNote, *, moment: dt.datetime) -> None:
    """Number `note` and store its seller and buyer. From then on it stays as it is."""
    values = {
        "status": CreditNoteStatus.SENT,
        "sent_at": moment,
        "seller": seller_to_keep(),
        "buyer": as_written_to(note.customer_id),
        "number": take_number(Series("CN", note.issue_date.year, digits=3)),
    }
    for name, value in values.items():
        setattr(note, name, value)
    note.save(update_fields=[*values, "issue_date", "updated_at"])


def _require_room_beside_write_offs(note: CreditNote, invoice: Invoice) -> None:
    """Raise Conflict if the note credits more than is neither credited nor written off, in total or of a rate."""
    left = invoice.total - invoice.credited_total - invoice.amount_written_off
    if note.total > left:
        told = _("A part of the invoice is written off, so only {left} can be credited. Undo the write-off first.")
        raise _beside_write_off(told, left=Money(left, invoice.currency))
    if not invoice.amount_written_off:
        return
    credited, corrected = added_taxes(issued_breakdowns(invoice)), added_taxes(corrected_taxes(invoice))
    left_by_rate = left_beside_corrected_tax(invoice.tax_breakdown, credited, corrected)
    for key, taken in taxes_by_rate(note.tax_breakdown).items():
        if key in left_by_rate and sum(taken) > left_by_rate[key]:
            told = _(
                "A write-off has corrected the tax of this invoice, so only {left} including tax can be credited of "
                "what is taxed at {rate} percent. Credit less, or undo the write-off first."
            )
            raise _beside_write_off(told, left=Money(left_by_rate[key], invoice.currency), rate=key[0])


def _beside_write_off(told: Text, **values: Money | Decimal) -> Conflict:
    return Conflict(format_text(told, **values), details={"allowed": ["undo_write_off"]})


def _restock(note: CreditNote, invoice: Invoice, actor: Actor) -> None:
    """Receive the goods that the note's lines take back. PostgreSQL refuses more than was shipped."""
    lines = list(note.lines.filter(restock_warehouse__isnull=False))
    if not lines:
        return
    items = items_of_lines(invoice)
    locations: dict[UUID, StockLocation] = {}
    for line in lines:
        if line.restock_warehouse_id:
            locations[line.pk] = StockLocation(items[line.invoice_line_id], line.restock_warehouse_id)
    goods: dict[StockLocation, Decimal] = defaultdict(Decimal)
    for line in lines:
        goods[locations[line.pk]] += line.quantity or 0
    _require_shipped(invoice, {location.item_id for location in goods})
    movements = receive_returns(goods, reference=str(note.number), reason=f"Credit note {note.number}", actor=actor)
    for line in lines:
        line.restock_movement_id = movements[locations[line.pk]]
        line.save(update_fields=["restock_movement", "updated_at"])


def _require_shipped(invoice: Invoice, items: set[UUID]) -> None:
    """Raise Conflict if more of an item would be taken back than was shipped for the invoice's order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::uuid[]) AS item WHERE billing_returnable(%s, item) < 0",
            [list(items), invoice.order_id],
        )
        (short,) = cursor.fetchone()
    if short:
        raise Conflict(_("More would be taken back into stock than was shipped."))
