"""Serializer fields for what companies and people are reached and identified by. They are checked offline."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.address_schemes import ADDRESS_SCHEMES
from skeleton.kernel.bank_accounts import parse_bic, parse_iban
from skeleton.kernel.countries import country_codes
from skeleton.kernel.phones import LONGEST, is_phone
from skeleton.kernel.tax_ids import parse_vat_id
from skeleton.rest.fields import TextField, mark_stateless
from skeleton.rest.serializers import InputSerializer, Serializer

_URL = URLValidator(schemes=["http", "https"])


@mark_stateless
class PhoneField(TextField):
    """A phone number as people write it, perhaps with an extension (`kernel.phones`). Stored as entered."""

    default_error_messages = {
        "phone": _(
            "Must be a phone number: 3 to 20 digits, with +, spaces, brackets, dots, slashes or hyphens, and perhaps an"
            " extension such as ext. 12."
        )
    }

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=LONGEST, **kwargs)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if len(text) <= LONGEST and not is_phone(text):
            self.fail("phone")
        return text


@mark_stateless
class WebsiteField(TextField):
    """An http or https URL."""

    default_error_messages = {"url": _("Must be a URL that begins with http:// or https://.")}

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        try:
            _URL(text)
        except ValidationError:
            self.fail("url")
        return text


@mark_stateless
class CountryCodeField(TextField):
    """The alpha-2 code of a country in ISO 3166-1. Small letters become capitals."""

    default_error_messages = {"country": _("Unknown country: use its code of two letters in ISO 3166-1, such as DE.")}

    def to_internal_value(self, data: object) -> str:
        code = super().to_internal_value(data).upper()
        if code not in country_codes():
            self.fail("country")
        return code


@mark_stateless
class VatIdField(TextField):
    """A VAT id with the prefix of its country. Stored in capitals, without separators."""

    default_error_messages = {
        "vat_id": _("Not a valid VAT id. It begins with the country code, such as DE136695976. Check each digit.")
    }

    def to_internal_value(self, data: object) -> str:
        found = parse_vat_id(super().to_internal_value(data))
        if found is None:
            self.fail("vat_id")
        return found


@mark_stateless
class IbanField(TextField):
    """An IBAN with correct check digits. Stored without spaces."""

    default_error_messages = {"iban": _("Not a valid IBAN. Check each digit.")}

    def to_internal_value(self, data: object) -> str:
        found = parse_iban(super().to_internal_value(data))
        if found is None:
            self.fail("iban")
        return found


@mark_stateless
class BicField(TextField):
    """A BIC of 8 or 11 characters."""

    default_error_messages = {"bic": _("Not a valid BIC: it has 8 or 11 characters, such as COBADEFFXXX.")}

    def to_internal_value(self, data: object) -> str:
        found = parse_bic(super().to_internal_value(data))
        if found is None:
            self.fail("bic")
        return found


# --- electronic addresses ---------------------------------------------------------------------------------------------


@mark_stateless
class SchemeField(TextField):
    """A code of the Electronic Address Scheme (EAS), such as 9930, or EM for an e-mail address."""

    default_error_messages = {
        "scheme": _(
            "Must be a code of the Electronic Address Scheme (EAS), such as 9930 (German VAT id), 0204 (Leitweg-ID) or "
            "EM (e-mail address)."
        )
    }

    def to_internal_value(self, data: object) -> str:
        code = super().to_internal_value(data).upper()
        if code not in ADDRESS_SCHEMES:
            self.fail("scheme")
        return code


class ElectronicAddressSerializer(Serializer):
    """The address to which e-invoices are sent, such as a Peppol participant."""

    scheme = TextField(help_text="Code of the Electronic Address Scheme (EAS): 0204, 9930, EM …")
    id = TextField(help_text="The address within the scheme.")


@mark_stateless
class ElectronicAddressInputSerializer(InputSerializer):
    """An electronic address, complete. Null clears it."""

    output_serializer_class = ElectronicAddressSerializer
    scheme = SchemeField(help_text="Code of the Electronic Address Scheme (EAS): 0204, 9930, EM …")
    id = TextField(max_length=100, help_text="The address within the scheme.")
