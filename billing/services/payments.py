"""Services that record payments. Nothing deletes them; a wrong one is reversed (billing/services/corrections.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, PaymentDirection, SettlementKind
from billing.models import Invoice, Payment
from billing.services.books import allocated, post, received
from billing.services.lines import require_currency
from billing.services.settlements import Part, settle
from billing.services.states import state_error
from billing.state_messages import INVOICE_NOT_PAYABLE
from parties.choices import PartyKind
from parties.services import require_usable
from skeleton.db.locks import locked_for_update, rows_locked_for_update
from skeleton.db.numbers import Series, insert_numbered
from skeleton.kernel.actors import Actor
from skeleton.kernel.days import day_of
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import require_in_use
from skeleton.kernel.text import Money, format_text
from skeleton.kernel.time_limits import require_from_1900, require_not_in_future
from skeleton.kernel.transactions import audited_transaction


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A new payment's id, and the resulting status and amount due (minor units) of the invoice."""

    id: UUID
    invoice_status: str
    amount_due: int


class Allocation(TypedDict):
    """An amount, in minor units, of a payment that settles an invoice."""

    invoice_id: UUID
    amount: int


def record_payment(
    *,
    invoice_id: UUID,
    amount: int,
    method: str,
    actor: Actor,
    currency: str | None = None,
    reference: str | None = None,
    external_id: str | None = None,
    paid_at: datetime | None = None,
) -> RecordedPayment:
    """Record a payment of `amount` minor units for a sent invoice. If nothing is left to pay, the invoice becomes paid.

    It is posted on the day of `paid_at`. Raises NotFound, Conflict (the invoice is not sent, it can't be posted),
    Invalid (more than the amount due, another currency, a time in the future or before the first accounting day).
    Concurrent payments are serialised, so each sees what the previous one left.
    """
    now = timezone.now()
    moment = paid_at or now
    _require_paid(moment)
    with audited_transaction(actor, "record_payment"):
        invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id, no_key=True)
        _require_due(invoice, amount, currency)
        payment = insert_payment(
            customer_id=invoice.customer_id,
            currency=invoice.currency,
            amount=amount,
            allocated=amount,
            method=method,
            reference=reference,
            external_id=external_id,
            paid_at=moment,
            created_at=now,
            actor=actor,
        )
        _settle_at_once(payment, [(invoice, amount)], actor)
    return RecordedPayment(payment.pk, invoice.status, invoice.amount_due)


def receive_payment(
    *,
    customer_id: UUID,
    amount: int,
    currency: str,
    method: str,
    actor: Actor,
    reference: str | None = None,
    external_id: str | None = None,
    paid_at: datetime | None = None,
    allocations: Sequence[Allocation] = (),
    auto_allocate: bool = False,
) -> UUID:
    """Record a payment of a customer and return its id. What `allocations` leave of it is on account.

    With `auto_allocate`, it settles the customer's open invoices in this currency, oldest due date first.

    Raises Invalid (unknown customer or invoice, another customer's or currency, more than is due or was paid, both
    kinds of allocation), Conflict (an invoice is not sent, the external id is taken, it can't be posted).
    """
    now = timezone.now()
    moment = paid_at or now
    _require_paid(moment)
    require_in_use({"currency": currency})
    if auto_allocate and allocations:
        raise Invalid(details={"auto_allocate": _("Cannot be used together with allocations.")})
    with audited_transaction(actor, "record_payment"):
        require_usable(customer_id, PartyKind.CUSTOMER, any_status=True)
        if auto_allocate:
            shares = _oldest_first(customer_id, currency, amount)
        else:
            shares = _shares(allocations, customer_id=customer_id, currency=currency, amount=amount)
        payment = insert_payment(
            customer_id=customer_id,
            currency=currency,
            amount=amount,
            allocated=sum(share for _invoice, share in shares),
            method=method,
            reference=reference,
            external_id=external_id,
            paid_at=moment,
            created_at=now,
            actor=actor,
        )
        _settle_at_once(payment, shares, actor)
    return payment.pk


def insert_payment(*, actor: Actor, **columns: Any) -> Payment:
    """Insert a payment with the next number and return it. All rows but the accounts' must be locked before."""
    row = {
        "direction": PaymentDirection.IN,
        "created_by_id": actor.id,
        "day": day_of(columns["paid_at"]),
        **columns,
    }
    return Payment(**insert_numbered(Payment, row, Series("PAY", day_of(columns["created_at"]).year, digits=6)))


