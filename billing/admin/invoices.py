"""The screen of invoices. Drafts are edited, the rest is read-only; the actions call the services."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from accounting.form_fields import UnitField
from billing.admin.addresses import ADDRESS_FIELDS, AddressForm, one_line
from billing.admin.corrections import CorrectionActions
from billing.admin.drafts import (
    PDF_MENU,
    SUBTOTAL,
    TAX,
    TOTAL,
    DocumentAdminBase,
    IssuedDocumentInline,
    LineInline,
    NewDocumentForm,
    PricedLineForm,
    ReadOnlyLineInline,
    ReasonForm,
    pdf_downloads,
)
from billing.admin.e_invoices import E_INVOICE_MENU, EInvoiceInline, facturx_download, xml_download
from billing.admin.emails import EmailInline, ReminderAction, SendForm, email_action
from billing.admin.money import (
    EntriesMixin,
    HistoryInline,
    OrderLinkMixin,
    PaidDayMixin,
    method_field,
    paid_day_field,
    record_link,
    text_field,
)
from billing.choices import InvoiceStatus, allowed_actions
from billing.e_invoices.profiles import Profile
from billing.models import CreditNote, Invoice, InvoiceLine, Settlement
from billing.models.invoices import OVERDUE
from billing.payment_serializers import InvoicePaymentInputSerializer
from billing.serializers import (
    CancelInputSerializer,
    InvoiceInputSerializer,
    InvoiceUpdateInputSerializer,
    LineInputSerializer,
    SendInputSerializer,
)
from billing.services import documents, emails, invoices, payments
from billing.services.e_invoices import facturx_invoice, invoice_of
from billing.spreadsheets import document_table
from inventory.models import Item
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import format_text, in_zone, local_money
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import ReadOnlyInline
from skeleton.office.columns import EMPTY, format_money_html, label, money_column
from skeleton.office.filters import CurrencyFilter, DateRangeFilter, RelatedRecordFilter
from skeleton.office.forms import ActionForm, AutocompleteField, small_textarea
from skeleton.office.numbers import AmountField

COLOURS: dict[str, str] = {
    InvoiceStatus.SENT: "primary",
    InvoiceStatus.PAID: "success",
    InvoiceStatus.CANCELLED: "warning",
}
PAID = money_column("amount_paid", _("paid"))
CREDITED = money_column("amount_credited", _("credited"))
WRITTEN_OFF = money_column("amount_written_off", _("written off"))


MORE_MENU: dict[str, Any] = {
    "title": pgettext_lazy("menu", "More"),
    "icon": "more_horiz",
    "items": ["credit", "use_on_account", "edit_notes", "write_off", "undo_write_off", "cancel"],
}
"""The actions that are needed rarely."""


def can(action: str) -> Any:
    """Return a condition: the invoice's state allows the action, by the same rule that the services use."""
    return lambda invoice: action in allowed_actions(invoice.status, amount_paid=invoice.amount_paid)


# --- lines and payments -----------------------------------------------------------------------------------------------


class LineForm(PricedLineForm):
    """A line. With an item, empty fields default to the item's values."""

    item_id = AutocompleteField(Item.objects.all(), screen="inventory.item", required=False, label=_("Item"))
    description = forms.CharField(
        required=False, max_length=1000, widget=widgets.UnfoldAdminTextInputWidget, label=_("Description")
    )
    unit_code = UnitField()
    unit_price = AmountField(required=False, label=_("Unit price"))

    class Meta:
        model = InvoiceLine
        fields = ("quantity", "unit_code", "unit_price", "price_base_quantity", "discount", "tax_rate")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("item_id", self.instance.item_id)
        self.initial.setdefault("description", self.instance.description)

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        """Leave out of a new line what is the item's, unless it was entered."""
        body = super().request_body(partial=partial)
        if partial:
            return body
        of_item = ("unit_code", "tax_rate") if body.get("item_id") else ()
        unentered = {name for name in of_item if name not in self.changed_data}
        return {name: value for name, value in body.items() if value not in (None, "") and name not in unentered}


