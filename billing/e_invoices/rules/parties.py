"""The rules on the seller, the buyer, the delivery and the payment."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _
from stdnum import ean
from stdnum.au import abn
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from billing.e_invoices.codes import NOT_ON_PEPPOL, UNKNOWN_TO_CII
from billing.e_invoices.document import NOT_SUBJECT_TO_TAX, Address, Document, ElectronicAddress
from billing.e_invoices.profiles import Profile, Syntax
from billing.e_invoices.rules.findings import Finding
from billing.e_invoices.rules.required import follows_german_rules
from skeleton.kernel.address_schemes import ADDRESS_SCHEMES
from skeleton.kernel.text import format_text

_VAT_PREFIX = re.compile(r"(?!EU|OS)[A-Z1][A-Z]")
_CREDIT_TRANSFERS: Final = ("30", "58")


def _is_belgian(number: str) -> bool:
    return re.fullmatch("[0-9]{10}", number) is not None and 97 - int(number[:8]) % 97 == int(number[8:])


_IDENTIFIERS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "0007": ("PEPPOL-COMMON-R049", swedish.is_valid),
    "0088": ("PEPPOL-COMMON-R040", ean.is_valid),
    "0096": ("PEPPOL-COMMON-R052", re.compile("[0-9]{10}").fullmatch),
    "0151": ("PEPPOL-COMMON-R050", abn.is_valid),
    "0184": ("PEPPOL-COMMON-R042", re.compile("DK[0-9]{8}|[0-9]{8}").fullmatch),
    "0192": ("PEPPOL-COMMON-R041", norwegian.is_valid),
    "0198": ("PEPPOL-COMMON-R053", re.compile("DK[0-9]{8}").fullmatch),
    "0208": ("PEPPOL-COMMON-R043", _is_belgian),
}
"""The schemes whose identifiers Peppol checks: the rule, and whether an identifier follows it."""


def seller_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the seller."""
    seller = document.seller
    if not seller.registration_number and not seller.vat_id:
        if any(line.category == NOT_SUBJECT_TO_TAX for line in document.lines):
            yield Finding(
                "BR-CO-26", "BT-30", "company.registration_number", _("Enter the registration number of your company.")
            )
        else:
            yield Finding("BR-CO-26", "BT-31", "company.vat_id", _("Enter the VAT id of your company."))
    yield from _vat_prefix(seller.vat_id, "BT-31", "company.vat_id")
    yield from _electronic_address(seller.electronic_address, profile, ("BR-62", "BT-34", "company"))
    yield from _country(seller.address, profile, "BT-40", "company.country")


def buyer_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the buyer."""
    buyer = document.buyer
    yield from _vat_prefix(buyer.vat_id, "BT-48", "customer.vat_id")
    yield from _electronic_address(buyer.electronic_address, profile, ("BR-63", "BT-49", "customer"))
    yield from _country(buyer.address, profile, "BT-55", "customer.address.country")


def delivery_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the delivery and the period of supply."""
    period, address = document.period, document.delivery and document.delivery.address
    if period and period.end < period.start:
        yield Finding("BR-29", "BT-74", "service_end", _("Must not be before the first day of the service."))
    if not address:
        return
    if not address.country:
        yield Finding("BR-57", "BT-80", "delivery_address.country", _("Enter the country of the delivery address."))
    yield from _country(address, profile, "BT-80", "delivery_address.country")
    if follows_german_rules(document, profile):
        if not address.city:
            yield Finding("BR-DE-10", "BT-77", "delivery_address.city", _("Enter the city of the delivery address."))
        if not address.postal_code:
            told = _("Enter the postal code of the delivery address.")
            yield Finding("BR-DE-11", "BT-78", "delivery_address.postal_code", told)


def payment_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the way to pay."""
    payment = document.payment
    if payment and payment.means_code in _CREDIT_TRANSFERS and not payment.account:
        rule = "BR-DE-23-a" if follows_german_rules(document, profile) else "BR-61"
        yield Finding(rule, "BT-84", "company.bank_accounts", _("Enter the bank account of your company."))


def _vat_prefix(vat_id: str | None, term: str, field: str) -> Iterator[Finding]:
    if vat_id and not _VAT_PREFIX.match(vat_id):
        yield Finding("BR-CO-09", term, field, _("A VAT id begins with the two letters of its country."))


def _electronic_address(
    address: ElectronicAddress | None, profile: Profile, names: tuple[str, str, str]
) -> Iterator[Finding]:
    if address is None:
        return
    (rule, term, owner), scheme = names, address.scheme
    field = f"{owner}.electronic_address"
    if scheme is None:
        yield Finding(rule, term, field, _("Enter the scheme of the electronic address."))
    elif scheme not in ADDRESS_SCHEMES:
        yield Finding("BR-CL-25", term, field, _("This scheme of electronic addresses does not exist."))
    elif profile == Profile.PEPPOL and scheme in NOT_ON_PEPPOL:
        yield Finding(
            "PEPPOL-EN16931-CL008", term, field, _("Peppol does not deliver to electronic addresses like this.")
        )
    elif profile == Profile.PEPPOL and scheme in _IDENTIFIERS:
        identifier_rule, is_valid = _IDENTIFIERS[scheme]
        if not is_valid(address.id):
            told = format_text(_("This is not a valid number of the scheme {scheme}."), scheme=scheme)
            yield Finding(identifier_rule, term, field, told)


def _country(address: Address | None, profile: Profile, term: str, field: str) -> Iterator[Finding]:
    if address and profile.syntax == Syntax.CII and address.country in UNKNOWN_TO_CII:
        yield Finding("BR-CL-14", term, field, _("The rules of this e-invoice do not know this country."))
