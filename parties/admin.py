"""The screens of parties, one for each kind, and of countries."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from parties import services
from parties.choices import PartyKind, PartyStatus
from parties.duplicates import possible_duplicates
from parties.models import COUNTRY_SEARCH, Address, Country, Customer, Employee, Partner, Party, Supplier
from parties.serializers import (
    CountryCreateInputSerializer,
    CountryInputSerializer,
    CustomerInputSerializer,
    EmployeeCreateInputSerializer,
    EmployeeInputSerializer,
    PartyCreateInputSerializer,
    PartyInputSerializer,
)
from parties.spreadsheets import party_table
from skeleton.importexport.import_admin import ImportableAdmin
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import Label, format_text, in_zone
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.columns import active_column, format_money_html, money_column, status_column
from skeleton.office.filters import CurrencyFilter
from skeleton.office.forms import ActionForm, AutocompleteField, CurrencyField, KeyValueField, RecordForm
from skeleton.office.numbers import AmountField
from skeleton.office.records import ChildListFormSet, RecordAdmin, StackedChildListInline
from skeleton.rest.serializers import InputSerializer

STATUS = status_column(
    "status",
    {PartyStatus.ACTIVE: "success", PartyStatus.INACTIVE: "warning", PartyStatus.BLACKLISTED: "danger"},
)
PURCHASES = money_column("total_purchases", _("purchases"))

# --- parties ----------------------------------------------------------------------------------------------------------


class AddressForm(RecordForm):
    country = AutocompleteField(Country.objects.all(), screen="parties.country", required=False, label=_("Country"))

    class Meta:
        model = Address
        fields = ("type", "street", "city", "region", "postal_code", "country")


class AddressFormSet(ChildListFormSet):
    name = "addresses"


class AddressInline(StackedChildListInline):
    model = Address
    form = AddressForm
    formset = AddressFormSet
    ordering = ("pk",)
    fields: ClassVar[Any] = (("type", "country"), ("street", "city"), ("region", "postal_code"))

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


class PartyForm(RecordForm):
    social_media = KeyValueField(
        required=False, help_text=_("One a line, such as facebook: https://facebook.com/us"), label=_("Social media")
    )

    class Meta:
        model = Party
        fields: tuple[str, ...] = ("name", "email", "phone", "tax_id", "website", "social_media")


_REASONS: dict[str, Text] = {
    "email": _("same e-mail"),
    "tax_id": _("same tax id"),
    "vat_id": _("same VAT id"),
    "phone": _("same phone"),
    "name": _("same name"),
}


def _alike(because: list[str]) -> str:
    return ", ".join(str(_REASONS[reason]) for reason in because)


class PartyAdmin(ImportableAdmin):
    """Base class of the screens of the four kinds."""

    kind: ClassVar[PartyKind]
    resources: ClassVar[Any] = ("parties",)
    form = PartyForm
    create_input: ClassVar[type[InputSerializer]] = PartyCreateInputSerializer
    update_input: ClassVar[type[InputSerializer]] = PartyInputSerializer
    inlines = (AddressInline,)
    list_display: ClassVar[Any] = ("name", "email", "phone", STATUS, "created_at")
    list_filter: ClassVar[Any] = (("status", ChoicesDropdownFilter),)
    search_fields = ("search_text",)
    search_help_text = _("Name, e-mail, tax id or phone")
    record_actions = bulk_actions = ("activate", "deactivate", "blacklist")
    readonly_fields: ClassVar[Any] = (STATUS, "created_at", "updated_at")
    own_fields: ClassVar[tuple[Any, ...]] = ()
    known_fields: ClassVar[tuple[Any, ...]] = (STATUS,)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        basics = (("name", "email"), ("phone", "tax_id"), *self.own_fields, "website", "social_media")
        known = (*self.known_fields, ("created_at", "updated_at"))
        return (
            (None, {"fields": basics}),
            *(((in_zone(_("Status and times ({zone})")), {"fields": known}),) if obj else ()),
        )

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return services.create_party(kind=self.kind, values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        services.update_party(kind=self.kind, pk=pk, values=values, actor=actor)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Name the parties that may be the same as the new one, with links to them."""
        found = possible_duplicates(kind=self.kind, party_id=obj.pk, actor=self.actor(request))
        if found:
            rows = [(self.change_url_by_pk(one.id), one.name, _alike(one.because)) for one in found]
            links = format_html_join(", ", '<a class="underline" href="{}">{}</a> ({})', rows)
            messages.warning(request, format_html("{} {}", _("This may be a duplicate of:"), links))
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return answer

    def _become(self, request: HttpRequest, party: Party, action: str) -> Text:
        services.change_status(kind=self.kind, pk=party.pk, action=action, actor=self.actor(request))
        status = services.ACTIONS[action]
        return format_text(_("{number} is {status}."), number=party.name, status=Label(status.label))

    @admin_action(
        _("Activate"),
        shown_if=lambda party: party.status != PartyStatus.ACTIVE,
        icon="check_circle",
        question=_("New orders, invoices and contracts can be made for it again."),
    )
    def activate(self, request: HttpRequest, party: Party, form: ActionForm) -> Text:
        return self._become(request, party, "activate")

    @admin_action(
        _("Deactivate"),
        shown_if=lambda party: party.status != PartyStatus.INACTIVE,
        icon="pause_circle",
        question=_("No new order, invoice or contract can be made for it."),
    )
    def deactivate(self, request: HttpRequest, party: Party, form: ActionForm) -> Text:
        return self._become(request, party, "deactivate")

    @admin_action(
        _("Blacklist"),
        shown_if=lambda party: party.status != PartyStatus.BLACKLISTED,
        icon="block",
        variant=ActionVariant.DANGER,
        question=_("No new order, invoice or contract can be made for it."),
    )
    def blacklist(self, request: HttpRequest, party: Party, form: ActionForm) -> Text:
        return self._become(request, party, "blacklist")


