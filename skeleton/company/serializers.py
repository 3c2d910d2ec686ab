"""The shape of the company's record in JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from skeleton.company.models import FOOTER_MAX, PAYMENT_DAYS_MAX
from skeleton.rest.fields import (
    BooleanField,
    CurrencyField,
    DateTimeField,
    EmailField,
    IntegerField,
    ListField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.identifiers import (
    BicField,
    CountryCodeField,
    ElectronicAddressInputSerializer,
    ElectronicAddressSerializer,
    IbanField,
    PhoneField,
    VatIdField,
    WebsiteField,
)
from skeleton.rest.serializers import InputSerializer, Serializer

ACCOUNTS_MAX = 20


class BankAccountSerializer(Serializer):
    name = TextField(allow_null=True, help_text="What the account is for, in your own words.")
    bank = TextField(allow_null=True)
    iban = TextField()
    bic = TextField(allow_null=True)
    currency = TextField(allow_null=True, help_text="ISO 4217. Invoices in it name this account.")
    is_default = BooleanField(help_text="Whether documents name this account if none has their currency.")


@mark_stateless
class BankAccountInputSerializer(InputSerializer):
    output_serializer_class = BankAccountSerializer
    name = TextField(required=False, allow_null=True)
    bank = TextField(required=False, allow_null=True)
    iban = IbanField(help_text="Its check digits must be right. Stored without spaces.")
    bic = BicField(required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_null=True, help_text="ISO 4217.")
    is_default = BooleanField(required=False, help_text="Without a default account, the first one is it.")


class CompanySerializer(Serializer):
    """The company as the seller on documents."""

    legal_name = TextField()
    trade_name = TextField(allow_null=True)
    street = TextField(allow_null=True)
    city = TextField(allow_null=True)
    region = TextField(allow_null=True)
    postal_code = TextField(allow_null=True)
    country = TextField(allow_null=True, help_text="ISO 3166-1 alpha-2.")
    vat_id = TextField(allow_null=True)
    tax_number = TextField(allow_null=True)
    registration_number = TextField(allow_null=True)
    contact_name = TextField(allow_null=True)
    phone = TextField(allow_null=True)
    email = EmailField(allow_null=True)
    website = TextField(allow_null=True)
    logo_file_id = UUIDField(allow_null=True)
    currency = TextField(help_text="ISO 4217.")
    payment_days = IntegerField(allow_null=True)
    fiscal_year_start = IntegerField(help_text="The first month of the fiscal year, 1 to 12.")
    invoice_footer = TextField(allow_null=True)
    electronic_address = ElectronicAddressSerializer(allow_null=True)
    bank_accounts = ListField(child=BankAccountSerializer())
    time_zone = TextField(help_text="The time zone of all days (IANA), as set by the environment. Read-only.")
    updated_at = DateTimeField(allow_null=True, help_text="Null until the company is first changed or seeded.")


class CompanyInputSerializer(InputSerializer):
    """The fields of the company that can be changed."""

    output_serializer_class = CompanySerializer
    legal_name = TextField(help_text="As registered. Required on invoices.")
    trade_name = TextField(required=False, allow_null=True, help_text="The name above the legal one on documents.")
    street = TextField(required=False, allow_null=True)
    city = TextField(required=False, allow_null=True)
    region = TextField(required=False, allow_null=True)
    postal_code = TextField(max_length=20, required=False, allow_null=True)
    country = CountryCodeField(
        required=False,
        allow_null=True,
        help_text="ISO 3166-1 alpha-2. Once it is set, invoices are only sent if nothing that the law requires is "
        "missing: `legal_name`, `street`, `city`, and `vat_id` or `tax_number`.",
    )
    vat_id = VatIdField(required=False, allow_null=True, help_text="With the country's prefix. Checked offline.")
    tax_number = TextField(max_length=50, required=False, allow_null=True)
    registration_number = TextField(max_length=100, required=False, allow_null=True)
    contact_name = TextField(required=False, allow_null=True)
    phone = PhoneField(required=False, allow_null=True)
    email = EmailField(required=False, allow_null=True)
    website = WebsiteField(required=False, allow_null=True)
    logo_file_id = UUIDField(
        required=False, allow_null=True, help_text="The id of an uploaded PNG or JPEG of at most 500 kB."
    )
    currency = CurrencyField(required=False, help_text="ISO 4217. The default for new customers.")
    payment_days = IntegerField(
        min_value=0,
        max_value=PAYMENT_DAYS_MAX,
        required=False,
        allow_null=True,
        help_text="Days from issue to due date, for invoices without a due date.",
    )
    fiscal_year_start = IntegerField(min_value=1, max_value=12, required=False, help_text="The month, 1 to 12.")
    invoice_footer = TextField(
        max_length=FOOTER_MAX, required=False, allow_null=True, help_text="The closing text of invoices."
    )
    electronic_address = ElectronicAddressInputSerializer(
        required=False, allow_null=True, help_text="Where e-invoices reach the company. Merged field by field."
    )
    bank_accounts = ListField(
        child=BankAccountInputSerializer(),
        max_length=ACCOUNTS_MAX,
        required=False,
        allow_null=True,
        help_text="Replaces the existing ones.",
    )

    def validate_bank_accounts(self, accounts: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """Check that no account is listed twice, and that at most one is the default."""
        listed = accounts or []
        if len({account["iban"] for account in listed}) < len(listed):
            raise ValidationError(_("Each account can be listed once."))
        if sum(account.get("is_default", False) for account in listed) > 1:
            raise ValidationError(_("Only one account can be the default."))
        return listed
