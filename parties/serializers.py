"""Serializers of parties and countries."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from parties.choices import AddressType, EInvoiceProfile, PartyStatus
from parties.duplicates import MOST
from parties.fields import (
    CodeField,
    CountryField,
    NamesField,
    TextsField,
)
from parties.models import PAYMENT_DAYS_MAX
from parties.queries import addresses_of_one
from skeleton.identity.choices import Language
from skeleton.rest.computed_fields import Children, FromColumns, FromFields
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateTimeField,
    EmailField,
    IntegerField,
    JsonObjectField,
    ListField,
    MoneyField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.identifiers import (
    ElectronicAddressInputSerializer,
    ElectronicAddressSerializer,
    PhoneField,
    SchemeField,
    VatIdField,
    WebsiteField,
)
from skeleton.rest.serializers import InputSerializer, Serializer

ADDRESSES_MAX = 50

# --- countries --------------------------------------------------------------------------------------------------------


class CountrySerializer(Serializer):
    id = UUIDField()
    code = TextField(help_text="ISO 3166-1 alpha-2.")
    alpha3 = TextField(allow_null=True, help_text="ISO 3166-1 alpha-3.")
    numeric_code = TextField(allow_null=True, help_text="ISO 3166-1 numeric, three digits.")
    name = JsonObjectField(texts=True, help_text="The name by language; `en` is always present.")
    phone_code = TextField(allow_null=True)
    currency_code = TextField(allow_null=True, help_text="ISO 4217.")
    region = TextField(allow_null=True)
    flag_emoji = TextField(allow_null=True)
    is_active = BooleanField()
    created_at = DateTimeField()
    updated_at = DateTimeField()


class CountryInputSerializer(InputSerializer):
    """The fields of a country that can be changed. Null leaves a field unchanged; an empty string clears it."""

    output_serializer_class = CountrySerializer
    name = NamesField()
    alpha3 = CodeField("[A-Z]{3}", _("Must be three letters."), required=False, allow_null=True)
    numeric_code = CodeField("[0-9]{3}", _("Must be three digits."), required=False, allow_null=True)
    phone_code = CodeField(r"\+[0-9]{1,9}", _("Must be + and digits."), required=False, allow_null=True)
    currency_code = CurrencyField(required=False, allow_null=True)
    region = TextField(max_length=50, required=False, allow_null=True)
    flag_emoji = TextField(max_length=16, required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = self._declared_fields
            data = {name: value for name, value in data.items() if value is not None or name not in known}
        return super().to_internal_value(data)


class CountryCreateInputSerializer(CountryInputSerializer):
    code = CodeField("[A-Z]{2}", _("Must be two letters."), help_text="ISO 3166-1 alpha-2. Can't be changed later.")


# --- addresses --------------------------------------------------------------------------------------------------------


class AddressSerializer(Serializer):
    """A party's primary address, as `address` shows it."""

    street = TextField(allow_null=True)
    city = TextField(allow_null=True)
    region = TextField(allow_null=True)
    postal_code = TextField(allow_null=True)
    country = UUIDField(source="country_id", allow_null=True, help_text="The country's id.")
    country_code = TextField(source="country.code", allow_null=True, help_text="The country's alpha-2 code.")


class TypedAddressSerializer(AddressSerializer):
    """One of a party's addresses, as `addresses` shows them."""

    type = ChoiceField(choices=AddressType.choices)
    state = TextField(source="region", allow_null=True, help_text="Same as `region`.")


