"""Shared parts of the order and invoice screens. Drafts are edited with their lines, the rest is read-only."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounting.form_fields import Choices, TaxCodeField, TaxedForm, tax_code_choices
from billing.models import IssuedDocument
from billing.models.documents import Document, DocumentLine
from billing.services.documents import PdfFile
from parties.models import Customer
from skeleton.identity.choices import Language
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import local_number
from skeleton.kernel.transactions import audited_transaction
from skeleton.kernel.units import DEFAULT_UNIT, unit_name
from skeleton.office.actions import download
from skeleton.office.admins import ReadOnlyInline
from skeleton.office.columns import EMPTY, format_money_html, money_column
from skeleton.office.form_errors import EXPECTED_ERRORS, domain_error_of
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField, RecordForm, small_textarea
from skeleton.office.numbers import AmountField, LocalizedDecimalField
from skeleton.office.records import ChildListFormSet, RecordAdmin, TabularChildListInline
from skeleton.rest.http import PdfResponse
from skeleton.rest.serializers import InputSerializer

SUBTOTAL, TAX, TOTAL = (
    money_column("subtotal", _("subtotal")),
    money_column("tax_total", _("tax")),
    money_column("total", _("total")),
)


# --- lines ------------------------------------------------------------------------------------------------------------


class PricedLineForm(TaxedForm):
    """The form of a line of either kind.

    An empty discount is 0. An empty number of units is the item's in a new line, and 1 without an item.
    """

    price_base_quantity = LocalizedDecimalField(
        required=False,
        max_digits=15,
        decimal_places=3,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"placeholder": _("the item's, else 1")}),
        label=_("Price for"),
    )
    discount = AmountField(required=False, label=_("Discount"))
    tax_code = TaxCodeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.update(price_base_quantity=None)

    def _post_clean(self) -> None:
        """Leave the instance alone: an empty price means the item's, but no row may be without a price."""

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        empty: dict[str, Any] = {"discount": 0}
        if partial:
            empty |= {"price_base_quantity": 1, "unit_code": DEFAULT_UNIT}
        return {name: empty.get(name) if value is None else value for name, value in body.items()}


class LineFormSet(ChildListFormSet):
    """The lines of a draft. Amounts are parsed in its currency."""

    name = "lines"

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        return self._in_currency(super()._construct_form(i, **kwargs))  # type: ignore[misc]

    def _in_currency(self, form: Any) -> Any:
        for field in form.fields.values():
            if isinstance(field, AmountField):
                field.currency = self.currency
            elif isinstance(field, TaxCodeField):
                field.choices = self.tax_codes
        return form

    @cached_property
    def tax_codes(self) -> Choices:
        """Return the tax codes to choose from, read once for all lines."""
        present = self.instance.lines.values_list("tax_code", flat=True) if self.instance.pk else ()
        return tax_code_choices(found for found in present if found)

    @property
    def currency(self) -> str:
        """Return the document's currency; for a new one, the selected currency, else the customer's."""
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


class LineInline(TabularChildListInline):
    """The lines of a draft."""

    formset = LineFormSet
    ordering = ("position",)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


class ReadOnlyLineInline(ReadOnlyInline):
    """The lines of a document that is no longer a draft. `document` is the name of their foreign key to it."""

    document: ClassVar[str]
    verbose_name_plural = _("lines")
    ordering = ("position",)
    fields: ClassVar[Any] = ("item_number", "description", "amount", "price", "reduction", "rate", "sum")
    readonly_fields: ClassVar[Any] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related(self.document, "tax_code")
        return rows

    def _money(self, amount: int, line: DocumentLine) -> Any:
        return format_money_html(amount, getattr(line, self.document).currency)

    @admin.display(description=_("quantity"))
    def amount(self, line: DocumentLine) -> str:
        if line.quantity is None:
            return EMPTY
        unit = "" if line.unit_code == DEFAULT_UNIT else f" {unit_name(line.unit_code)}"
        return f"{local_number(line.quantity)}{unit}"

    @admin.display(description=_("tax rate"))
    def rate(self, line: DocumentLine) -> str:
        code = f" ({line.tax_code})" if line.tax_code else ""
        return f"{local_number(line.tax_rate)} %{code}"

    @admin.display(description=_("unit price"))
    def price(self, line: DocumentLine) -> Any:
        price = self._money(line.unit_price, line)
        base = line.price_base_quantity
        return price if base == 1 else format_html("{} / {}", price, local_number(base))

    @admin.display(description=_("discount"))
    def reduction(self, line: DocumentLine) -> Any:
        return self._money(line.discount, line) if line.discount else EMPTY

    @admin.display(description=_("total"))
    def sum(self, line: DocumentLine) -> Any:
        return self._money(line.total, line)


