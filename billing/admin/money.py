"""What the screens of payments, credit notes and invoices share: forms, tables and links of money."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounting.choices import Purpose, SourceType
from accounting.models import Entry
from billing.choices import InvoiceStatus, PaymentDirection, PaymentMethod
from billing.models import CreditNote, Invoice, Order, Payment, Settlement
from skeleton.kernel.days import moment_on
from skeleton.kernel.text import local_day, local_money
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.admins import ReadOnlyInline
from skeleton.office.columns import EMPTY, format_money_html, format_table_html, label, money_column, text_link
from skeleton.office.dates import LocalizedDateField
from skeleton.office.forms import ActionForm, small_textarea
from skeleton.office.numbers import AmountField

ALLOCATED, REFUNDED = money_column("allocated", _("allocated")), money_column("refunded", _("refunded"))
SOURCE_TYPES: dict[type[Any], SourceType] = {
    Invoice: SourceType.INVOICE,
    Payment: SourceType.PAYMENT,
    CreditNote: SourceType.CREDIT_NOTE,
}
MAX_INVOICES = 200
"""The maximum number of open invoices to choose from."""


def page_of(record: Order | Invoice | Payment | CreditNote) -> str:
    """Return the address of a document's page."""
    return reverse(f"admin:billing_{record._meta.model_name}_change", args=[record.pk])


def record_link(record: Order | Invoice | Payment | CreditNote | None) -> SafeString | str:
    """Return a link to a document."""
    return text_link(page_of(record), record) if record else ""


def open_invoices(customer_id: UUID, currency: str) -> QuerySet[Invoice]:
    """Return the invoices of a customer on which something is due, oldest due date first."""
    rows = Invoice.objects.filter(customer=customer_id, currency=currency, status=InvoiceStatus.SENT)
    return rows.order_by("due_date", "pk")


def payment_state(payment: Payment) -> SafeString:
    """Return what became of a payment, as a label."""
    if payment.reversed_at:
        return label("reversed", {"reversed": "danger"}, text=pgettext_lazy("payment", "reversed"))
    if payment.direction == PaymentDirection.OUT:
        return label("refund", {"refund": "warning"}, text=_("refund"))
    if payment.unallocated:
        return label("on account", {"on account": "primary"}, text=_("on account"))
    return label("used", {"used": "success"}, text=pgettext_lazy("payment", "allocated"))


# --- forms ------------------------------------------------------------------------------------------------------------


def text_field(title: Text, **options: Any) -> forms.CharField:
    """Return an optional field for a short text."""
    return forms.CharField(
        required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=title, **options
    )


def method_field() -> forms.ChoiceField:
    return forms.ChoiceField(choices=PaymentMethod.choices, widget=widgets.UnfoldAdminSelectWidget, label=_("Method"))


def day_field() -> LocalizedDateField:
    """Return the field for the day from which a correction counts."""
    return LocalizedDateField(
        required=False,
        label=_("Date"),
        help_text=_("Defaults to today."),
    )


def paid_day_field() -> LocalizedDateField:
    """Return the field for the day of a payment, for a form with `PaidDayMixin`."""
    return LocalizedDateField(
        required=False,
        label=_("Paid on"),
        help_text=_("Leave empty for today. Not in the future."),
    )


def select_field(title: Text, **options: Any) -> forms.ChoiceField:
    errors = {"invalid_choice": _("Is not one of the values to choose from.")}
    return forms.ChoiceField(widget=widgets.UnfoldAdminSelectWidget, label=title, error_messages=errors, **options)


def reason_field() -> forms.CharField:
    return forms.CharField(widget=small_textarea(), label=_("Reason"))


class PaidDayMixin:
    """Sends the day in `paid_at` as a time on that day. A bank statement has no times."""

    def request_body(self) -> Values:
        body: Values = super().request_body()  # type: ignore[misc]  # of the form
        day = self.cleaned_data["paid_at"]  # type: ignore[attr-defined]
        return {**body, "paid_at": moment_on(day).isoformat()} if day else body


