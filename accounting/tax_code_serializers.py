"""Serializers of tax codes. Rates are in percent."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.fields import empty

from accounting.choices import TaxCategory
from accounting.serializers import AccountField
from parties.fields import CodeField, NamesField
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    JsonObjectField,
    NumberField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer


@mark_stateless
class ReasonField(NamesField):
    """A text by language (`en`, `de`, …), or null. English is required."""

    longest = 1000

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(data) or None


class TaxCodeSerializer(Serializer):
    id = UUIDField()
    code = TextField()
    name = JsonObjectField(texts=True, help_text="The name by language; `en` is always present.")
    category = ChoiceField(choices=TaxCategory.choices, help_text="As in EN 16931. S has a rate over 0, the others 0.")
    rate = NumberField(places=4, help_text="Percent.")
    exemption_code = TextField(allow_null=True, help_text="A code of the VATEX list, such as `VATEX-EU-AE`.")
    exemption_reason = JsonObjectField(
        texts=True, allow_null=True, help_text="Why no tax is charged, by language, as documents say it."
    )
    account_id = UUIDField(allow_null=True, help_text="The account of its tax. Null means the account of the settings.")
    valid_from = DateField(allow_null=True, help_text="The first day of supply for which it can be used.")
    valid_to = DateField(allow_null=True, help_text="The last day of supply for which it can be used.")
    is_active = BooleanField()
    created_at = DateTimeField()
    updated_at = DateTimeField()


class TaxCodeInputSerializer(InputSerializer):
    """A tax code. Once a document uses it, its category, rate, exemption and account can't be changed."""

    output_serializer_class = TaxCodeSerializer
    code = CodeField(
        r"[A-Z0-9][A-Z0-9.-]{0,19}",
        _("Must be up to 20 letters, digits, dots and hyphens."),
        help_text="Up to 20 letters, digits, dots and hyphens. Converted to upper case.",
    )
    name = NamesField(help_text="The name by language. English (`en`) is required.")
    category = ChoiceField(choices=TaxCategory.choices)
    rate = NumberField(places=4, at_least=0, at_most=100, required=False, help_text="Percent. Required for category S.")
    exemption_code = CodeField(
        r"VATEX-[A-Z0-9-]{1,24}",
        _("Must be a code of the VATEX list, such as VATEX-EU-AE."),
        required=False,
        allow_null=True,
    )
    exemption_reason = ReasonField(
        required=False, allow_null=True, help_text="Why no tax is charged: needed in categories E, AE, K, G and O."
    )
    account_id = AccountField(source="account", required=False, allow_null=True)
    valid_from = DateField(required=False, allow_null=True)
    valid_to = DateField(required=False, allow_null=True)
    is_active = BooleanField(required=False)
