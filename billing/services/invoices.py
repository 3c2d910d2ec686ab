"""The services of invoices.

Lock order: customer, order, invoice, number series, accounting (periods, accounts, totals). PostgreSQL refuses
everything that these services must never do (see the migrations). The checks here exist for better messages.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus, SettlementKind
from billing.models import Invoice, InvoiceLine
from billing.models.settlements import standing_of
from billing.services.addresses import merge_address
from billing.services.books import post_invoice
from billing.services.credit_notes import insert_draft as insert_credit_note
from billing.services.documents import issue_sent_invoice, save_invoice_parties
from billing.services.e_invoices import issue_e_invoice_of_sent
from billing.services.emails import queue_document
from billing.services.invoice_dates import (
    DATES,
    changed_dates,
    dates_when_sent,
    new_dates,
    shown_value,
    usual_payment_days,
)
from billing.services.issuing import issue
from billing.services.items import active_items, with_item_defaults
from billing.services.lines import (
    BuiltLine,
    LineValues,
    append_line,
    build_lines,
    change_line,
    common_currency,
    line_of,
    remove_line,
    totals_of_lines,
)
from billing.services.locking import lock_order_of, locked_with_customer_and_order
from billing.services.notifications import notify_invoice_event
from billing.services.on_account import settle_on_account
from billing.services.sending_rules import printed_texts, require_printable, require_sendable_taxes, supply_day
from billing.services.states import require_draft, state_error
from billing.state_messages import INVOICE_NOT_CANCELLABLE, INVOICE_NOT_EDITABLE, INVOICE_NOT_SENDABLE
from parties.choices import PartyKind
from parties.queries import as_written_to, payment_days_of
from parties.services import UsableParty, require_usable
from skeleton.db.inserts import insert_rows
from skeleton.db.locks import locked_for_update
from skeleton.db.numbers import Series, insert_numbered
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict
from skeleton.kernel.ids import uuid7
from skeleton.kernel.money import require_in_use
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event


def create_invoice(
    *,
    customer_id: UUID,
    actor: Actor,
    issue_date: date | None = None,
    due_date: date | None = None,
    delivery_date: date | None = None,
    service_start: date | None = None,
    service_end: date | None = None,
    lines: Sequence[LineValues] = (),
    currency: str | None = None,
    notes: str | None = None,
    buyer_reference: str | None = None,
    purchase_order_reference: str | None = None,
    delivery_address: dict[str, Any] | None = None,
) -> UUID:
    """Create a numbered draft and return its id. The year of the number is that of the issue date.

    The currency is the one given, else that of the lines, else the customer's. The dates are those of
    `services.invoice_dates`. Raises Invalid (a date, unknown customer, two currencies, a discount over the price, a sum
    over int64) and Conflict (the customer is not active, the issue date is in a closed period).
    """
    given = dict(zip(DATES, (issue_date, due_date, delivery_date, service_start, service_end), strict=True))
    priced = with_item_defaults(lines, path="lines.{}.")
    named = common_currency(priced, currency)
    with audited_transaction(actor, "create"):
        customer = require_usable(customer_id, PartyKind.CUSTOMER)
        columns = {
            **new_dates(given, payment_days=None if due_date else usual_payment_days(customer.payment_days)),
            "notes": notes,
            "buyer_reference": buyer_reference,
            "purchase_order_reference": purchase_order_reference,
            "delivery_address": merge_address(None, delivery_address),
        }
        supplied = columns["delivery_date"] or columns["service_end"] or columns["issue_date"]
        built = build_lines(priced, named or cast("str", customer.currency), day=supplied)  # a customer has one
        for line, values in zip(built, lines, strict=True):
            line.columns["item_id"] = values.get("item_id")
        return insert_draft(customer=customer, currency=named, lines=built, columns=columns, actor=actor)


def insert_draft(
    *,
    customer: UsableParty,
    currency: str | None,
    lines: Sequence[BuiltLine],
    columns: Mapping[str, Any],
    actor: Actor,
) -> UUID:
    """Insert a draft with `lines` (from `build_lines`) and return its id. Call it in an audited transaction.

    `columns` are further columns, with those of `new_dates`. Raises Invalid if a sum exceeds int64 or the currency is
    not in use.
    """
    found = currency or customer.currency
    require_in_use({"currency": found})
    totals = totals_of_lines(lines)
    now, invoice_id = timezone.now(), uuid7()
    invoice = {
        **columns,
        "id": invoice_id,
        "customer_id": customer.id,
        "customer_name": customer.name,
        "currency": found,
        "created_by_id": actor.id,
        "created_at": now,
        "updated_at": now,
        **totals,
    }
    insert_numbered(Invoice, invoice, Series("INV", columns["issue_date"].year, digits=3))
    insert_rows(InvoiceLine, [{**line.columns, "invoice_id": invoice_id} for line in lines])
    return invoice_id


def update_invoice(*, invoice_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change `notes` in any state, the dates, references and the delivery address only of a draft.

    The delivery address is merged; None clears it. Raises NotFound, Conflict, Invalid.
    """
    with audited_transaction(actor, "update"):
        invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id)
        changed = _changed(invoice, values)
        if changed.keys() - {"notes"}:
            require_draft(invoice, INVOICE_NOT_EDITABLE)
            counted = changed.get("due_date", invoice.due_date) is None
            days = usual_payment_days(payment_days_of(invoice.customer_id)) if counted else None
            dates = changed_dates(invoice, changed, payment_days=days)
            changed = {name: value for name, value in changed.items() if name not in DATES} | dates
        save_changes(invoice, changed)