def _settle_at_once(payment: Payment, shares: Sequence[tuple[Invoice, int]], actor: Actor) -> None:
    """Settle locked invoices with a new payment, and post it.

    An invoice that was posted after the payment is settled on the day of its posting. Until then, the money is on
    account.
    """
    parts = [
        Part(invoice, amount, max(payment.day, invoice.posting_day), at_once=invoice.posting_day <= payment.day)
        for invoice, amount in shares
    ]
    ids = settle(parts, kind=SettlementKind.PAYMENT, of={"payment_id": payment.pk}, actor=actor, now=payment.created_at)
    later = [
        allocated(part, pk, number=payment.number) for part, pk in zip(parts, ids, strict=True) if not part.at_once
    ]
    post([received(payment, [part for part in parts if part.at_once]), *later], actor=actor)


def _oldest_first(customer_id: UUID, currency: str, amount: int) -> list[tuple[Invoice, int]]:
    """Lock the open invoices that `amount` covers, by due date, and return what it pays of each."""
    open_invoices = Invoice.objects.filter(customer=customer_id, currency=currency, status=InvoiceStatus.SENT)
    chosen: list[UUID] = []
    left = amount
    for invoice in open_invoices.order_by("due_date", "pk").iterator(chunk_size=200):
        if left <= 0:
            break
        chosen.append(invoice.pk)
        left -= invoice.amount_due
    found = rows_locked_for_update(open_invoices.filter(pk__in=chosen), no_key=True)
    return spread(sorted(found, key=lambda invoice: (invoice.due_date, invoice.pk)), amount)


def spread(invoices: Sequence[Invoice], amount: int) -> list[tuple[Invoice, int]]:
    """Return what `amount` pays of each invoice, in their order, until nothing is left."""
    shares = []
    for invoice in invoices:
        share = min(invoice.amount_due, amount)
        amount -= share
        if share:
            shares.append((invoice, share))
    return shares


def _shares(
    allocations: Sequence[Allocation], *, customer_id: UUID, currency: str, amount: int
) -> list[tuple[Invoice, int]]:
    """Lock the invoices of the allocations and check them. Raises Invalid, Conflict."""
    ids = [allocation["invoice_id"] for allocation in allocations]
    found = {row.pk: row for row in rows_locked_for_update(Invoice.objects.filter(pk__in=ids), no_key=True)}
    shares = []
    for index, allocation in enumerate(allocations):
        path = f"allocations.{index}."
        invoice = require_of_customer(found.pop(allocation["invoice_id"], None), customer_id, currency, path=path)
        _require_within_due(invoice, allocation["amount"], path=path)
        shares.append((invoice, allocation["amount"]))
    total = sum(share for _invoice, share in shares)
    if total > amount:
        told = format_text(_("The allocations add up to {total}, more than the payment."), total=Money(total, currency))
        raise Invalid(details={"allocations": told})
    return shares


def require_of_customer(invoice: Invoice | None, customer_id: UUID, currency: str, *, path: str = "") -> Invoice:
    """Return a sent invoice of this customer and currency. Raises Invalid, at `<path>invoice_id`; Conflict."""
    field = f"{path}invoice_id"
    if invoice is None or invoice.customer_id != customer_id:
        raise Invalid(details={field: _("Must be an invoice of the customer, named once.")})
    if invoice.currency != currency:
        told = format_text(_("The invoice is in {currency}."), currency=invoice.currency)
        raise Invalid(details={field: told})
    require_sent(invoice)
    return invoice


def require_sent(invoice: Invoice) -> None:
    """Raise Conflict unless the invoice is sent and not paid yet."""
    if invoice.status != InvoiceStatus.SENT:
        raise state_error(invoice, INVOICE_NOT_PAYABLE)


def _require_paid(moment: datetime) -> None:
    """Raise Invalid unless the money can have arrived at that time."""
    require_not_in_future(moment, field="paid_at")
    require_from_1900(day_of(moment), field="paid_at")


def _require_due(invoice: Invoice, amount: int, currency: str | None) -> None:
    """Raise Conflict unless the invoice is sent, Invalid unless all of `amount`, in its currency, is due on it."""
    require_sent(invoice)
    require_currency(currency, invoice.currency)
    if amount > invoice.amount_due:
        due = Money(invoice.amount_due, invoice.currency)
        raise Invalid(
            _("This is more than what is due. Record it with POST /payments: what is left of it is on account."),
            details={"amount": format_text(_("Is more than what is due: {due}."), due=due)},
        )


def _require_within_due(invoice: Invoice, amount: int, *, path: str) -> None:
    """Raise Invalid, at `<path>amount`, if more than what is due is to be settled."""
    if amount > invoice.amount_due:
        told = format_text(_("Is more than what is due: {due}."), due=Money(invoice.amount_due, invoice.currency))
        raise Invalid(details={f"{path}amount": told})
