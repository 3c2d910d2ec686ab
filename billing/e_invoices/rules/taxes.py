"""The rules on the categories of VAT (UNTDID 5305) and on what they come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.e_invoices.codes import CATEGORY_OF_EXEMPTION, EXEMPTION_CODES
from billing.e_invoices.document import NOT_SUBJECT_TO_TAX, Document, TaxRow
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules.findings import Finding
from skeleton.kernel.money import EXACT_CONTEXT

_STANDARD: Final = "S"
_CENT = Decimal("0.01")
_WRONG = _("The tax does not match the lines.")


@dataclass(frozen=True, slots=True)
class _Category:
    """What the documents with a category need. `prefix` is that of its rules."""

    prefix: str
    is_exempt: bool = True
    seller_needs_vat_id: bool = False
    buyer_is_identified: bool = False


_CATEGORIES: Mapping[str, _Category] = {
    _STANDARD: _Category("BR-S", is_exempt=False),
    "Z": _Category("BR-Z", is_exempt=False),
    "E": _Category("BR-E"),
    "AE": _Category("BR-AE", buyer_is_identified=True),
    "K": _Category("BR-IC", seller_needs_vat_id=True, buyer_is_identified=True),
    "G": _Category("BR-G", seller_needs_vat_id=True),
    NOT_SUBJECT_TO_TAX: _Category("BR-O"),
}


def category_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the categories of the lines, and with what they need of the parties."""
    for index, line in enumerate(document.lines):
        field = f"lines.{index}.tax_code"
        if line.category is None:
            told = _("Choose a tax code: a rate of 0 alone does not say why there is no tax.")
            yield Finding("BR-CO-04", "BT-151", field, told)
        elif line.category not in _CATEGORIES:
            yield Finding("BR-CL-18", "BT-151", field, _("This category of VAT does not exist."))
        elif (line.rate > 0) != (line.category == _STANDARD):
            told = _("The rate of category S is over 0, that of all others 0.")
            yield Finding(f"{_CATEGORIES[line.category].prefix}-05", "BT-152", field, told)
    used = {line.category for line in document.lines}
    for category in (each for each in _CATEGORIES if each in used):
        yield from _party_rules(document, category)


def _party_rules(document: Document, category: str) -> Iterator[Finding]:
    rules, seller, buyer = _CATEGORIES[category], document.seller, document.buyer
    if category == NOT_SUBJECT_TO_TAX:
        if seller.vat_id or buyer.vat_id:
            yield Finding("BR-O-02", "BT-31", "company.vat_id", _("What is not subject to VAT has no VAT ids."))
        if len({line.category for line in document.lines}) > 1:
            told = _("Lines that are not subject to VAT need an invoice of their own.")
            yield Finding("BR-O-11", "BT-151", "lines", told)
        return
    if not seller.vat_id and (rules.seller_needs_vat_id or not seller.tax_number):
        rule = f"{rules.prefix}-02"
        yield Finding(rule, "BT-31", "company.vat_id", _("Enter the VAT id of your company."))
    if rules.buyer_is_identified and not buyer.vat_id and (category == "K" or not buyer.registration_number):
        yield Finding(f"{rules.prefix}-02", "BT-48", "customer.vat_id", _("Enter the VAT id of the customer."))
    if category == "K":
        yield from _intra_community_rules(document)


def _intra_community_rules(document: Document) -> Iterator[Finding]:
    delivery = document.delivery
    if not document.period and not (delivery and delivery.date):
        yield Finding("BR-IC-11", "BT-72", "delivery_date", _("Enter the day of the delivery."))
    if not (delivery and delivery.address and delivery.address.country):
        yield Finding("BR-IC-12", "BT-80", "delivery_address", _("Enter where the goods were delivered to."))


def tax_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the rows of the tax breakdown."""
    if not document.taxes:
        yield Finding("BR-CO-18", "BG-23", "tax_breakdown", _WRONG)
    lines: dict[tuple[str | None, Decimal], Decimal] = {}
    for line in document.lines:
        key = (line.category, line.rate)
        lines[key] = lines.get(key, Decimal(0)) + line.total
    rows = [(row.category, row.rate) for row in document.taxes]
    for category, rate in lines:
        known = _CATEGORIES.get(category or "")
        if known and rows.count((category, rate)) != 1:
            yield Finding(f"{known.prefix}-01", "BG-23", "tax_breakdown", _WRONG)
    for row in document.taxes:
        known = _CATEGORIES.get(row.category or "")
        if known:
            yield from _row_rules(row, lines.get((row.category, row.rate)), known)
            yield from _exemption_rules(row, profile, known)


def _row_rules(row: TaxRow, base: Decimal | None, rules: _Category) -> Iterator[Finding]:
    """Yield what is wrong with the amounts of a row. `base` is the sum of its lines, None if it has none."""
    if row.base != base:
        yield Finding(f"{rules.prefix}-08", "BT-116", "tax_breakdown", _WRONG)
    if row.category != _STANDARD:
        if row.tax != 0:
            yield Finding(f"{rules.prefix}-09", "BT-117", "tax_breakdown", _WRONG)
        return
    expected = EXACT_CONTEXT.multiply(abs(row.base), row.rate).scaleb(-2).quantize(_CENT, ROUND_HALF_UP, EXACT_CONTEXT)
    if abs(abs(row.tax) - expected) >= 1:
        yield Finding("BR-CO-17", "BT-117", "tax_breakdown", _WRONG)
    elif row.rate < Decimal("0.5") and row.tax >= Decimal("0.5"):
        told = _("The rules of e-invoices accept no tax at a rate below 0.5 percent.")
        yield Finding("BR-CO-17", "BT-119", "tax_breakdown", told)


def _exemption_rules(row: TaxRow, profile: Profile, rules: _Category) -> Iterator[Finding]:
    if rules.is_exempt and not (row.reason or row.reason_code):
        told = _("Enter in the tax code why no VAT is charged.")
        yield Finding(f"{rules.prefix}-10", "BT-120", "tax_breakdown", told)
    if not rules.is_exempt and (row.reason or row.reason_code):
        told = _("This tax code must not have an exemption reason.")
        yield Finding(f"{rules.prefix}-10", "BT-120", "tax_breakdown", told)
    if row.reason_code and row.reason_code not in EXEMPTION_CODES:
        yield Finding("BR-CL-22", "BT-121", "tax_breakdown", _("This exemption code does not exist."))
    elif profile == Profile.PEPPOL and CATEGORY_OF_EXEMPTION.get(row.reason_code or "", row.category) != row.category:
        told = _("This exemption code belongs to another category of VAT.")
        yield Finding("PEPPOL-EN16931-P0104", "BT-121", "tax_breakdown", told)