_INVOICING_HINTS: dict[str, Text] = {
    "buyer_reference": _("What invoices name, such as a Leitweg-ID."),
    "language": _("Leave empty for the language of the user who sends a document."),
    "payment_days": _("Leave empty for the company's."),
    "e_invoice": "",
    "electronic_address_scheme": _("Code of the EAS list, such as 0204, 9930 or EM."),
}


class CustomerForm(PartyForm):
    money = {"credit_limit": "currency"}
    credit_limit = AmountField(required=False, help_text=_("Leave empty for no limit."), label=_("Credit limit"))
    currency = CurrencyField(help_text=_("Defaults to the company's currency."), label=_("Currency"))

    class Meta(PartyForm.Meta):
        fields = (
            *(*PartyForm.Meta.fields, "credit_limit", "currency", "vat_id", "buyer_reference", "language"),
            *("payment_days", "e_invoice", "electronic_address_scheme", "electronic_address_id"),
        )

    aliases = {f"electronic_address.{part}": f"electronic_address_{part}" for part in ("scheme", "id")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.credit_limit:
            self.initial["credit_limit"] = None  # 0 is no limit
        for name, hint in _INVOICING_HINTS.items():
            if name in self.fields:  # not where the record can only be read
                self.fields[name].required, self.fields[name].help_text = False, hint

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        names = {part: f"electronic_address_{part}" for part in ("scheme", "id")}
        for name in names.values():
            body.pop(name, None)
        if "e_invoice" in body:
            body["e_invoice"] = body["e_invoice"] or None
        if any(name in self.changed_data for name in names.values()):
            typed = {part: self.cleaned_data.get(name) for part, name in names.items() if self.cleaned_data.get(name)}
            body["electronic_address"] = typed or None
        return body


@admin.register(Customer)
class CustomerAdmin(PartyAdmin):
    kind = PartyKind.CUSTOMER
    resources = ("customers", "parties")
    table = party_table(kind)
    form = CustomerForm
    create_input = update_input = CustomerInputSerializer
    own_fields = (("credit_limit", "currency"),)
    invoicing_fields: ClassVar[Any] = (
        ("vat_id", "buyer_reference"),
        ("payment_days", "language"),
        ("e_invoice",),
        ("electronic_address_scheme", "electronic_address_id"),
    )
    list_display = (
        "name",
        "email",
        "phone",
        STATUS,
        "limit_money",
        PURCHASES,
        "created_at",
    )
    list_filter = (*PartyAdmin.list_filter, CurrencyFilter)
    known_fields = ((STATUS, PURCHASES),)
    readonly_fields = (*PartyAdmin.readonly_fields, PURCHASES)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        basics, *known = super().get_fieldsets(request, obj)
        return (basics, (_("Invoices"), {"fields": self.invoicing_fields}), *known)

    def get_autocomplete_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.get_queryset(request).filter(status=PartyStatus.ACTIVE)

    @admin.display(description=_("credit limit"), ordering="credit_limit")
    def limit_money(self, customer: Customer) -> Any:
        if not customer.credit_limit:
            return pgettext("credit limit", "none")
        return format_money_html(customer.credit_limit, customer.currency)


@admin.register(Supplier)
class SupplierAdmin(PartyAdmin):
    kind = PartyKind.SUPPLIER
    audit_resource_name = "suppliers"
    table = party_table(kind)


@admin.register(Partner)
class PartnerAdmin(PartyAdmin):
    kind = PartyKind.PARTNER
    audit_resource_name = "partners"
    table = party_table(kind)


class EmployeeForm(PartyForm):
    class Meta(PartyForm.Meta):
        fields = (*PartyForm.Meta.fields, "position")


@admin.register(Employee)
class EmployeeAdmin(PartyAdmin):
    kind = PartyKind.EMPLOYEE
    audit_resource_name = "employees"
    table = party_table(kind)
    form = EmployeeForm
    create_input, update_input = EmployeeCreateInputSerializer, EmployeeInputSerializer
    own_fields = ("position",)
    list_display = ("name", "position", "email", "phone", STATUS, "created_at")


# --- countries --------------------------------------------------------------------------------------------------------


class CountryForm(RecordForm):
    name = KeyValueField(
        label=_("Names"),
        initial={"en": ""},
        help_text=_("One a line, by language, such as en: Ukraine. English is needed."),
    )
    currency_code = CurrencyField(label=_("Currency code"))

    class Meta:
        model = Country
        fields = ("code", "alpha3", "numeric_code", "name", "phone_code", "currency_code", "region", "flag_emoji")

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        """Replace null by an empty string: for countries, null means unchanged and an empty string clears."""
        return {name: "" if value is None else value for name, value in super().request_body(partial=partial).items()}


@admin.register(Country)
class CountryAdmin(RecordAdmin):
    resources = ("countries",)
    export_fields = "__all__"
    form = CountryForm
    create_input, update_input = CountryCreateInputSerializer, CountryInputSerializer
    list_display = ("code", "english_name", "alpha3", "phone_code", "currency_code", "region", active_column())
    list_filter = ("is_active", "region")
    search_fields = COUNTRY_SEARCH
    ordering = ("code",)
    list_per_page = 100
    record_actions = bulk_actions = ("activate", "deactivate")
    fields = (("code", "alpha3"), ("numeric_code", "phone_code"), "name", ("currency_code", "region"), "flag_emoji")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code",) if obj else ()

    def get_autocomplete_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.get_queryset(request).filter(is_active=True)

    @admin.display(description=_("name"))
    def english_name(self, country: Country) -> str:
        return str(country)

    @admin_action(
        _("Activate"),
        shown_if=lambda country: not country.is_active,
        icon="check_circle",
        question=_("It is offered again."),
    )
    def activate(self, request: HttpRequest, country: Country, form: ActionForm) -> Text:
        services.set_country_active(pk=country.pk, active=True, actor=self.actor(request))
        return format_text(_("{country} is active now."), country=country)

    @admin_action(
        _("Deactivate"),
        shown_if=lambda country: country.is_active,
        icon="block",
        question=_("It will no longer be offered."),
    )
    def deactivate(self, request: HttpRequest, country: Country, form: ActionForm) -> Text:
        services.set_country_active(pk=country.pk, active=False, actor=self.actor(request))
        return format_text(_("{country} is inactive now."), country=country)