class AllocateForm(ActionForm):
    """Settles an open invoice with what is on account of a payment or credit note."""

    invoice_id = select_field(_("Invoice"))
    amount = AmountField(required=False, label=_("Amount"), help_text=_("Leave empty for as much as fits."))
    date = day_field()

    def setup(self) -> None:
        found = open_invoices(self.record.customer_id, self.record.currency)[:MAX_INVOICES]
        self.fields["invoice_id"].choices = [(str(one.pk), _due(one)) for one in found]  # type: ignore[attr-defined]
        self.fields["amount"].currency = self.record.currency  # type: ignore[attr-defined]


def _due(invoice: Invoice) -> str:
    due = local_money(invoice.amount_due, invoice.currency)
    told = gettext("{number}: {amount} due on {day}")
    return told.format(number=invoice.number, amount=due, day=local_day(invoice.due_date))


class TakeBackForm(ActionForm):
    """Puts what a payment or credit note settles of an invoice back on account."""

    invoice_id = select_field(_("Invoice"))
    date = day_field()

    def setup(self) -> None:
        sums: dict[UUID, int] = {}
        numbers: dict[UUID, str] = {}
        for settlement in self.settlements():
            numbers[settlement.invoice_id] = settlement.invoice.number
            sums[settlement.invoice_id] = sums.get(settlement.invoice_id, 0) + settlement.amount
        self.fields["invoice_id"].choices = [  # type: ignore[attr-defined]
            (str(pk), f"{numbers[pk]}: {local_money(amount, self.record.currency)}") for pk, amount in sums.items()
        ]

    def settlements(self) -> Iterable[Settlement]:
        """Return the settlements that can be taken back: of a credit note, not those of its own invoice."""
        found: QuerySet[Settlement] = self.record.settlements.filter(undone_at=None)
        found = found.select_related("invoice").order_by("pk")
        return found.exclude(invoice=self.record.invoice_id) if isinstance(self.record, CreditNote) else found


class RefundForm(ActionForm):
    """Pays back what is on account."""

    amount = AmountField(label=_("Amount"))
    method = method_field()
    reference = text_field(_("Reference"))
    date = day_field()

    def setup(self) -> None:
        amount = self.fields["amount"]
        amount.currency = self.record.currency  # type: ignore[attr-defined]
        amount.initial = self.record.unallocated or None
        on_account = local_money(self.record.unallocated, self.record.currency)
        amount.help_text = gettext("{amount} is on account.").format(amount=on_account)


class ReversalForm(ActionForm):
    """Reverses a payment."""

    reason = reason_field()
    date = day_field()


# --- tables -----------------------------------------------------------------------------------------------------------