def _changed(invoice: Invoice, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that the invoice doesn't show already. The delivery address is merged."""
    wanted = dict(values)
    if "delivery_address" in wanted:
        wanted["delivery_address"] = merge_address(invoice.delivery_address, wanted["delivery_address"])
    return {name: value for name, value in wanted.items() if value != shown_value(invoice, name)}


def add_line(*, invoice_id: UUID, values: LineValues, actor: Actor) -> None:
    """Add a line at the end of a draft. Raises NotFound, Conflict, Invalid."""
    with audited_transaction(actor, "add_line"):
        invoice, lines = _draft(invoice_id)
        (priced,) = with_item_defaults([values])
        append_line(invoice, lines, priced, day=supply_day(invoice))


def update_line(*, invoice_id: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
    """Change the fields in `values` of a draft's line. Raises NotFound, Conflict, Invalid.

    A line that bills an order line may bill less of it, but not more than other invoices leave unbilled (Conflict).
    """
    with audited_transaction(actor, "update_line"):
        lock_order_of(invoice_id)
        invoice, lines = _draft(invoice_id)
        line = line_of(lines, line_id, "invoice")
        fields = dict(values)
        if fields.get("item_id", line.item_id) != line.item_id:
            item = active_items([fields["item_id"]]).get(fields["item_id"])
            fields["item_number"] = item and item.sku
        change_line(invoice, lines, line, fields, day=supply_day(invoice))


def delete_line(*, invoice_id: UUID, line_id: UUID, actor: Actor) -> None:
    """Delete a line of a draft. Raises NotFound, Conflict."""
    with audited_transaction(actor, "delete_line"):
        invoice, lines = _draft(invoice_id)
        remove_line(invoice, lines, line_of(lines, line_id, "invoice"))


def send_invoice(*, invoice_id: UUID, actor: Actor, use_on_account: bool = False, email: bool = False) -> None:
    """Send a draft and post it on its issue date: today, unless it was given.

    An invoice of 0 becomes paid and is not posted.
    With `use_on_account`, what the customer has on account settles it: credit notes, then payments. A job renders its
    PDF in the language of the customer, or else of the user who sends it. With `email`, another one e-mails it.

    Raises NotFound, Conflict (not a draft, no lines, it can't be posted, there is no mail server), Invalid (it can't be
    the e-invoice that the customer gets, or no font has some of its characters).
    """
    now = timezone.now()
    with audited_transaction(actor, "send"):
        # before taking locks, since it needs none of them; it is rolled back if the action is refused
        issue_sent_invoice.enqueue(invoice_id=str(invoice_id), language=actor.language)
        invoice = locked_with_customer_and_order(invoice_id)
        require_draft(invoice, INVOICE_NOT_SENDABLE)
        if not invoice.tax_breakdown:  # PostgreSQL keeps it consistent with the lines
            raise Conflict(
                _("This invoice has no lines yet. Add at least one, then send it."),
                details={"allowed": ["add_line", "cancel"]},
            )
        customer = as_written_to(invoice.customer_id)
        reference = invoice.buyer_reference or customer["buyer_reference"]
        sent = {"sent_at": now, "buyer_reference": reference, **dates_when_sent(invoice)}
        if invoice.total:
            save_changes(invoice, {"status": InvoiceStatus.SENT, **sent})
        else:
            save_changes(invoice, {"status": InvoiceStatus.PAID, "paid_at": now, **sent})
        require_sendable_taxes(invoice, customer)
        seller = save_invoice_parties(invoice, customer)
        require_printable({"customer": customer, "company": seller, **printed_texts(invoice)})
        issue_e_invoice_of_sent(invoice, customer, actor=actor)
        notify_invoice_event(Event.INVOICE_SENT, invoice, actor=actor)
        if invoice.status == InvoiceStatus.PAID:
            notify_invoice_event(Event.INVOICE_PAID, invoice, actor=actor)
        allocations = settle_on_account(invoice, actor=actor, now=now) if use_on_account else []
        if email:
            queue_document(invoice, {}, actor=actor)
        post_invoice(invoice, actor=actor, beside=allocations)


def cancel_invoice(*, invoice_id: UUID, actor: Actor, reason: str | None = None) -> UUID | None:
    """Cancel a draft, or a sent invoice that only its own credit notes settle.

    A sent invoice is cancelled by the credit note of what is not credited yet; returns the note's id. The quantities
    that the invoice billed of an order become unbilled.

    Raises NotFound, Conflict (another state, a part is written off, it can't be posted).
    """
    with audited_transaction(actor, "cancel"):
        invoice = locked_with_customer_and_order(invoice_id)
        if invoice.status == InvoiceStatus.DRAFT:
            values = {"status": InvoiceStatus.CANCELLED, "cancelled_at": timezone.now(), "cancel_reason": reason}
            save_changes(invoice, values)
            return None
        _require_cancellable(invoice)
        note = insert_credit_note(invoice, None, reason=reason, actor=actor)
        issue(note, invoice, actor=actor)
        return note.pk


def _draft(invoice_id: UUID) -> tuple[Invoice, list[InvoiceLine]]:
    """Return a draft, locked until the end of the transaction, and its lines. Raises NotFound, Conflict."""
    invoice: Invoice = locked_for_update(Invoice.objects.all(), invoice_id)
    require_draft(invoice, INVOICE_NOT_EDITABLE)
    return invoice, list(invoice.lines.order_by("position").select_related("tax_code"))


def _require_cancellable(invoice: Invoice) -> None:
    """Raise Conflict unless crediting the rest of a sent invoice leaves it cancelled."""
    if invoice.amount_written_off:
        told = _("A part of the invoice is written off. Undo the write-off first.")
        raise Conflict(told, details={"allowed": ["undo_write_off"]})
    open_ = invoice.status == InvoiceStatus.SENT or (invoice.status == InvoiceStatus.PAID and not invoice.total)
    own = standing_of(invoice=invoice.pk, kind=SettlementKind.CREDIT_NOTE, credit_note__invoice=invoice.pk)
    settled_by_own = sum(own.values_list("amount", flat=True)) if invoice.amount_credited else 0
    if not open_ or invoice.amount_paid or not invoice.amount_credited == settled_by_own == invoice.credited_total:
        raise state_error(invoice, INVOICE_NOT_CANCELLABLE)
