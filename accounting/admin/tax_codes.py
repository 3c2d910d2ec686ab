"""The screen of tax codes."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounting.models import Account
from accounting.services.tax_codes import create_tax_code, update_tax_code
from accounting.tax_code_models import TaxCode
from accounting.tax_code_serializers import TaxCodeInputSerializer
from skeleton.kernel.actors import Actor
from skeleton.kernel.text import local_number, text_in_language
from skeleton.office.columns import active_column
from skeleton.office.forms import AutocompleteField, KeyValueField, RecordForm
from skeleton.office.records import RecordAdmin


class TaxCodeForm(RecordForm):
    name = KeyValueField(
        label=_("Names"),
        initial={"en": ""},
        help_text=_("One a line, by language, such as en: VAT 19 %. English is needed."),
    )
    exemption_reason = KeyValueField(
        required=False,
        label=_("Exemption reason"),
        help_text=_("One a line, by language: why no tax is charged. Needed in the categories E, AE, K, G and O."),
    )
    account_id = AutocompleteField(
        Account.objects.all(),
        screen="accounting.account",
        required=False,
        label=_("Account"),
        help_text=_("Leave empty for the account of taxes."),
    )

    class Meta:
        model = TaxCode
        fields = (
            "code",
            "name",
            "category",
            "rate",
            "exemption_code",
            "exemption_reason",
            "valid_from",
            "valid_to",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["account_id"] = self.instance.account_id

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        if "exemption_reason" in body:
            body["exemption_reason"] = body["exemption_reason"] or None
        return body


@admin.register(TaxCode)
class TaxCodeAdmin(RecordAdmin):
    resources = ("accounting",)
    export_fields = "__all__"
    form = TaxCodeForm
    create_input = update_input = TaxCodeInputSerializer
    list_display = ("code", "name_shown", "category", "rate_shown", "valid_from", "valid_to", active_column())
    list_filter = (("category", ChoicesDropdownFilter), "is_active")
    search_fields = ("code", "name")
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": (("code", "is_active"), "name", ("category", "rate"), "account_id")}),
        (_("Exemption"), {"fields": ("exemption_code", "exemption_reason")}),
        (_("Validity"), {"fields": (("valid_from", "valid_to"),)}),
    )

    def create_record(self, values: dict[str, Any], actor: Actor) -> UUID:
        return create_tax_code(values=values, actor=actor)

    def update_record(self, pk: UUID, values: dict[str, Any], actor: Actor) -> None:
        update_tax_code(tax_code_id=pk, values=values, actor=actor)

    @admin.display(description=_("name"))
    def name_shown(self, code: TaxCode) -> str:
        return text_in_language(code.name)

    @admin.display(description=_("rate"), ordering="rate")
    def rate_shown(self, code: TaxCode) -> str:
        return f"{local_number(code.rate)} %"