class HistoryInline(ReadOnlyInline):
    """Settlements: first those that count, then those that were undone, with the day, the reason and who did it."""

    model = Settlement
    ordering = (F("undone_at").asc(nulls_first=True), "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        rows: QuerySet[Settlement] = super().get_queryset(request)
        by = Coalesce(_who_posted(*UNDONE), _who_posted(*REVERSED, of="payment"))
        return rows.select_related("invoice", "payment", "credit_note", "created_by").annotate(undone_by=by)

    @admin.display(description=_("amount"))
    def sum(self, settlement: Settlement) -> Any:
        return format_money_html(settlement.amount, settlement.invoice.currency)

    @admin.display(description=pgettext_lazy("settlement", "undone"))
    def undone(self, settlement: Any) -> SafeString | str:
        """Return on which day, by whom and why the settlement was undone."""
        if settlement.undone_day is None:
            return EMPTY
        payment = settlement.payment
        reversed_ = payment is not None and payment.reversed_at == settlement.undone_at
        told = (local_day(settlement.undone_day), settlement.undone_by, payment.reversal_reason if reversed_ else None)
        return label("undone", {"undone": "warning"}, text=" · ".join(filter(None, told)), given=True)


UNDONE = ((SourceType.ALLOCATION, SourceType.WRITE_OFF), Purpose.UNDO)
REVERSED = ((SourceType.PAYMENT,), Purpose.REVERSE)


def _who_posted(sources: tuple[SourceType, ...], purpose: Purpose, *, of: str = "pk") -> Subquery:
    """Return the name of who recorded the entry of a settlement, or of its document, for a purpose."""
    found = Entry.objects.filter(source_type__in=sources, source_id=OuterRef(of), purpose=purpose)
    return Subquery(found.values("created_by__name")[:1])


class AllocationInline(HistoryInline):
    """The invoices that a payment or credit note settles."""

    verbose_name_plural = _("invoices settled")
    fields = readonly_fields = ("day", "invoice_link", "sum", "created_by", "undone")

    @admin.display(description=_("invoice"))
    def invoice_link(self, settlement: Settlement) -> SafeString | str:
        return record_link(settlement.invoice)


class RefundInline(ReadOnlyInline):
    """What was paid back."""

    model = Payment
    verbose_name_plural = _("refunds")
    ordering = ("pk",)
    fields = readonly_fields = ("link", "sum", "method", "reference", "paid_on", "state")

    @admin.display(description=_("payment"))
    def link(self, payment: Payment) -> SafeString | str:
        return record_link(payment)

    @admin.display(description=_("amount"))
    def sum(self, payment: Payment) -> Any:
        return format_money_html(payment.amount, payment.currency)

    @admin.display(description=_("paid on"))
    def paid_on(self, payment: Payment) -> dt.date:
        return payment.day

    @admin.display(description=_("status"))
    def state(self, payment: Payment) -> SafeString:
        return payment_state(payment)


class OrderLinkMixin:
    """Adds a link to the order of an invoice or credit note to its page, for users who may read orders."""

    def with_order(self, request: HttpRequest, order_id: UUID | None, fields: Any) -> Any:
        """Return the fields of a document's page, with its order after the first row."""
        may_read = order_id and self.actor(request).can("orders:read")  # type: ignore[attr-defined]
        return (fields[0], "order_shown", *fields[1:]) if may_read else fields

    @admin.display(description=_("order"))
    def order_shown(self, document: Any) -> SafeString | str:
        return record_link((document.invoice if isinstance(document, CreditNote) else document).order)


class EntriesMixin:
    """Adds the accounting entries of a document to its page, for users who may read accounting."""

    ENTRIES: ClassVar[Any] = (_("Books"), {"fields": ("entries",), "classes": ["collapse"]})

    def with_entries(self, request: HttpRequest, fieldsets: Any) -> Any:
        """Return the fieldsets of a document's page, with its entries if the user may read them."""
        may_read = self.actor(request).can("accounting:read")  # type: ignore[attr-defined]
        return (*fieldsets, self.ENTRIES) if may_read else fieldsets

    @admin.display(description=_("transactions"))
    def entries(self, document: Any) -> SafeString | str:
        """Return the entries of a document and of its settlements, including those that were undone."""
        if not hasattr(document, "_entries_shown"):  # the page's template asks several times
            rows = ((local_day(one.date), _entry_link(one), _amount(one)) for one in _entries_of(document))
            document._entries_shown = format_table_html((_("Date"), _("Transaction"), _("Amount")), rows)
        shown: SafeString | str = document._entries_shown
        return shown


def _entries_of(document: Invoice | Payment | CreditNote) -> Iterable[Entry]:
    own = SOURCE_TYPES[type(document)]
    settlements = list(document.settlements.values_list("pk", flat=True))
    named = Q(source_type=own, source_id=document.pk)
    settled = Q(source_type__in=(SourceType.ALLOCATION, SourceType.WRITE_OFF), source_id__in=settlements)
    found = Entry.objects.filter(named | settled).prefetch_related("lines", "reversals__lines")
    for entry in found.order_by("pk"):
        yield entry
        yield from entry.reversals.all()


def _entry_link(entry: Entry) -> SafeString:
    return text_link(reverse("admin:accounting_entry_change", args=[entry.pk]), entry.shown_as)


def _amount(entry: Entry) -> object:
    lines = entry.lines.all()
    return format_money_html(sum(line.debit for line in lines), lines[0].currency)
