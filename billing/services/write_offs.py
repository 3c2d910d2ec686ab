"""Services of write-offs: giving up what is still due on an invoice, and taking that back."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, SettlementKind
from billing.models import Invoice, Settlement
from billing.models.settlements import standing_of
from billing.services.books import post, undone_write_off, written_off
from billing.services.credit_lines import issued_breakdowns
from billing.services.days import settlement_day
from billing.services.own_credit import lock_own_credit, settle_with_own_credit
from billing.services.settlements import Part, corrected_taxes, settle, undo
from billing.services.states import state_error
from billing.services.tax_accounts import accounts_of, by_account
from billing.shares import Taxed, added_taxes, write_off_tax
from billing.state_messages import NOTHING_TO_WRITE_OFF
from billing.totals import TaxKey
from skeleton.db.locks import locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.transactions import audited_transaction


def write_off(
    *,
    invoice_id: UUID,
    reason: str,
    actor: Actor,
    amount: int | None = None,
    correct_tax: bool | None = None,
    date: dt.date | None = None,
) -> None:
    """Write off `amount` minor units of a sent invoice, by default all that is due, as bad debt on `date` (today).

    With `correct_tax` (default: the setting), its share of each rate's tax is taken back from the tax account. Nobody
    is told that the invoice is paid. Raises NotFound; Conflict (nothing is due, it can't be posted); Invalid (more than
    is due, a day in the future or before the invoice).
    """
    corrects = settings.SKELETON_WRITE_OFF_CORRECTS_TAX if correct_tax is None else correct_tax
    with audited_transaction(actor, "write_off"):
        invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        given_up = _require_due(invoice, amount)
        part = Part(invoice, given_up, settlement_day(date, invoice.posting_day, of=[invoice.pk]))
        tax = write_off_tax(given_up, invoice.tax_breakdown, _taken(invoice)) if corrects else []
        of = {"reason": reason, "tax": tax}
        (settlement_id,) = settle([part], kind=SettlementKind.WRITE_OFF, of=of, actor=actor, now=timezone.now())
        post([written_off(part, settlement_id, taxes=by_account(tax, accounts_of(invoice)))], actor=actor)


def undo_write_offs(
    *, invoice_id: UUID, actor: Actor, settlement_id: UUID | None = None, date: dt.date | None = None
) -> None:
    """Undo one write-off of the invoice, or else all of them, on `date` (today).

    What is due again is settled at once by what the invoice's own credit notes have on account. Raises NotFound;
    Conflict (nothing is written off, it can't be posted); Invalid (an unknown write-off, a wrong day).
    """
    now = timezone.now()
    with audited_transaction(actor, "undo_write_off"):
        invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        settlements = _written_off(invoice, settlement_id)
        day = settlement_day(date, *(settlement.day for settlement in settlements), of=[invoice.pk])
        undo(settlements, day=day, now=now)
        accounts = accounts_of(invoice)
        entries = [undone_write_off(one, day=day, taxes=by_account(one.tax or [], accounts)) for one in settlements]
        entries += settle_with_own_credit([invoice], lock_own_credit([invoice.pk]), day=day, now=now, actor=actor)
        post(entries, actor=actor)


def _require_due(invoice: Invoice, amount: int | None) -> int:
    """Return the amount to write off. Raises Conflict if nothing is due, Invalid for more than what is due."""
    if invoice.status != InvoiceStatus.SENT:
        raise state_error(invoice, NOTHING_TO_WRITE_OFF)
    due = invoice.amount_due
    if amount is not None and amount > due:
        told = format_text(_("Is more than what is due: {due}."), due=Money(due, invoice.currency))
        raise Invalid(details={"amount": told})
    return amount or due


def _taken(invoice: Invoice) -> dict[TaxKey, Taxed]:
    """Return what credit notes and write-offs have taken of the invoice, by rate."""
    return added_taxes([*issued_breakdowns(invoice), *corrected_taxes(invoice)])


def _written_off(invoice: Invoice, settlement_id: UUID | None) -> list[Settlement]:
    """Return the write-offs to undo. Raises Conflict if there are none, Invalid if there is no such write-off."""
    found = list(standing_of(invoice=invoice.pk, kind=SettlementKind.WRITE_OFF))
    if not found:
        raise Conflict(_("Nothing is written off on this invoice."), details={"allowed": []})
    chosen = [one for one in found if settlement_id in (None, one.pk)]
    if not chosen:
        raise Invalid(details={"settlement_id": _("The invoice has no such write-off.")})
    for settlement in chosen:
        settlement.invoice = invoice
    return chosen