class IssuedDocumentInline(ReadOnlyInline):
    """The issued PDFs of a sent invoice. A PDF is genuine if its SHA-256 is listed here."""

    model = IssuedDocument
    verbose_name_plural = _("PDF handed out")
    ordering = ("pk",)
    fields = readonly_fields = ("created_at", "language", "checksum")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IssuedDocument]:
        rows: QuerySet[IssuedDocument] = super().get_queryset(request).defer("pdf")
        return rows


# --- forms ------------------------------------------------------------------------------------------------------------


class NewDocumentForm(RecordForm):
    """The form of a new document of either kind. Empty fields are omitted."""

    customer_id = AutocompleteField(Customer.objects.all(), screen="parties.customer", label=_("Customer"))
    currency = CurrencyField(help_text=_("Empty is the customer's."), label=_("Currency"))

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        return {name: value for name, value in super().request_body(partial=partial).items() if value is not None}


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, widget=small_textarea(), label=_("Reason"))


# --- paper ------------------------------------------------------------------------------------------------------------

PDF_MENU: dict[str, Any] = {
    "title": _("PDF"),
    "icon": "picture_as_pdf",
    "items": [f"pdf_{language}" for language in Language],
}
"""The actions created by `pdf_downloads`, as one menu."""


def pdf_downloads(needs: str, written: Callable[..., PdfFile], argument: str) -> Iterator[Any]:
    """Create a PDF download action for each language. `written` is the service, `argument` its parameter for the id."""

    def of(language: Language) -> Any:
        def make(screen: Any, request: HttpRequest, document: Document) -> PdfResponse:
            made = written(**{argument: document.pk}, language=language.value, actor=screen.actor(request))
            return PdfResponse(made.name, made.pdf)

        make.__name__ = f"pdf_{language}"
        return download(language.label, permissions=(needs,))(make)

    return map(of, Language)


# --- the screen -------------------------------------------------------------------------------------------------------


class DocumentAdminBase(RecordAdmin):
    """A document with lines. Each changed line is a service call, in one transaction with the rest."""

    line_input: ClassVar[type[InputSerializer]]
    search_fields = ("search_text",)
    search_help_text = _("Number or customer")

    def add_line(self, pk: UUID, values: Any, actor: Actor) -> None:
        """Add a line to the draft."""
        raise NotImplementedError

    def update_line(self, pk: UUID, line_id: UUID, values: dict[str, Any], actor: Actor) -> None:
        """Change a line of the draft."""
        raise NotImplementedError

    def delete_line(self, pk: UUID, line_id: UUID, actor: Actor) -> None:
        """Delete a line of the draft."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_text", "number_key")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        fixed = isinstance(obj, Document) and obj.status != "draft"  # type: ignore[attr-defined]
        return not fixed and super().has_change_permission(request, obj)

    def update_from_form(self, form: Any, formsets: Any, actor: Actor) -> None:
        with audited_transaction(actor, "update"):
            super().update_from_form(form, (), actor)
            for formset in formsets:
                if isinstance(formset, LineFormSet):
                    self._save_lines(form.instance.pk, formset, actor)

    def _save_lines(self, pk: UUID, formset: LineFormSet, actor: Actor) -> None:
        """Call one service for each changed line. Errors refer to the line by its index in the form."""
        for line in formset.deleted_forms:
            if line.instance.pk and not line.instance._state.adding:
                self.delete_line(pk, line.instance.pk, actor)
        for n, line in enumerate(formset.remaining_forms()):
            if not line.has_changed():
                continue
            try:
                if line in formset.initial_forms:
                    values = self.line_input.parse(line.request_body(partial=True), partial=True)
                    self.update_line(pk, line.instance.pk, values, actor)
                else:
                    self.add_line(pk, self.line_input.parse(formset.form_body(line)), actor)
            except EXPECTED_ERRORS as exc:
                raise formset.error_at(n, domain_error_of(exc)) from exc

    @admin.display(description=_("customer"), ordering="customer_name")
    def customer_shown(self, document: Any) -> Any:
        screen: Any = self.admin_site.get_model_admin(Customer)
        page = screen.change_url_by_pk(document.customer_id)
        return format_html('<a class="text-link" href="{}">{}</a>', page, document.customer_name)

    @admin.display(description=_("tax by rate"))
    def taxes(self, document: Any) -> Any:
        rows = (
            (local_number(Decimal(str(row["rate"]))), format_money_html(row["tax"], document.currency))
            for row in document.tax_breakdown
        )
        return format_html_join("; ", "{} %: {}", rows) or EMPTY