class InvoiceLineInline(LineInline):
    model = InvoiceLine
    form = LineForm
    fields = (
        "item_id",
        "description",
        "quantity",
        "unit_code",
        "unit_price",
        "price_base_quantity",
        "discount",
        "tax_code",
        "tax_rate",
    )


class ReadOnlyInvoiceLineInline(ReadOnlyLineInline):
    model = InvoiceLine
    document = "invoice"


class SettlementInline(HistoryInline):
    """What settles the invoice."""

    fields = readonly_fields = ("day", "kind", "source", "sum", "details", "created_by", "undone")

    @admin.display(description=_("document"))
    def source(self, settlement: Settlement) -> SafeString | str:
        return record_link(settlement.payment or settlement.credit_note) or EMPTY

    @admin.display(description=_("details"))
    def details(self, settlement: Settlement) -> str:
        """Return method and reference of a payment, or the reason."""
        payment, note = settlement.payment, settlement.credit_note
        if payment:
            return ", ".join(filter(None, (payment.get_method_display(), payment.reference)))
        return (note.reason if note else settlement.reason) or EMPTY


class CreditNoteInline(ReadOnlyInline):
    """The credit notes of the invoice, with those that are still drafts."""

    model = CreditNote
    ordering = ("pk",)
    fields = readonly_fields = ("link", "status", "issue_date", "sum", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditNote]:
        rows: QuerySet[CreditNote] = super().get_queryset(request)
        return rows.only("number", "invoice", "status", "issue_date", "total", "currency", "reason")

    @admin.display(description=_("number"))
    def link(self, note: CreditNote) -> SafeString | str:
        return record_link(note)

    @admin.display(description=_("total"))
    def sum(self, note: CreditNote) -> Any:
        return format_money_html(note.total, note.currency)


# --- forms ------------------------------------------------------------------------------------------------------------


_OWN_FIELDS = (
    *("issue_date", "due_date", "delivery_date", "service_start", "service_end"),
    *("buyer_reference", "purchase_order_reference", "notes"),
)


_HINTS: dict[str, Text] = {
    "issue_date": _("Leave empty for the day on which it is issued. Not in the future."),
    "due_date": _("Leave empty to count the payment days of the customer or the company."),
    "delivery_date": _("Leave empty for the issue date."),
    "service_start": _("For services, instead of the delivery date."),
    "buyer_reference": _("Leave empty for the customer's."),
}


class DraftForm(AddressForm):
    """A draft. Dates that were not given are empty, with a note of what they will be."""

    address = "delivery_address"

    class Meta:
        model = Invoice
        fields: ClassVar[tuple[str, ...]] = _OWN_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = self.instance.payment_days
        if days is not None:
            self.initial["due_date"] = None
        if not self.instance.issue_date_given:
            self.initial["issue_date"] = None
        counted = gettext("Leave empty for {days} days after the issue date.").format(days=days)
        hints = {**_HINTS, **({} if days is None else {"due_date": counted})}
        for name, hint in hints.items():
            if name in self.fields:  # not where the record can only be read
                self.fields[name].required, self.fields[name].help_text = False, hint


class NewInvoiceForm(DraftForm, NewDocumentForm):
    class Meta(DraftForm.Meta):
        pass


class PaymentForm(PaidDayMixin, ActionForm):
    amount = AmountField(label=_("Amount"))
    method = method_field()
    reference = text_field(_("Reference"))
    paid_at = paid_day_field()

    def setup(self) -> None:
        amount = self.fields["amount"]
        amount.currency = self.record.currency  # type: ignore[attr-defined]
        amount.label = gettext("Amount ({currency})").format(currency=self.record.currency)
        amount.initial = self.record.amount_due
        due = local_money(amount.initial, self.record.currency)
        amount.help_text = gettext("{amount} is due.").format(amount=due)


class NotesForm(ActionForm):
    notes = forms.CharField(required=False, widget=small_textarea(), label=_("Notes"))

    def setup(self) -> None:
        self.fields["notes"].initial = self.record.notes


