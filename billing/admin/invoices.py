"""The screen of invoices: drafts are edited, the rest is shown; what happens to them are the services' verbs."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.enums import ActionVariant

from billing.access import INVOICES
from billing.choices import InvoiceStatus, PaymentMethod, allowed_actions
from billing.models import Invoice, InvoiceLine, IssuedDocument, Payment
from billing.queries import OVERDUE
from billing.serializers import (
    CancelInput,
    InvoiceInput,
    InvoiceUpdateInput,
    LineInput,
    PaymentInput,
)
from billing.services import documents, invoices, payments
from billing.totals import amount_due
from parties.models import Customer
from skeleton.core.actors import Actor
from skeleton.core.admin.acts import act, download
from skeleton.core.admin.columns import EMPTY, label, money, shown_money, shown_number
from skeleton.core.admin.filters import CurrencyFilter
from skeleton.core.admin.forms import ActForm, AmountField, CurrencyChoice, PickField, RecordForm, few_lines
from skeleton.core.admin.records import PartsFormSet, RecordAdmin, TabularList
from skeleton.core.admin.refusals import REFUSALS, refusal_of
from skeleton.core.admin.screens import ShownParts
from skeleton.core.http import PdfResponse
from skeleton.core.money import format_money
from skeleton.core.transactions import verb
from skeleton.identity.choices import Language

COLOURS: dict[str, str] = {
    InvoiceStatus.DRAFT: "info",
    InvoiceStatus.SENT: "primary",
    InvoiceStatus.PAID: "success",
    InvoiceStatus.CANCELLED: "warning",
}
TOTALS = (("subtotal", "subtotal"), ("tax_total", "tax"), ("total", "total"), ("amount_paid", "paid"))
SUBTOTAL, TAX, TOTAL, PAID = (money(field, name) for field, name in TOTALS)


def can(action: str) -> Any:
    """Whether an invoice's state allows the action, by the very rule that the services ask."""
    return lambda invoice: action in allowed_actions(invoice.status, amount_paid=invoice.amount_paid)


# --- lines and payments -----------------------------------------------------------------------------------------------


class LineForm(RecordForm):
    unit_price = AmountField()
    discount = AmountField(required=False, initial=0)

    class Meta:
        model = InvoiceLine
        fields = ("description", "quantity", "unit_price", "discount", "tax_rate")

    def body(self, *, partial: bool) -> dict[str, Any]:
        body = super().body(partial=partial)
        return {**body, "discount": body["discount"] or 0} if "discount" in body else body


class LineFormSet(PartsFormSet):
    name = "lines"

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        return self._in_currency(super()._construct_form(i, **kwargs))  # type: ignore[misc]

    def _in_currency(self, form: Any) -> Any:
        for field in ("unit_price", "discount"):
            if field in form.fields:
                form.fields[field].currency = self._currency()
        return form

    def _currency(self) -> str:
        """The invoice's; of a new one the currency that was chosen, else its customer's."""
        if not hasattr(self, "_known_currency"):
            self._known_currency = self.instance.currency or self._chosen_currency() or settings.SKELETON_CURRENCY
        return self._known_currency

    def _chosen_currency(self) -> str | None:
        field = forms.ModelChoiceField(Customer.objects.all())
        try:
            chosen: str | None = self.data.get("currency") or field.clean(self.data.get("customer_id")).currency
        except forms.ValidationError:
            return None
        return chosen


class Lines(TabularList):
    model = InvoiceLine
    form = LineForm
    formset = LineFormSet
    ordering = ("position",)
    fields = ("description", "quantity", "unit_price", "discount", "tax_rate")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


class ShownLines(ShownParts):
    """The lines of what is not a draft any more."""

    model = InvoiceLine
    verbose_name_plural = "lines"
    ordering = ("position",)
    fields = readonly_fields = ("description", "amount", "price", "reduction", "rate", "sum")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvoiceLine]:
        rows: QuerySet[InvoiceLine] = super().get_queryset(request).select_related("invoice")
        return rows

    @admin.display(description="quantity")
    def amount(self, line: InvoiceLine) -> str:
        return shown_number(line.quantity)

    @admin.display(description="tax rate")
    def rate(self, line: InvoiceLine) -> str:
        return f"{shown_number(line.tax_rate)} %"

    @admin.display(description="unit price")
    def price(self, line: InvoiceLine) -> Any:
        return shown_money(line.unit_price, line.invoice.currency)

    @admin.display(description="discount")
    def reduction(self, line: InvoiceLine) -> Any:
        return shown_money(line.discount, line.invoice.currency) if line.discount else EMPTY

    @admin.display(description="total")
    def sum(self, line: InvoiceLine) -> Any:
        return shown_money(line.total, line.invoice.currency)


