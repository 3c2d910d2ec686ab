"""What a document comes to. Pure: the one place where lines become money, for whatever shows a total.

Amounts are minor units of the document's currency, quantities have 3 decimals, rates are percent with 4. Rounding is
half away from zero, on each line's product and each rate's tax, nowhere else. Tax is worked out per rate over the whole
document (EN 16931, BR-CO-17), never per line. PostgreSQL works the same sums out for itself (`billing_check_invoice`)
and refuses a document whose totals are others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import EXACT, round_half_away, within_int64
from skeleton.kernel.text import format_text
from skeleton.rest.http import number

_PERCENT = Decimal("0.01")

PricedLine = tuple[Decimal, int]
"""What of a line the document's totals depend on: its rate, and its total as `line_total` gives it."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the lines of a document come to. `tax_breakdown` has `{rate, base, tax}` for each rate present, by rate."""

    subtotal: int
    tax_total: int
    tax_breakdown: list[dict[str, Any]]
    total: int


def line_total(quantity: Decimal, unit_price: int, discount: int, *, path: str = "") -> int:
    """round(quantity × unit_price) − discount, before tax.

    Raises Invalid where the product leaves int64 or the discount is more than it; the field is named behind `path`.
    """
    product = round_half_away(EXACT.multiply(quantity, Decimal(unit_price)))
    within_int64(product, field=f"{path}unit_price")
    if discount > product:
        raise Invalid(
            details={
                f"{path}discount": format_text(
                    _("Must be at most quantity × unit_price, which is {product}."), product=product
                )
            }
        )
    return product - discount


def document_totals(lines: Iterable[PricedLine], *, field: str = "lines") -> Totals:
    """What `lines` come to. Raises Invalid, naming `field`, where a sum leaves int64."""
    bases: dict[Decimal, int] = {}
    for rate, total in lines:
        bases[rate] = bases.get(rate, 0) + total
    taxes = {rate: _tax(base, rate) for rate, base in sorted(bases.items())}
    subtotal, tax_total = sum(bases.values()), sum(taxes.values())
    within_int64(subtotal + tax_total, field=field)  # nothing is negative, so no part exceeds the whole
    breakdown = [{"rate": number(rate), "base": bases[rate], "tax": tax} for rate, tax in taxes.items()]
    return Totals(subtotal, tax_total, breakdown, subtotal + tax_total)


def _tax(base: int, rate: Decimal) -> int:
    return round_half_away(EXACT.multiply(EXACT.multiply(Decimal(base), rate), _PERCENT))


def amount_due(status: str, total: int, amount_paid: int) -> int:
    """What is still to be paid, in minor units; nothing is due on what was cancelled."""
    return 0 if status == InvoiceStatus.CANCELLED else total - amount_paid
