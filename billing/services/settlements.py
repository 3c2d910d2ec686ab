"""Settlements of any kind: the only module that writes them.

Triggers derive from them the amounts and the status of the invoices, and what is allocated of the payments. The
functions here update the invoices that were passed in the same way, so that no row is read again.

The caller has locked the invoices and then what settles them, and posts the entries (billing/services/books.py).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Greatest

from billing.choices import InvoiceStatus, SettlementKind
from billing.models import Invoice, Settlement
from billing.models.settlements import standing_of
from billing.services.notifications import notify_invoice_event
from skeleton.db.inserts import insert_rows
from skeleton.kernel.actors import Actor
from skeleton.notifications.choices import Event

_COLUMNS = {
    SettlementKind.PAYMENT: "amount_paid",
    SettlementKind.CREDIT_NOTE: "amount_credited",
    SettlementKind.WRITE_OFF: "amount_written_off",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a locked invoice to settle: `amount` in minor units, counting from `day`.

    If `at_once`, it is part of the entry of what settles it.
    """

    invoice: Invoice
    amount: int
    day: dt.date
    at_once: bool = False


def settle(
    parts: Sequence[Part], *, kind: SettlementKind, of: dict[str, Any], actor: Actor, now: dt.datetime
) -> list[UUID]:
    """Insert a settlement for each part and return their ids. `of` has the columns that name what settles.

    Notifies about invoices that become paid, but not about those that are written off.
    """
    common = {"kind": kind.value, "created_by_id": actor.id, "created_at": now, **of}
    rows = [
        {"invoice_id": part.invoice.pk, "amount": part.amount, "day": part.day, "at_once": part.at_once, **common}
        for part in parts
    ]
    ids: list[UUID] = [row["id"] for row in insert_rows(Settlement, rows)]
    for part in parts:
        _add(part.invoice, kind, part.amount)
        if part.invoice.status == InvoiceStatus.PAID and kind != SettlementKind.WRITE_OFF:
            notify_invoice_event(Event.INVOICE_PAID, part.invoice, actor=actor)
    return ids


def undo(settlements: Sequence[Settlement], *, day: dt.date, now: dt.datetime) -> None:
    """Undo settlements from `day` on, or from their own day if that is later. Their `invoice` must be locked."""
    ids = [settlement.pk for settlement in settlements]
    Settlement.objects.filter(pk__in=ids).update(undone_at=now, undone_day=Greatest(Value(day), F("day")))
    for settlement in settlements:
        _add(settlement.invoice, SettlementKind(settlement.kind), -settlement.amount)


def _add(invoice: Invoice, kind: SettlementKind, amount: int) -> None:
    column = _COLUMNS[kind]
    setattr(invoice, column, getattr(invoice, column) + amount)
    if _is_cancelled_by_credit(invoice):
        invoice.status = InvoiceStatus.CANCELLED
    else:
        invoice.status = InvoiceStatus.SENT if invoice.amount_due else InvoiceStatus.PAID


def _is_cancelled_by_credit(invoice: Invoice) -> bool:
    """Return whether an invoice is fully credited, and settled by nothing but its own credit notes."""
    if not invoice.is_fully_credited or invoice.amount_credited < invoice.total:
        return False
    return not standing_of(invoice=invoice.pk).exclude(credit_note__invoice=invoice.pk).exists()


def corrected_taxes(invoice: Invoice) -> list[list[dict[str, Any]]]:
    """Return the `{rate, base, tax}` rows of each standing write-off of the invoice; none if it corrected no tax."""
    write_offs = standing_of(invoice=invoice.pk, kind=SettlementKind.WRITE_OFF)
    return [tax or [] for tax in write_offs.values_list("tax", flat=True)]
