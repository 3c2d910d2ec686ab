"""Services of payments. A payment is recorded once and never changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounting.models import FIRST_DAY
from billing.choices import InvoiceStatus
from billing.models import Invoice, Payment
from billing.services.books import post_payment
from billing.services.invoices import state_error
from billing.services.lines import require_currency
from billing.services.notifications import notify_invoice_event
from billing.state_messages import INVOICE_NOT_PAYABLE
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import day_of
from skeleton.kernel.errors import Invalid
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.time_limits import require_not_in_future
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event

TOO_EARLY = gettext_noop("Must not be before 1900.")


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A new payment's id, and the resulting status and amount due (minor units) of the invoice."""

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
    """Record a payment of `amount` minor units for a sent invoice. If nothing is left to pay, the invoice becomes paid.

    It is posted on the day of `paid_at` (UTC). Raises NotFound, Conflict (the invoice is not sent, it can't be posted),
    Invalid (more than the amount due, another currency, a time in the future or before the first accounting day).
    Concurrent payments are serialised, so each sees what the previous one left.
    """
    now = timezone.now()
    moment = paid_at or now
    _require_paid(moment)
    with audited_transaction(actor, "record_payment"):
        invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        _require_due(invoice, amount, currency)
        paid = invoice.amount_paid + amount
        in_full = {"status": InvoiceStatus.PAID, "paid_at": moment} if paid == invoice.total else {}
        save_changes(invoice, {"amount_paid": paid, **in_full})
        payment = Payment.objects.create(
            invoice=invoice,
            amount=amount,
            method=method,
            reference=reference,
            paid_at=moment,
            created_by_id=actor.id,
            created_at=now,
        )
        if in_full:
            notify_invoice_event(Event.INVOICE_PAID, invoice, actor=actor)
        post_payment(payment, invoice=invoice, day=day_of(moment), actor=actor)
    return RecordedPayment(payment.pk, invoice.status, invoice.total - paid)


def _require_paid(moment: datetime) -> None:
    """Raise Invalid unless the money can have arrived at that time."""
    require_not_in_future(moment, field="paid_at")
    if day_of(moment) < FIRST_DAY:
        raise Invalid(TOO_EARLY, details={"paid_at": TOO_EARLY})


def _require_due(invoice: Invoice, amount: int, currency: str | None) -> None:
    """Raise Conflict unless the invoice is sent, Invalid unless all of `amount`, in its currency, is due on it."""
    if invoice.status != InvoiceStatus.SENT:
        raise state_error(invoice, INVOICE_NOT_PAYABLE)
    require_currency(currency, invoice.currency)
    due = invoice.total - invoice.amount_paid
    if amount > due:
        told = format_text(_("Is more than what is due: {due}."), due=Money(due, invoice.currency))
        raise Invalid(details={"amount": told})