@mark_stateless
class AddressInputSerializer(InputSerializer):
    """An address, or the fields of it to change. `state` is an alias of `region`."""

    output_serializer_class = TypedAddressSerializer
    type = ChoiceField(choices=AddressType.choices, required=False)
    street = TextField(required=False, allow_null=True)
    city = TextField(required=False, allow_null=True)
    region = TextField(required=False, allow_null=True)
    state = TextField(required=False, allow_null=True, help_text="Alias of `region`.")
    postal_code = TextField(max_length=20, required=False, allow_null=True)
    country = CountryField(
        source="country_id", required=False, allow_null=True, help_text="The country's id, alpha-2 or alpha-3 code."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "state" in attrs:
            state = attrs.pop("state")
            if attrs.setdefault("region", state) != state:
                raise ValidationError({"state": ["Says something else than region; send one of them."]})
        return attrs


class CompleteAddressInputSerializer(AddressInputSerializer):
    """A new address of a supplier, partner or employee, with the fields that are required there."""

    street = TextField()
    city = TextField()
    country = CountryField(source="country_id", help_text="The country's id, alpha-2 or alpha-3 code.")


# --- parties ----------------------------------------------------------------------------------------------------------

_SHORT = tuple(AddressSerializer._declared_fields)


def primary(addresses: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the primary address, as `address` shows it: the first billing address, else the first of all."""
    if not addresses:
        return None
    found = next((address for address in addresses if address["type"] == AddressType.BILLING.value), addresses[0])
    return {name: found[name] for name in _SHORT}


class PartySerializer(Serializer):
    """The fields that all kinds of parties have."""

    id = UUIDField()
    name = TextField()
    email = EmailField()
    phone = TextField(allow_null=True, help_text="As entered.")
    phone_e164 = TextField(
        allow_null=True, help_text="The phone as `+`, country code and digits. Null if it doesn't tell its country."
    )
    tax_id = TextField(allow_null=True)
    website = TextField(allow_null=True)
    social_media = JsonObjectField(texts=True)
    status = ChoiceField(choices=PartyStatus.choices)
    active = FromColumns(BooleanField(), "status", compute=PartyStatus.ACTIVE.value.__eq__)
    address = FromFields(AddressSerializer(allow_null=True), "addresses", compute=primary)
    addresses = Children(TypedAddressSerializer, addresses_of_one())
    created_at = DateTimeField()
    updated_at = DateTimeField()


def electronic_address(scheme: str | None, id: str | None) -> dict[str, str | None] | None:  # noqa: A002 (as the API says)
    """Return an electronic address as the API shows it, or None if there is none."""
    return {"scheme": scheme, "id": id} if scheme else None


class CustomerSerializer(PartySerializer):
    credit_limit = MoneyField(help_text="Minor units of `currency`. 0 means no limit.")
    currency = TextField(help_text="ISO 4217.")
    total_purchases = MoneyField(
        help_text="Minor units of `currency`: the total of invoices that were sent and not cancelled."
    )
    vat_id = TextField(allow_null=True)
    buyer_reference = TextField(allow_null=True, help_text="What its invoices name, such as a Leitweg-ID.")
    electronic_address = FromColumns(
        ElectronicAddressSerializer(allow_null=True),
        "electronic_address_scheme",
        "electronic_address_id",
        compute=electronic_address,
    )
    language = ChoiceField(choices=Language.choices, allow_null=True, help_text="The language of its documents.")
    payment_days = IntegerField(allow_null=True, help_text="Days until its invoices are due. Null: the company's.")
    e_invoice = ChoiceField(choices=EInvoiceProfile.choices, help_text="The kind of e-invoice that it gets.")


class EmployeeSerializer(PartySerializer):
    position = TextField(allow_null=True)


class PossibleDuplicateSerializer(Serializer):
    """A party that may be the same as a new one."""

    id = UUIDField()
    name = TextField()
    because = ListField(
        child=ChoiceField(choices=[(name, name) for name in ("email", "tax_id", "vat_id", "phone", "name")]),
        max_length=5,
        help_text="The fields in which the two are alike.",
    )


class CreatedPartySerializer(PartySerializer):
    """A new party, and those of its kind that look like it, if there are any and the user may read them."""

    possible_duplicates = ListField(child=PossibleDuplicateSerializer(), max_length=MOST, required=False)


class CreatedCustomerSerializer(CustomerSerializer, CreatedPartySerializer):
    """A new customer, and those that look like it, if there are any and the user may read them."""


class CreatedEmployeeSerializer(EmployeeSerializer, CreatedPartySerializer):
    """A new employee, and those that look like it, if there are any and the user may read them."""


class PartyInputSerializer(InputSerializer):
    """The fields of a party that can be changed."""

    output_serializer_class = PartySerializer
    complete_address: ClassVar[bool] = False
    """Whether a new party must have an address."""

    name = TextField()
    email = EmailField()
    phone = PhoneField(required=False, allow_null=True)
    tax_id = TextField(max_length=50, required=False, allow_null=True)
    website = WebsiteField(required=False, allow_null=True)
    social_media = TextsField(required=False, allow_null=True, help_text="Replaces the whole object.")
    address = AddressInputSerializer(
        required=False, allow_null=True, help_text="The primary address. Merged field by field."
    )
    addresses = ListField(
        child=AddressInputSerializer(),
        max_length=ADDRESSES_MAX,
        required=False,
        allow_null=True,
        help_text="All addresses. Replaces the existing ones. If `address` is sent too, the one that differs "
        "from what is stored counts.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if self.complete_address and isinstance(data, Mapping) and not data.keys() & {"address", "addresses"}:
            data = {**data, "address": {}}  # so the errors name each missing field
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "address" in attrs and "addresses" in attrs and not self.partial:  # an update finds out which one changes
            raise ValidationError({"addresses": [_("Send either address or addresses.")]})
        return attrs


class PartyCreateInputSerializer(PartyInputSerializer):
    """The fields of a new supplier or partner."""

    complete_address = True
    address = CompleteAddressInputSerializer(required=False)
    addresses = ListField(
        child=CompleteAddressInputSerializer(), min_length=1, max_length=ADDRESSES_MAX, required=False
    )


class CustomersElectronicAddressInputSerializer(ElectronicAddressInputSerializer):
    """An electronic address, merged field by field. It has both or neither."""

    scheme = SchemeField(
        required=False, allow_null=True, help_text="Code of the Electronic Address Scheme (EAS): 0204, 9930, EM …"
    )
    id = TextField(max_length=100, required=False, allow_null=True, help_text="The address within the scheme.")


class CustomerInputSerializer(PartyInputSerializer):
    output_serializer_class = CustomerSerializer
    credit_limit = MoneyField(required=False, allow_null=True, help_text="Minor units. 0 or null means no limit.")
    currency = CurrencyField(required=False, allow_null=True, help_text="ISO 4217. Null means the default currency.")
    vat_id = VatIdField(
        max_length=20, required=False, allow_null=True, help_text="With the country's prefix. Checked offline."
    )
    buyer_reference = TextField(
        max_length=100, required=False, allow_null=True, help_text="What its invoices name, such as a Leitweg-ID."
    )
    electronic_address = CustomersElectronicAddressInputSerializer(required=False, allow_null=True)
    language = ChoiceField(
        choices=Language.choices,
        required=False,
        allow_null=True,
        help_text="The language of its documents. Null: that of the user who sends them.",
    )
    payment_days = IntegerField(
        min_value=0,
        max_value=PAYMENT_DAYS_MAX,
        required=False,
        allow_null=True,
        help_text="Days until its invoices are due. Null: the company's.",
    )
    e_invoice = ChoiceField(
        choices=EInvoiceProfile.choices,
        required=False,
        allow_null=True,
        help_text="The kind of e-invoice that it gets. Null means none.",
    )


class EmployeeInputSerializer(PartyInputSerializer):
    output_serializer_class = EmployeeSerializer
    position = TextField(required=False, allow_null=True)


class EmployeeCreateInputSerializer(PartyCreateInputSerializer):
    output_serializer_class = EmployeeSerializer
    position = TextField()