class Payments(ShownParts):
    model = Payment
    ordering = ("pk",)
    fields = readonly_fields = ("paid_at", "sum", "method", "reference", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        rows: QuerySet[Payment] = super().get_queryset(request).select_related("invoice", "created_by")
        return rows

    @admin.display(description="amount")
    def sum(self, payment: Payment) -> Any:
        return shown_money(payment.amount, payment.invoice.currency)


class Papers(ShownParts):
    """What was handed out of a sent invoice. A PDF that somebody shows is ours if its SHA-256 is here."""

    model = IssuedDocument
    verbose_name_plural = "PDF handed out"
    ordering = ("pk",)
    fields = readonly_fields = ("created_at", "language", "checksum")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IssuedDocument]:
        rows: QuerySet[IssuedDocument] = super().get_queryset(request).defer("pdf")
        return rows


# --- forms ------------------------------------------------------------------------------------------------------------


class NewInvoiceForm(RecordForm):
    customer_id = PickField(Customer.objects.all(), screen="parties.customer", label="Customer")
    currency = CurrencyChoice(help_text="Empty is the customer's.")

    class Meta:
        model = Invoice
        fields = ("due_date", "notes")

    def body(self, *, partial: bool) -> dict[str, Any]:
        return {name: value for name, value in super().body(partial=partial).items() if value is not None}


class DraftForm(RecordForm):
    class Meta:
        model = Invoice
        fields = ("due_date", "notes")


class PaymentForm(ActForm):
    amount = AmountField()
    method = forms.ChoiceField(choices=PaymentMethod.choices, widget=widgets.UnfoldAdminSelectWidget)
    reference = forms.CharField(required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget)
    paid_at = forms.SplitDateTimeField(
        required=False,
        widget=widgets.UnfoldAdminSplitDateTimeWidget,
        label="Paid at (UTC)",
        help_text="Empty is now.",
    )

    def prepare(self) -> None:
        amount = self.fields["amount"]
        amount.currency = self.record.currency  # type: ignore[attr-defined]
        amount.label = f"Amount ({self.record.currency})"
        amount.initial = self.record.total - self.record.amount_paid


class ReasonForm(ActForm):
    reason = forms.CharField(required=False, widget=few_lines())


class NotesForm(ActForm):
    notes = forms.CharField(required=False, widget=few_lines())

    def prepare(self) -> None:
        self.fields["notes"].initial = self.record.notes


# --- the screen -------------------------------------------------------------------------------------------------------


