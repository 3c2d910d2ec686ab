"""Services that reverse and refund payments."""

import datetime as dt
from contextlib import suppress
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import PaymentDirection
from billing.models import CreditNote, Invoice, Payment, Settlement
from billing.services.allocations import require_on_account, standing
from billing.services.books import post, refunded, reversed_payment
from billing.services.days import settlement_day
from billing.services.own_credit import lock_own_credit, settle_with_own_credit
from billing.services.payments import insert_payment
from billing.services.settlements import undo
from skeleton.db.locks import locked_for_update, rows_locked_for_update
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import start_of, today
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.transactions import audited_transaction

_ATTEMPTS = 3
"""How often a payment is locked that others allocate meanwhile, each time in a new transaction."""


class _Overtaken(Exception):  # noqa: N818 (not an error: the caller begins again)
    """The payment settles an invoice that it did not settle when its invoices were locked."""


def reverse_payment(*, payment_id: UUID, reason: str, actor: Actor, date: dt.date | None = None) -> None:
    """Reverse a payment that was recorded by mistake, or was returned, and undo what it settles, from `date` on.

    Reversing a refund puts the money back on account. Raises NotFound; Invalid (the date); Conflict (already reversed,
    a refund of it stands, it can't be posted, others allocate it faster than it can be locked).
    """
    for _attempt in range(_ATTEMPTS):
        with suppress(_Overtaken):
            return _reverse(payment_id, reason=reason, actor=actor, date=date)
    told = _("The payment is being allocated by others just now, so it was not reversed. Try again.")
    raise Conflict(told, details={"allowed": ["reverse"]})


def _reverse(payment_id: UUID, *, reason: str, actor: Actor, date: dt.date | None) -> None:
    """Reverse a payment in a transaction of its own. Raises as `reverse_payment` does, and _Overtaken."""
    now = timezone.now()
    with audited_transaction(actor, "reverse"):
        payment, settlements, notes = _locked_with_invoices(payment_id)
        _require_reversible(payment)
        invoices = {settlement.invoice_id: settlement.invoice for settlement in settlements}
        money = payment.refund_of_payment_id or payment.refund_of_credit_note_id or payment.pk
        days = (settlement.day for settlement in settlements)
        day = settlement_day(date, payment.day, *days, of=[money, *invoices])
        if settlements:
            undo(settlements, day=day, now=now)
        payment.reversed_at, payment.reversal_day, payment.reversal_reason = now, day, reason
        payment.save(update_fields=["reversed_at", "reversal_day", "reversal_reason"])
        credits_ = settle_with_own_credit(invoices.values(), notes, day=day, now=now, actor=actor)
        post([reversed_payment(payment, settlements, day=day), *credits_], actor=actor)


def refund_payment(
    *,
    payment_id: UUID,
    amount: int,
    method: str,
    actor: Actor,
    reference: str | None = None,
    date: dt.date | None = None,
) -> UUID:
    """Pay back what is on account of a payment, and return the id of the refund, a payment that went out.

    Raises NotFound; Invalid (more than is on account, the date); Conflict (a refund or a reversed payment, it can't be
    posted).
    """
    now = timezone.now()
    with audited_transaction(actor, "refund"):
        payment = locked_for_update(Payment.objects.all(), payment_id, no_key=True)
        if payment.direction != PaymentDirection.IN:
            raise Conflict(_("A refund cannot be refunded. Reverse it instead."), details={"allowed": ["reverse"]})
        if payment.reversed_at:
            raise Conflict(_("The payment has been reversed."), details={"allowed": []})
        require_on_account(payment, amount)
        day = settlement_day(date, payment.day, of=[payment.pk])
        refund = insert_payment(
            direction=PaymentDirection.OUT,
            refund_of_payment_id=payment.pk,
            customer_id=payment.customer_id,
            currency=payment.currency,
            amount=amount,
            method=method,
            reference=reference,
            paid_at=refund_moment(day, not_before=payment.paid_at, now=now),
            created_at=now,
            actor=actor,
        )
        post([refunded(refund)], actor=actor)
    return refund.pk


def _locked_with_invoices(payment_id: UUID) -> tuple[Payment, list[Settlement], dict[UUID, CreditNote]]:
    """Lock a payment, the invoices that it settles, their own credit notes and what it refunds, in the order of locks.

    Returns the payment, its settlements with their invoices, and the credit notes by id. Raises NotFound,
    _Overtaken.
    """
    invoices = Invoice.objects.filter(settlements__payment=payment_id, settlements__undone_at=None)
    locked = {
        row.pk: row for row in rows_locked_for_update(Invoice.objects.filter(pk__in=invoices.values("pk")), no_key=True)
    }
    refund_of = Payment.objects.filter(pk=payment_id).values_list("refund_of_payment_id", "refund_of_credit_note_id")
    refunded_id, credit_note_id = refund_of.first() or (None, None)
    notes = lock_own_credit(locked, *([credit_note_id] if credit_note_id else []))
    ids = [payment_id, refunded_id] if refunded_id else [payment_id]
    payments = {row.pk: row for row in rows_locked_for_update(Payment.objects.filter(pk__in=ids), no_key=True)}
    if payment_id not in payments:
        raise NotFound
    settlements = list(standing(payments[payment_id]))
    for settlement in settlements:
        if settlement.invoice_id not in locked:
            raise _Overtaken
        settlement.invoice = locked[settlement.invoice_id]
    return payments[payment_id], settlements, notes


def _require_reversible(payment: Payment) -> None:
    """Raise Conflict if the payment has been reversed, or a refund of it stands."""
    if payment.reversed_at:
        raise Conflict(_("The payment has already been reversed."), details={"allowed": []})
    if payment.refunded:
        raise Conflict(
            _("The payment has been refunded. Reverse the refund first."), details={"allowed": ["reverse_refund"]}
        )


def refund_moment(day: dt.date, *, not_before: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return when a refund of `day` was paid: now, or else as early on an earlier day as what it pays back allows."""
    return now if day == today() else max(not_before, start_of(day))
