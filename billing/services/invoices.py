"""The verbs of an invoice.

Locks are taken in one order: customer, invoice, the books (periods, accounts, totals); a number series last of all.
PostgreSQL refuses whatever these verbs must never do (see the migrations); what they check themselves they check to
say it better.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from billing.choices import InvoiceStatus, allowed_actions
from billing.models import Invoice, InvoiceLine
from billing.services.books import post_invoice, unpost_invoice
from billing.services.lines import LineValues, build_line, build_lines, common_currency, require_currency
from billing.totals import PricedLine, Totals, document_totals, line_total
from parties.choices import PartyKind
from parties.models import Party
from parties.services import require_usable
from skeleton.core.actors import Actor
from skeleton.core.errors import Conflict, NotFound
from skeleton.core.ids import uuid7
from skeleton.core.inserts import insert_rows
from skeleton.core.numbers import take_number
from skeleton.core.records import assign, locked
from skeleton.core.transactions import verb


def create_invoice(
    *,
    customer_id: UUID,
    due_date: date,
    actor: Actor,
    lines: Sequence[LineValues] = (),
    currency: str | None = None,
    notes: str | None = None,
) -> UUID:
    """A numbered draft, issued today (UTC); its id.

    The currency is the one given, else that of the lines, else the customer's. Raises Invalid (unknown customer, two
    currencies, a discount over the price, a sum over int64) and Conflict (the customer is not active).
    """
    built = build_lines(lines)
    totals = document_totals((line["tax_rate"], line["total"]) for line in built)
    named = common_currency(lines, currency)
    now, invoice_id = timezone.now(), uuid7()
    with verb(actor, "create"):
        customer = require_usable(customer_id, PartyKind.CUSTOMER)
        invoice = {
            "id": invoice_id,
            "customer_id": customer_id,
            "customer_name": customer.name,
            "currency": named or customer.currency,
            "issue_date": now.date(),
            "due_date": due_date,
            "notes": notes,
            "created_by_id": actor.id,
            "created_at": now,
            "updated_at": now,
            **_columns(totals),
        }
        invoice["number"] = take_number("INV", now.year, digits=3)
        insert_rows(Invoice, [invoice])
        insert_rows(InvoiceLine, [{**line, "invoice_id": invoice_id} for line in built])
    return invoice_id


def update_invoice(*, invoice_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change `notes` at any time, `due_date` of a draft. Raises NotFound, Conflict."""
    with verb(actor, "update"):
        invoice = locked(Invoice.objects.all(), invoice_id)
        if values.get("due_date", invoice.due_date) != invoice.due_date:
            require_draft(invoice, "Its due date cannot be changed.")
        assign(invoice, values)


def add_line(*, invoice_id: UUID, values: LineValues, actor: Actor) -> None:
    """Put a line at the end of a draft. Raises NotFound, Conflict, Invalid."""
    with verb(actor, "add_line"):
        invoice, lines = _draft(invoice_id)
        require_currency(values.get("currency"), invoice.currency)
        line = build_line(values, position=max((line.position for line in lines), default=0) + 1)
        _write_totals(invoice, [*_priced(lines), (line["tax_rate"], line["total"])])
        insert_rows(InvoiceLine, [{**line, "invoice_id": invoice.pk}])


