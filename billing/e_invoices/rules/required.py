"""The terms that must be present: of every document, of German ones, and of those on the Peppol network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from billing.e_invoices.document import Address, Contact, Document
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules.findings import Finding

_NO_ADDRESS, _NO_CONTACT = Address(country=None), Contact()


@dataclass(frozen=True, slots=True)
class _Required:
    finding: Finding
    is_present: Callable[[Document], object]


def _seller(document: Document) -> Address:
    return document.seller.address or _NO_ADDRESS


def _buyer(document: Document) -> Address:
    return document.buyer.address or _NO_ADDRESS


def _contact(document: Document) -> Contact:
    return document.seller.contact or _NO_CONTACT


_ALWAYS = (
    _Required(Finding("BR-02", "BT-1", "number", _("The document needs a number.")), lambda d: d.number),
    _Required(
        Finding("BR-06", "BT-27", "company.legal_name", _("Enter the legal name of your company.")),
        lambda d: d.seller.name,
    ),
    _Required(
        Finding("BR-09", "BT-40", "company.country", _("Enter the country of your company.")),
        lambda d: _seller(d).country,
    ),
    _Required(Finding("BR-07", "BT-44", "customer.name", _("Enter the name of the customer.")), lambda d: d.buyer.name),
    _Required(
        Finding("BR-11", "BT-55", "customer.address.country", _("Enter the country of the customer.")),
        lambda d: _buyer(d).country,
    ),
    _Required(Finding("BR-16", "BG-25", "lines", _("Add at least one line.")), lambda d: d.lines),
)
_GERMAN = (
    _Required(Finding("BR-DE-1", "BG-16", "company.bank_accounts", _("Say how to pay.")), lambda d: d.payment),
    _Required(
        Finding(
            "BR-DE-15",
            "BT-10",
            "buyer_reference",
            _("Enter the buyer reference. German authorities call it Leitweg-ID."),
        ),
        lambda d: d.buyer_reference,
    ),
    _Required(
        Finding("BR-DE-3", "BT-37", "company.city", _("Enter the city of your company.")), lambda d: _seller(d).city
    ),
    _Required(
        Finding("BR-DE-4", "BT-38", "company.postal_code", _("Enter the postal code of your company.")),
        lambda d: _seller(d).postal_code,
    ),
    _Required(
        Finding("BR-DE-5", "BT-41", "company.contact_name", _("Enter a contact in your company.")),
        lambda d: _contact(d).name,
    ),
    _Required(
        Finding("BR-DE-6", "BT-42", "company.phone", _("Enter the phone number of your company.")),
        lambda d: _contact(d).phone,
    ),
    _Required(
        Finding("BR-DE-7", "BT-43", "company.email", _("Enter the e-mail address of your company.")),
        lambda d: _contact(d).email,
    ),
    _Required(
        Finding("BR-DE-8", "BT-52", "customer.address.city", _("Enter the city of the customer.")),
        lambda d: _buyer(d).city,
    ),
    _Required(
        Finding("BR-DE-9", "BT-53", "customer.address.postal_code", _("Enter the postal code of the customer.")),
        lambda d: _buyer(d).postal_code,
    ),
)
_ELECTRONIC_ADDRESSES = (
    _Required(
        Finding(
            "PEPPOL-EN16931-R020", "BT-34", "company.electronic_address", _("Enter your company's electronic address.")
        ),
        lambda d: d.seller.electronic_address,
    ),
    _Required(
        Finding(
            "PEPPOL-EN16931-R010", "BT-49", "customer.electronic_address", _("Enter the customer's electronic address.")
        ),
        lambda d: d.buyer.electronic_address,
    ),
)
_PEPPOL = (
    _Required(
        Finding(
            "PEPPOL-EN16931-R003",
            "BT-10",
            "buyer_reference",
            _("Enter the buyer reference or the number of the customer's purchase order."),
        ),
        lambda d: d.buyer_reference or d.purchase_order or d.sales_order,
    ),
)


def required_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield the terms that are missing."""
    required = [*_ALWAYS]
    if follows_german_rules(document, profile):
        required += _GERMAN
    if profile != Profile.FACTURX:
        required += _ELECTRONIC_ADDRESSES
    if profile == Profile.PEPPOL:
        required += _PEPPOL
    for each in required:
        if not each.is_present(document):
            yield each.finding


def follows_german_rules(document: Document, profile: Profile) -> bool:
    """Return whether the German rules apply: to XRechnung, and on the Peppol network between German parties."""
    domestic = _seller(document).country == _buyer(document).country == "DE"
    return profile.is_xrechnung or (profile == Profile.PEPPOL and domestic)
