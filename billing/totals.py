"""Totals of documents. Pure functions: the only place that calculates amounts from lines.

Amounts are minor units of the document's currency, quantities have 3 decimals, rates are percent with 4 decimals. Each
line's product and each rate's tax are rounded half away from zero; nothing else is rounded. Tax is calculated per rate
over the whole document (EN 16931, BR-CO-17), never per line. PostgreSQL calculates the same sums
(`billing_check_invoice`) and refuses a document with other totals.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import EXACT_CONTEXT, round_half_away, within_int64
from skeleton.kernel.text import Money, format_text
from skeleton.rest.http import number

_PERCENT = Decimal("0.01")

PricedLine = tuple[Decimal, int]
"""The part of a line on which the document's totals depend: its rate, and its total from `line_total`."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document. `tax_breakdown` has `{rate, base, tax}` for each rate, ordered by rate."""

    subtotal: int
    tax_total: int
    tax_breakdown: list[dict[str, Any]]
    total: int


def line_total(quantity: Decimal, unit_price: int, discount: int, *, currency: str, path: str = "") -> int:
    """Return round(quantity × unit_price) − discount, before tax.

    Raises Invalid if the product exceeds int64 or the discount exceeds the product, with the field prefixed by `path`
    and the product in `currency`.
    """
    product = round_half_away(EXACT_CONTEXT.multiply(quantity, Decimal(unit_price)))
    within_int64(product, field=f"{path}unit_price")
    if discount > product:
        raise Invalid(
            details={
                f"{path}discount": format_text(
                    _("Must be at most quantity × unit_price, which is {product}."),
                    product=Money(product, currency),
                )
            }
        )
    return product - discount


def document_totals(lines: Iterable[PricedLine], *, field: str = "lines") -> Totals:
    """Return the totals of `lines`. Raises Invalid for `field` if a sum exceeds int64."""
    bases: dict[Decimal, int] = {}
    for rate, total in lines:
        bases[rate] = bases.get(rate, 0) + total
    taxes = {rate: tax_on(base, rate) for rate, base in sorted(bases.items())}
    subtotal, tax_total = sum(bases.values()), sum(taxes.values())
    within_int64(subtotal + tax_total, field=field)  # nothing is negative, so no part exceeds the total
    breakdown = [{"rate": number(rate), "base": bases[rate], "tax": tax} for rate, tax in taxes.items()]
    return Totals(subtotal, tax_total, breakdown, subtotal + tax_total)


def tax_on(base: int, rate: Decimal) -> int:
    """Return `rate` percent of `base`, in minor units."""
    return round_half_away(EXACT_CONTEXT.multiply(EXACT_CONTEXT.multiply(Decimal(base), rate), _PERCENT))


def amount_due(status: str, total: int, amount_paid: int, amount_credited: int, amount_written_off: int) -> int:
    """Return the amount due in minor units. Nothing is due on a cancelled invoice."""
    return 0 if status == InvoiceStatus.CANCELLED else total - amount_paid - amount_credited - amount_written_off