def update_line(*, invoice_id: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change those fields of a draft's line that `values` has. Raises NotFound, Conflict, Invalid."""
    with verb(actor, "update_line"):
        invoice, lines = _draft(invoice_id)
        line = _line_of(lines, line_id)
        fields = dict(values)
        require_currency(fields.pop("currency", None), invoice.currency)
        changed = {name: value for name, value in fields.items() if getattr(line, name) != value}
        for name, value in changed.items():
            setattr(line, name, value)
        line.total = line_total(line.quantity, line.unit_price, line.discount)
        if changed:
            _write_totals(invoice, _priced(lines))
            line.save(update_fields=[*changed, "total", "updated_at"])


def delete_line(*, invoice_id: UUID, line_id: UUID, actor: Actor) -> None:
    """Take a line off a draft. Raises NotFound, Conflict."""
    with verb(actor, "delete_line"):
        invoice, lines = _draft(invoice_id)
        line = _line_of(lines, line_id)
        _write_totals(invoice, _priced(other for other in lines if other is not line))
        line.delete()


def send_invoice(*, invoice_id: UUID, actor: Actor) -> None:
    """Draft to sent, and posted on this day (UTC); an invoice of 0 is paid with that, and posts nothing.

    Raises NotFound, Conflict (no draft, no lines, the books do not take it).
    """
    now = timezone.now()
    nothing_due = When(total=0, then=Value(now))
    with verb(actor, "send"):
        _lock_customer_of(invoice_id)
        sent = Invoice.objects.filter(pk=invoice_id, status=InvoiceStatus.DRAFT).update(
            status=Case(When(total=0, then=Value(InvoiceStatus.PAID)), default=Value(InvoiceStatus.SENT)),
            sent_at=now,
            paid_at=Case(nothing_due, default=None),
            updated_at=now,
        )
        if not sent:
            raise refusal(invoice_id, "Only a draft can be sent.")
        lines = Exists(InvoiceLine.objects.filter(invoice=OuterRef("pk")))
        found = Invoice.objects.filter(pk=invoice_id).values_list("number", "currency", "subtotal", "tax_total", lines)
        number, currency, subtotal, tax_total, has_lines = found.get()
        if not has_lines:
            raise Conflict("An invoice without lines cannot be sent.", details={"allowed": ["add_line", "cancel"]})
        post_invoice(
            invoice_id=invoice_id,
            number=number,
            currency=currency,
            subtotal=subtotal,
            tax_total=tax_total,
            day=now.date(),
            actor=actor,
        )


def cancel_invoice(*, invoice_id: UUID, actor: Actor, reason: str | None = None) -> None:
    """Cancel a draft, or what was sent and not paid at all; that is reversed in the books, on this day (UTC).

    Raises NotFound, Conflict (another state, the books do not take it).
    """
    now = timezone.now()
    with verb(actor, "cancel"):
        _lock_customer_of(invoice_id)
        cancelled = Invoice.objects.filter(
            pk=invoice_id, status__in=[InvoiceStatus.DRAFT, InvoiceStatus.SENT], amount_paid=0
        ).update(status=InvoiceStatus.CANCELLED, cancelled_at=now, cancel_reason=reason, updated_at=now)
        if not cancelled:
            raise refusal(invoice_id, "Only a draft, or a sent invoice without payments, can be cancelled.")
        number, sent_at = Invoice.objects.values_list("number", "sent_at").get(pk=invoice_id)
        if sent_at:
            unpost_invoice(invoice_id=invoice_id, number=number, day=max(now, sent_at).date(), actor=actor)


def require_draft(invoice: Invoice, message: str) -> None:
    """Raises Conflict, saying what the invoice's state does allow, where it is not a draft."""
    if invoice.status != InvoiceStatus.DRAFT:
        raise _not_allowed(invoice.status, invoice.amount_paid, message)


def refusal(invoice_id: UUID, message: str) -> Conflict | NotFound:
    """Why a verb found no invoice in a state for it."""
    found = Invoice.objects.filter(pk=invoice_id).values_list("status", "amount_paid").first()
    return _not_allowed(*found, message) if found else NotFound()


def _not_allowed(status: str, amount_paid: int, message: str) -> Conflict:
    state = "has payments" if status == InvoiceStatus.SENT and amount_paid else f"is {status}"
    allowed = allowed_actions(status, amount_paid=amount_paid)
    return Conflict(f"The invoice {state}. {message}", details={"allowed": allowed})


def _lock_customer_of(invoice_id: UUID) -> None:
    """Keep the customer from being renamed or summed up until commit: always before the invoice itself."""
    list(Party.objects.select_for_update(no_key=True).filter(invoices=invoice_id).values_list("pk"))


def _draft(invoice_id: UUID) -> tuple[Invoice, list[InvoiceLine]]:
    """A draft, locked until the end of the transaction, and its lines. Raises NotFound, Conflict."""
    invoice: Invoice = locked(Invoice.objects.all(), invoice_id)
    require_draft(invoice, "Only the lines of a draft can be changed.")
    return invoice, list(invoice.lines.order_by("position"))


def _line_of(lines: Sequence[InvoiceLine], line_id: UUID) -> InvoiceLine:
    for line in lines:
        if line.pk == line_id:
            return line
    raise NotFound("The invoice has no such line.")


def _priced(lines: Iterable[InvoiceLine]) -> list[PricedLine]:
    return [(line.tax_rate, line.total) for line in lines]


def _write_totals(invoice: Invoice, lines: Iterable[PricedLine]) -> None:
    """Before the lines themselves: PostgreSQL compares the totals when a line is written."""
    columns = _columns(document_totals(lines))
    for name, value in columns.items():
        setattr(invoice, name, value)
    invoice.save(update_fields=[*columns, "updated_at"])


def _columns(totals: Totals) -> dict[str, Any]:
    return {
        "subtotal": totals.subtotal,
        "tax_total": totals.tax_total,
        "tax_breakdown": totals.tax_breakdown,
        "total": totals.total,
    }