# --- the screen -------------------------------------------------------------------------------------------------------


class OverdueFilter(DropdownFilter):
    title, parameter_name = _("overdue"), "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("yes", _("Overdue")), ("no", _("Not overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> QuerySet[Invoice]:
        if not self.value():
            return queryset
        return queryset.filter(OVERDUE) if self.value() == "yes" else queryset.exclude(OVERDUE)


@admin.register(Invoice)
class InvoiceAdmin(CorrectionActions, ReminderAction, OrderLinkMixin, EntriesMixin, DocumentAdminBase):
    resources = ("invoices",)
    table, export_fields = document_table(Invoice), "__all__"
    create_input, update_input, line_input = InvoiceInputSerializer, InvoiceUpdateInputSerializer, LineInputSerializer
    list_display = ("number", "customer_name", "state", TOTAL, "due_money", "issue_date", "due_date")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
        OverdueFilter,
        CurrencyFilter,
        ("customer", RelatedRecordFilter),
        ("issue_date", DateRangeFilter),
        ("due_date", DateRangeFilter),
    )
    record_actions = (
        *("send", "record_payment", "email", "remind"),
        *(PDF_MENU, E_INVOICE_MENU, MORE_MENU),
    )
    bulk_actions = ("send",)
    DATE_FIELDS: ClassVar[Any] = (
        ("issue_date", "due_date"),
        ("delivery_date",),
        ("service_start", "service_end"),
        ("buyer_reference", "purchase_order_reference"),
    )
    SUMMARY_FIELDS: ClassVar[Any] = (
        ("customer_shown", "state"),
        *DATE_FIELDS,
        (SUBTOTAL, TAX),
        (TOTAL, PAID),
        (CREDITED, WRITTEN_OFF),
        ("due_money", "taxes"),
        "notes",
    )
    TIME_FIELDS: ClassVar[Any] = (
        ("created_at", "created_by"),
        ("origin",),
        ("sent_at", "paid_at"),
        ("cancelled_at", "cancel_reason"),
    )

    # forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": DraftForm if change else NewInvoiceForm})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        address = (_("Delivery address"), {"fields": ADDRESS_FIELDS, "classes": ["collapse"]})
        if obj is None:
            return ((None, {"fields": (("customer_id", "currency"), *self.DATE_FIELDS, "notes")}), address)
        times = (in_zone(_("Times ({zone})")), {"fields": self.TIME_FIELDS, "classes": ["collapse"]})
        if self.has_change_permission(request, obj):
            fields = self.with_order(request, obj.order_id, self.SUMMARY_FIELDS)
            return ((None, {"fields": fields}), address, times)
        fields = self.with_order(request, obj.order_id, (*self.SUMMARY_FIELDS[:-1], ("address_shown", "notes")))
        fieldsets = ((None, {"fields": fields}), times)
        return self.with_entries(request, fieldsets) if obj.sent_at else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        computed = ("order_shown", "entries", "address_shown")
        shown = (*self.SUMMARY_FIELDS[:-1], *self.TIME_FIELDS, computed) if obj else ()
        typed = _OWN_FIELDS if obj and self.has_change_permission(request, obj) else ()
        return tuple(field for line in shown for field in line if field not in typed)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            return (InvoiceLineInline,)
        lines = InvoiceLineInline if self.has_change_permission(request, obj) else ReadOnlyInvoiceLineInline
        sent = (SettlementInline, CreditNoteInline, EmailInline, IssuedDocumentInline, EInvoiceInline)
        return (lines, *sent) if obj.sent_at else (lines,)

    # saving

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return invoices.create_invoice(**values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        invoices.update_invoice(invoice_id=pk, values=values, actor=actor)

    def add_line(self, pk: UUID, values: Any, actor: Actor) -> None:
        invoices.add_line(invoice_id=pk, values=values, actor=actor)

    def update_line(self, pk: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
        invoices.update_line(invoice_id=pk, line_id=line_id, values=values, actor=actor)

    def delete_line(self, pk: UUID, line_id: UUID, actor: Actor) -> None:
        invoices.delete_line(invoice_id=pk, line_id=line_id, actor=actor)

    # columns

    @admin.display(description=_("status"), ordering="status")
    def state(self, invoice: Any) -> SafeString:
        if invoice.is_overdue:
            return label("overdue", {"overdue": "danger"}, text=_("overdue"))
        return label(invoice.status, COLOURS, text=invoice.get_status_display())

    @admin.display(description=_("delivery address"))
    def address_shown(self, invoice: Invoice) -> str:
        return one_line(invoice.delivery_address)

    @admin.display(description=_("due"))
    def due_money(self, invoice: Invoice) -> Any:
        return format_money_html(invoice.amount_due, invoice.currency)

    # actions

    @admin_action(
        pgettext_lazy("document", "Issue"),
        form=SendForm,
        shown_if=can("send"),
        icon="send",
        variant=ActionVariant.PRIMARY,
        question=_("From then on only the notes can be changed."),
    )
    def send(self, request: HttpRequest, invoice: Invoice, form: SendForm) -> Text:
        values = SendInputSerializer.parse(form.request_body())
        invoices.send_invoice(invoice_id=invoice.pk, **values, actor=self.actor(request))
        return form.result()

    @admin_action(
        _("Record payment"),
        form=PaymentForm,
        shown_if=can("record_payment"),
        icon="payments",
        variant=ActionVariant.PRIMARY,
    )
    def record_payment(self, request: HttpRequest, invoice: Invoice, form: PaymentForm) -> Text:
        values = InvoicePaymentInputSerializer.parse(form.request_body())
        recorded = payments.record_payment(invoice_id=invoice.pk, **values, actor=self.actor(request))
        paid_money, due_money = (
            local_money(amount, invoice.currency) for amount in (values["amount"], recorded.amount_due)
        )
        if not recorded.amount_due:
            return format_text(
                _("Recorded a payment of {paid}. {number} is paid."), paid=paid_money, number=invoice.number
            )
        return format_text(_("Recorded a payment of {paid}. {due} is still due."), paid=paid_money, due=due_money)

    @admin_action(
        _("Notes"), form=NotesForm, shown_if=lambda invoice: invoice.status != InvoiceStatus.DRAFT, icon="edit_note"
    )
    def edit_notes(self, request: HttpRequest, invoice: Invoice, form: NotesForm) -> Text:
        values = InvoiceUpdateInputSerializer.parse({"notes": form.cleaned_data["notes"] or None}, partial=True)
        invoices.update_invoice(invoice_id=invoice.pk, values=values, actor=self.actor(request))
        return _("The notes are saved.")

    email = email_action(emails.email_invoice, "invoice_id", lambda one: one.sent_at and not one.is_imported)
    pdf_en, pdf_uk, pdf_de = pdf_downloads("invoices:read", documents.invoice_pdf, "invoice_id")
    e_invoice_xrechnung_ubl = xml_download(Profile.XRECHNUNG_UBL, invoice_of)
    e_invoice_xrechnung_cii = xml_download(Profile.XRECHNUNG_CII, invoice_of)
    e_invoice_peppol = xml_download(Profile.PEPPOL, invoice_of)
    e_invoice_facturx = facturx_download(facturx_invoice, "invoice_id")

    @admin_action(
        pgettext_lazy("invoice", "Cancel"),
        form=ReasonForm,
        shown_if=lambda invoice: can("cancel")(invoice) and not invoice.amount_written_off,
        icon="cancel",
        variant=ActionVariant.DANGER,
        question=_("A cancelled invoice stays on record and cannot be reopened."),
    )
    def cancel(self, request: HttpRequest, invoice: Invoice, form: ReasonForm) -> Text:
        values = CancelInputSerializer.parse(form.request_body())
        invoices.cancel_invoice(invoice_id=invoice.pk, **values, actor=self.actor(request))
        return format_text(_("{number} is cancelled."), number=invoice.number)
