"""Services that allocate what is on account to invoices, and undo it."""

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import PaymentDirection, SettlementKind
from billing.models import CreditNote, Invoice, Payment, Settlement
from billing.services.books import allocated, post, unallocated
from billing.services.days import settlement_day
from billing.services.own_credit import lock_own_credit, settle_with_own_credit
from billing.services.payments import require_of_customer
from billing.services.settlements import Part, settle, undo
from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.transactions import audited_transaction


def allocate_payment(
    *, payment_id: UUID, invoice_id: UUID, actor: Actor, amount: int | None = None, date: dt.date | None = None
) -> None:
    """Settle an invoice with what is on account of a payment: with `amount`, or with as much as fits.

    It counts from `date`, by default today. Raises NotFound; Invalid (another customer's invoice or currency, more than
    is due or on account, the date); Conflict (nothing is on account, the invoice is not sent, it can't be posted).
    """
    now = timezone.now()
    with audited_transaction(actor, "allocate"):
        invoice = locked_or_none(Invoice.objects.all(), invoice_id, no_key=True)
        payment = _received(payment_id)
        invoice = require_of_customer(invoice, payment.customer_id, payment.currency)
        part = Part(
            invoice,
            fitting(payment, invoice, amount),
            settlement_day(date, invoice.posting_day, payment.day, of=[payment.pk, invoice.pk]),
        )
        of = {"payment_id": payment.pk}
        (pk,) = settle([part], kind=SettlementKind.PAYMENT, of=of, actor=actor, now=now)
        post([allocated(part, pk, number=payment.number)], actor=actor)


def unallocate_payment(*, payment_id: UUID, invoice_id: UUID, actor: Actor, date: dt.date | None = None) -> None:
    """Put what a payment settles of an invoice back on account, from `date` on, by default today.

    What the invoice's own credit notes have on account settles it at once.

    Raises NotFound; Invalid (the date); Conflict (the payment doesn't settle the invoice, it can't be posted).
    """
    now = timezone.now()
    with audited_transaction(actor, "unallocate"):
        invoice = locked_or_none(Invoice.objects.all(), invoice_id, no_key=True)
        notes = lock_own_credit([invoice.pk] if invoice else [])
        payment = locked_for_update(Payment.objects.all(), payment_id, no_key=True)
        found = standing(payment).filter(invoice=invoice) if invoice else Settlement.objects.none()
        settlements = list(found)
        if invoice is None or not settlements:
            told = _("The payment does not settle this invoice.")
            raise Conflict(told, details={"invoice_id": told, "allowed": ["allocate"]})
        for settlement in settlements:
            settlement.invoice = invoice
        day = settlement_day(date, *(settlement.day for settlement in settlements), of=[payment.pk, invoice.pk])
        undo(settlements, day=day, now=now)
        entries = [unallocated(one, day=day, number=payment.number) for one in settlements]
        post([*entries, *settle_with_own_credit([invoice], notes, day=day, now=now, actor=actor)], actor=actor)


def require_on_account(source: Payment | CreditNote, amount: int) -> None:
    """Raise Invalid if `amount` is more than what is on account of a payment or credit note."""
    if amount > source.unallocated:
        left = Money(source.unallocated, source.currency)
        raise Invalid(details={"amount": format_text(_("Is more than what is on account: {left}."), left=left)})


def standing(payment: Payment) -> QuerySet[Settlement]:
    """Return the settlements of a payment that are not undone, oldest first."""
    return Settlement.objects.filter(payment=payment, undone_at=None).order_by("pk")


def _received(payment_id: UUID) -> Payment:
    """Lock and return a payment that came in and of which something is on account. Raises NotFound, Conflict."""
    payment = locked_for_update(Payment.objects.all(), payment_id, no_key=True)
    if payment.direction != PaymentDirection.IN:
        raise Conflict(_("A refund cannot be allocated."), details={"allowed": ["reverse"]})
    if payment.reversed_at:
        raise Conflict(_("The payment has been reversed."), details={"allowed": []})
    if not payment.unallocated:
        allowed = [] if payment.refunded else ["unallocate", "reverse"]
        raise Conflict(_("Nothing of the payment is on account."), details={"allowed": allowed})
    return payment


def fitting(source: Payment | CreditNote, invoice: Invoice, amount: int | None) -> int:
    """Return the amount to allocate. Raises Invalid if more is asked for than is on account or due."""
    if amount is None:
        return min(source.unallocated, invoice.amount_due)
    require_on_account(source, amount)
    if amount > invoice.amount_due:
        due = Money(invoice.amount_due, invoice.currency)
        raise Invalid(details={"amount": format_text(_("Is more than what is due: {due}."), due=due)})
    return amount
