"""Settles an invoice that is sent with what its customer has on account."""

import datetime as dt
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from accounting.services import NewEntry
from billing.choices import SettlementKind
from billing.models import CreditNote, Invoice, Payment
from billing.models.credit_notes import UNALLOCATED as CREDIT_ON_ACCOUNT
from billing.models.payments import UNALLOCATED as PAID_ON_ACCOUNT
from billing.services.books import allocated
from billing.services.days import settlement_day
from billing.services.settlements import Part, settle
from skeleton.db.locks import rows_locked_for_update
from skeleton.kernel.actors import Actor

Source = TypeVar("Source", CreditNote, Payment)


def settle_on_account(invoice: Invoice, *, actor: Actor, now: dt.datetime) -> list[NewEntry]:
    """Settle a locked invoice with the customer's credit notes and then payments on account, each oldest first.

    What was paid is kept for last, since it can still be refunded as money. Returns the entries to post.
    """
    notes = _covering(CreditNote.objects.filter(CREDIT_ON_ACCOUNT), invoice, invoice.amount_due)
    left = invoice.amount_due - sum(note.unallocated for note in notes)
    payments = _covering(Payment.objects.filter(PAID_ON_ACCOUNT), invoice, left)
    sources: list[CreditNote | Payment] = [*notes, *payments]
    entries = []
    for source in sources:
        if amount := min(invoice.amount_due, source.unallocated):
            entries.append(_allocated(source, invoice, amount, actor=actor, now=now))
    return entries


def _covering(rows: "QuerySet[Source]", invoice: Invoice, amount: int) -> list[Source]:
    """Lock and return the oldest `rows` of the invoice's customer and currency that cover `amount`."""
    of_customer = rows.filter(customer=invoice.customer_id, currency=invoice.currency)
    chosen: list[UUID] = []
    for source in of_customer.order_by("pk").iterator(chunk_size=200):
        if amount <= 0:
            break
        chosen.append(source.pk)
        amount -= source.unallocated
    return rows_locked_for_update(of_customer.filter(pk__in=chosen), no_key=True) if chosen else []


def _allocated(
    source: CreditNote | Payment, invoice: Invoice, amount: int, *, actor: Actor, now: dt.datetime
) -> NewEntry:
    if isinstance(source, CreditNote):
        kind, of, day = SettlementKind.CREDIT_NOTE, {"credit_note_id": source.pk}, source.issue_date
    else:
        kind, of, day = SettlementKind.PAYMENT, {"payment_id": source.pk}, source.day
    part = Part(invoice, amount, settlement_day(None, invoice.posting_day, day))
    (settlement_id,) = settle([part], kind=kind, of=of, actor=actor, now=now)
    return allocated(part, settlement_id, number=str(source))