class OverdueFilter(DropdownFilter):
    title, parameter_name = "overdue", "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Overdue"), ("no", "Not overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> QuerySet[Invoice]:
        if not self.value():
            return queryset
        return queryset.filter(OVERDUE) if self.value() == "yes" else queryset.exclude(OVERDUE)


def paper(language: str) -> Any:
    """A button that gives the invoice as PDF in a language."""

    def make(screen: Any, request: HttpRequest, invoice: Invoice) -> PdfResponse:
        made = documents.paper_of_invoice(invoice_id=invoice.pk, language=language, actor=screen.actor(request))
        return PdfResponse(made.name, made.pdf)

    make.__name__ = f"pdf_{language}"
    return download(Language(language).label, needs=("invoices:read",))(make)


PAPER: dict[str, Any] = {"title": "PDF", "icon": "picture_as_pdf", "items": ["pdf_en", "pdf_uk", "pdf_de"]}


@admin.register(Invoice)
class InvoiceScreen(RecordAdmin):
    resources = ("invoices",)
    gate = INVOICES
    create_input, update_input = InvoiceInput, InvoiceUpdateInput
    list_display = ("number", "customer_name", "state", TOTAL, "due", "issue_date", "due_date")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        OverdueFilter,
        CurrencyFilter,
        ("issue_date", RangeDateFilter),
        ("due_date", RangeDateFilter),
    )
    search_fields = ("search_text__contains",)
    search_help_text = "Number or customer"
    searched_in_lower_case = True
    acts = ("send", "record_payment", "edit_notes", "cancel", PAPER)
    bulk_acts = ("send",)
    KNOWN: ClassVar[Any] = (
        ("customer_shown", "state"), ("issue_date", "due_date"), (SUBTOTAL, TAX), (TOTAL, PAID), ("due", "taxes"),
        "notes",
    )  # fmt: skip
    TIMES: ClassVar[Any] = (("created_at", "created_by"), ("sent_at", "paid_at"), ("cancelled_at", "cancel_reason"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.defer("search_text", "number_key")

    # forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": DraftForm if change else NewInvoiceForm})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": (("customer_id", "due_date"), "currency", "notes")}),)
        return ((None, {"fields": self.KNOWN}), ("Times (UTC)", {"fields": self.TIMES, "classes": ["collapse"]}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = (*self.KNOWN[:-1], *self.TIMES) if obj else ()
        return tuple(field for line in shown for field in line if field != "due_date")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            return (Lines,)
        lines = Lines if self.has_change_permission(request, obj) else ShownLines
        return (lines, Payments, Papers) if obj.sent_at else (lines, Payments)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        fixed = isinstance(obj, Invoice) and obj.status != InvoiceStatus.DRAFT
        return not fixed and super().has_change_permission(request, obj)

    # saving

    def add(self, values: dict[str, Any], actor: Actor) -> UUID:
        return invoices.create_invoice(**values, actor=actor)

    def change(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        invoices.update_invoice(invoice_id=pk, values=values, actor=actor)

    def save_changed(self, form: Any, formsets: Any, actor: Actor) -> None:
        with verb(actor, "update"):
            super().save_changed(form, (), actor)
            for formset in formsets:
                if isinstance(formset, LineFormSet):
                    self._save_lines(form.instance.pk, formset, actor)

    @staticmethod
    def _save_lines(pk: UUID, formset: LineFormSet, actor: Actor) -> None:
        """One verb a line. What is refused names the line as the form counts it."""
        for line in formset.deleted_forms:
            if line.instance.pk and not line.instance._state.adding:
                invoices.delete_line(invoice_id=pk, line_id=line.instance.pk, actor=actor)
        for n, line in enumerate(formset.kept()):
            if not line.has_changed():
                continue
            try:
                if line in formset.initial_forms:
                    values = LineInput.parse(line.body(partial=True), partial=True)
                    invoices.update_line(invoice_id=pk, line_id=line.instance.pk, values=values, actor=actor)
                else:
                    new: Any = LineInput.parse(formset.part(line))
                    invoices.add_line(invoice_id=pk, values=new, actor=actor)
            except REFUSALS as exc:
                raise formset.at(n, refusal_of(exc)) from exc

    # columns

    @admin.display(description="customer", ordering="customer_name")
    def customer_shown(self, invoice: Invoice) -> Any:
        screen: Any = self.admin_site.get_model_admin(Customer)
        page = screen.page_at(invoice.customer_id)
        return format_html('<a class="text-link" href="{}">{}</a>', page, invoice.customer_name)

    @admin.display(description="status", ordering="status")
    def state(self, invoice: Any) -> SafeString:
        if invoice.is_overdue:
            return label("overdue", {"overdue": "danger"}, text="overdue")
        return label(invoice.status, COLOURS, text=invoice.status)

    @admin.display(description="due")
    def due(self, invoice: Invoice) -> Any:
        return shown_money(amount_due(invoice.status, invoice.total, invoice.amount_paid), invoice.currency)

    @admin.display(description="tax by rate")
    def taxes(self, invoice: Invoice) -> Any:
        rows = ((row["rate"], shown_money(row["tax"], invoice.currency)) for row in invoice.tax_breakdown)
        return format_html_join("; ", "{} %: {}", rows) or EMPTY

    # acts

    @act("Send", when=can("send"), icon="send", variant=ActionVariant.PRIMARY,
         question="From then on only the notes can be changed.")  # fmt: skip
    def send(self, request: HttpRequest, invoice: Invoice, form: ActForm) -> str:
        invoices.send_invoice(invoice_id=invoice.pk, actor=self.actor(request))
        return f"{invoice.number} is sent."

    @act("Record payment", form=PaymentForm, when=can("record_payment"), icon="payments", variant=ActionVariant.PRIMARY)
    def record_payment(self, request: HttpRequest, invoice: Invoice, form: PaymentForm) -> str:
        values = PaymentInput.parse(form.body())
        recorded = payments.record_payment(invoice_id=invoice.pk, **values, actor=self.actor(request))
        if not recorded.amount_due:
            return f"The payment is recorded; {invoice.number} is paid."
        return f"The payment is recorded; {format_money(recorded.amount_due, invoice.currency)} is still due."

    @act("Notes", form=NotesForm, when=lambda invoice: invoice.status != InvoiceStatus.DRAFT, icon="edit_note")
    def edit_notes(self, request: HttpRequest, invoice: Invoice, form: NotesForm) -> str:
        values = InvoiceUpdateInput.parse({"notes": form.cleaned_data["notes"] or None}, partial=True)
        invoices.update_invoice(invoice_id=invoice.pk, values=values, actor=self.actor(request))
        return "The notes are saved."

    pdf_en, pdf_uk, pdf_de = paper("en"), paper("uk"), paper("de")

    @act("Cancel", form=ReasonForm, when=can("cancel"), icon="cancel", variant=ActionVariant.DANGER,
         question="A cancelled invoice stays on record, and cannot be taken up again.")  # fmt: skip
    def cancel(self, request: HttpRequest, invoice: Invoice, form: ReasonForm) -> str:
        values = CancelInput.parse(form.body())
        invoices.cancel_invoice(invoice_id=invoice.pk, **values, actor=self.actor(request))
        return f"{invoice.number} is cancelled."
