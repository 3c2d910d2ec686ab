"""Payments: recorded once, never changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounting.models import FIRST_DAY
from billing.choices import InvoiceStatus
from billing.models import Invoice, Payment
from billing.services.books import post_payment
from billing.services.invoices import refusal
from billing.services.lines import require_currency
from billing.services.telling import tell_of_invoice
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, DomainError, Invalid
from skeleton.kernel.moments import require_not_ahead
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.transactions import verb
from skeleton.notifications.choices import Event

TOO_EARLY = gettext_noop("Must not be before 1900.")


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A payment's id, and what it left of its invoice: the status, and the amount due in minor units."""

    id: UUID
    invoice_status: str
    amount_due: int


def record_payment(
    *,
    invoice_id: UUID,
    amount: int,
    method: str,
    actor: Actor,
    currency: str | None = None,
    reference: str | None = None,
    paid_at: datetime | None = None,
) -> RecordedPayment:
    """Take a payment of `amount` minor units for a sent invoice; paid in full, the invoice is paid.

    The books have it on the day of `paid_at` (UTC). Raises NotFound, Conflict (the invoice is not sent, the books do
    not take it), Invalid (more than what is due, another currency, a moment in the future or before the books begin).
    Of payments that race, each finds what the one before it left.
    """
    now = timezone.now()
    moment = paid_at or now
    _require_paid(moment)
    with verb(actor, "record_payment"):
        if not _take(invoice_id, amount, currency, moment=moment, now=now):
            raise _refused(invoice_id, amount, currency)
        columns = Invoice.objects.values_list("number", "currency", "status", F("total") - F("amount_paid"))
        number, of_invoice, status, due = columns.get(pk=invoice_id)
        payment = Payment.objects.create(
            invoice_id=invoice_id,
            amount=amount,
            method=method,
            reference=reference,
            paid_at=moment,
            created_by_id=actor.id,
            created_at=now,
        )
        if status == InvoiceStatus.PAID:
            tell_of_invoice(Event.INVOICE_PAID, invoice_id=invoice_id)
        post_payment(
            payment_id=payment.pk,
            number=number,
            currency=of_invoice,
            amount=amount,
            day=moment.astimezone(UTC).date(),
            actor=actor,
        )
    return RecordedPayment(payment.pk, status, due)


def _require_paid(moment: datetime) -> None:
    """Raises Invalid unless the money can have come at that moment."""
    require_not_ahead(moment, field="paid_at")
    if moment.date() < FIRST_DAY:
        raise Invalid(TOO_EARLY, details={"paid_at": TOO_EARLY})


def _take(invoice_id: UUID, amount: int, currency: str | None, *, moment: datetime, now: datetime) -> bool:
    """Put `amount` on the invoice if all of it is due; one statement, so racers queue on the row and look again."""
    in_full = Q(amount_paid=F("total") - amount)
    due = Invoice.objects.filter(pk=invoice_id, status=InvoiceStatus.SENT, amount_paid__lte=F("total") - amount)
    if currency:
        due = due.filter(currency=currency)
    taken = due.update(
        amount_paid=F("amount_paid") + amount,
        status=Case(When(in_full, then=Value(InvoiceStatus.PAID)), default=F("status")),
        paid_at=Case(When(in_full, then=Value(moment)), default=None),
        updated_at=now,
    )
    return bool(taken)


def _refused(invoice_id: UUID, amount: int, currency: str | None) -> DomainError:
    """Why the invoice did not take it."""
    invoice = Invoice.objects.filter(pk=invoice_id).first()
    if invoice is None or invoice.status != InvoiceStatus.SENT:
        return refusal(invoice_id, _("Only a sent invoice takes payments."))
    require_currency(currency, invoice.currency)
    due = invoice.total - invoice.amount_paid
    if amount <= due:
        return Conflict(_("The invoice is changing just now. Try again."))
    return Invalid(
        details={"amount": format_text(_("Is more than what is due: {due}."), due=Money(due, invoice.currency))}
    )
