"""The screen of the company's record."""

from base64 import b64encode
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from skeleton.company.models import Company, CompanyBankAccount
from skeleton.company.queries import first_values
from skeleton.company.serializers import CompanyInputSerializer
from skeleton.company.services import LOGO_TYPES, update_company, upload_logo
from skeleton.kernel.actors import Actor
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.actions import admin_action
from skeleton.office.columns import EMPTY
from skeleton.office.forms import ActionForm, CurrencyField, RecordForm, small_textarea
from skeleton.office.records import ChildListFormSet, SingleRecordAdmin, StackedChildListInline

WRITERS = ("accounting:write",)


class BankAccountForm(RecordForm):
    currency = CurrencyField(label=_("Currency"), help_text=_("Invoices in this currency name this account."))

    class Meta:
        model = CompanyBankAccount
        fields = ("bank", "iban", "bic", "name", "currency", "is_default")


class BankAccountFormSet(ChildListFormSet):
    name = "bank_accounts"


class BankAccountInline(StackedChildListInline):
    model = CompanyBankAccount
    form = BankAccountForm
    formset = BankAccountFormSet
    ordering = ("pk",)
    fields: ClassVar[Any] = (("bank", "iban"), ("bic", "name"), ("currency", "is_default"))


class CompanyForm(RecordForm):
    aliases = {
        "electronic_address": "electronic_address_id",
        "electronic_address.scheme": "electronic_address_scheme",
        "electronic_address.id": "electronic_address_id",
    }
    currency = CurrencyField(label=_("Currency"), help_text=_("The default for new customers."))
    fiscal_year_start = forms.TypedChoiceField(
        coerce=int,
        initial=1,
        choices=MONTHS.items(),
        widget=widgets.UnfoldAdminSelectWidget,
        label=_("First month of the fiscal year"),
    )

    class Meta:
        model = Company
        fields = (
            *("legal_name", "trade_name", "street", "postal_code", "city", "region", "country"),
            *("vat_id", "tax_number", "registration_number", "contact_name", "phone", "email", "website"),
            *("currency", "payment_days", "fiscal_year_start", "invoice_footer"),
            *("electronic_address_scheme", "electronic_address_id"),
        )
        widgets = {"invoice_footer": small_textarea()}
        help_texts = {
            "legal_name": _("As registered."),
            "trade_name": _("Shown above the legal name on documents."),
            "country": _("Code of two letters, such as DE. Once it is set, invoices need a complete record."),
            "vat_id": _("With the country's prefix, such as DE136695976."),
            "payment_days": _("For invoices without a due date."),
            "electronic_address_scheme": _("Code of the EAS list, such as 9930. EM is an e-mail address."),
            "electronic_address_id": _("Where e-invoices reach the company."),
        }

    def request_body(self, *, partial: bool) -> Values:
        """Return the body with the electronic address as an object."""
        body = super().request_body(partial=partial)
        named = {name: body.pop(f"electronic_address_{name}", ...) for name in ("scheme", "id")}
        parts = {name: value or None for name, value in named.items() if value is not ...}
        if parts:
            entered = {name: self.cleaned_data[f"electronic_address_{name}"] or None for name in ("scheme", "id")}
            body["electronic_address"] = parts if any(entered.values()) else None
        return body


class LogoForm(ActionForm):
    logo_file_id = forms.FileField(
        help_text=_("PNG or JPEG, 500 kB at most."),
        widget=widgets.UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(LOGO_TYPES)}),
        label=_("Picture"),
    )


@admin.register(Company)
class CompanyAdmin(SingleRecordAdmin):
    """Everybody sees the company, as in the API."""

    resources = ("accounting",)
    audit_resource_name = "company"
    export_fields = "__all__"
    form = CompanyForm
    create_input = update_input = CompanyInputSerializer
    inlines = (BankAccountInline,)
    record_actions = ("upload_logo", "remove_logo")
    readonly_fields = ("logo_shown", "time_zone")
    fieldsets = (
        (None, {"fields": (("legal_name", "trade_name"), "logo_shown")}),
        (_("Address"), {"fields": ("street", ("postal_code", "city"), ("region", "country"))}),
        (_("Numbers"), {"fields": (("vat_id", "tax_number"), "registration_number")}),
        (_("Contact"), {"fields": (("contact_name", "phone"), ("email", "website"))}),
        (
            _("Documents"),
            {"fields": (("currency", "payment_days"), ("fiscal_year_start", "time_zone"), "invoice_footer")},
        ),
        (_("E-invoices"), {"fields": (("electronic_address_scheme", "electronic_address_id"),)}),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.actor_of(request) is not None

    def create_record(self, values: Values, actor: Actor) -> UUID:
        update_company(values=values, actor=actor)
        return Company.objects.get().pk

    def update_record(self, pk: UUID, values: Values, actor: Actor) -> None:
        update_company(values=values, actor=actor)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the initial data of the first form: the environment's values."""
        values, _accounts = first_values()
        return values

    @admin.display(description=_("logo"))
    def logo_shown(self, company: Company) -> Any:
        if company.logo is None or company.logo_file is None:
            return EMPTY
        content = b64encode(bytes(company.logo.content)).decode()
        address = f"data:{company.logo_file.mime_type};base64,{content}"
        return format_html('<img src="{}" alt="{}" style="max-height: 4rem">', address, company.logo_file.name)

    @admin_action(
        _("Upload logo"),
        form=LogoForm,
        permissions=WRITERS,
        icon="add_photo_alternate",
        question=_("Documents show it at the top, at most 16 mm high. Sent documents keep the logo that they have."),
    )
    def upload_logo(self, request: HttpRequest, company: Company, form: LogoForm) -> Text:
        picture = form.cleaned_data["logo_file_id"]
        upload_logo(content=picture.read(), name=picture.name, actor=self.actor(request))
        return _("The logo is set.")

    @admin_action(
        _("Remove logo"),
        shown_if=lambda company: company.logo_file_id is not None,
        permissions=WRITERS,
        icon="hide_image",
        question=_("New documents show no logo. Sent documents keep theirs."),
    )
    def remove_logo(self, request: HttpRequest, company: Company, form: ActionForm) -> Text:
        update_company(values={"logo_file_id": None}, actor=self.actor(request))
        return _("The logo is removed.")
