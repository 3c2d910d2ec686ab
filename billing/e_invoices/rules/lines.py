"""The rules on the lines, apart from their tax."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.e_invoices.document import Document, Line
from billing.e_invoices.profiles import Profile
from billing.e_invoices.rules.findings import Finding
from skeleton.kernel.money import EXACT_CONTEXT
from skeleton.kernel.units import UNIT_CODES, UNKNOWN_UNIT

_TOLERANCE = Decimal("0.02")
"""How much the total of a line may differ from its quantity and price on the Peppol network."""


def line_rules(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is wrong with the lines."""
    for index, line in enumerate(document.lines):
        yield from _rules_of(line, profile, f"lines.{index}.")


def _rules_of(line: Line, profile: Profile, path: str) -> Iterator[Finding]:
    if not line.name:
        yield Finding("BR-25", "BT-153", f"{path}description", _("Enter a description."))
    if line.unit not in UNIT_CODES:
        yield Finding("BR-CL-23", "BT-130", f"{path}unit_code", UNKNOWN_UNIT)
    if line.price < 0:
        yield Finding("BR-27", "BT-146", f"{path}unit_price", _("A price must not be negative."))
    if line.base_quantity <= 0:
        yield Finding("PEPPOL-EN16931-R121", "BT-149", f"{path}price_base_quantity", _("Must be over 0."))
    elif profile == Profile.PEPPOL and abs(line.total - _product(line)) > _TOLERANCE:
        told = _("The total of the line must be its quantity times its price, to within 0.02. Choose another quantity.")
        yield Finding("PEPPOL-EN16931-R120", "BT-131", f"{path}quantity", told)
    for adjustment, rule, term in ((line.discount, "BR-42", "BT-139"), (line.charge, "BR-44", "BT-144")):
        if adjustment and not adjustment.reason:
            yield Finding(rule, term, f"{path}discount", _("A discount needs a reason."))


def _product(line: Line) -> Decimal:
    product = EXACT_CONTEXT.divide(EXACT_CONTEXT.multiply(line.quantity, line.price), line.base_quantity)
    return product - (line.discount.amount if line.discount else 0) + (line.charge.amount if line.charge else 0)
