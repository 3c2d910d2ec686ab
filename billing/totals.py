"""Totals of documents. Pure functions: the only place that calculates amounts from lines.

Amounts are minor units of the document's currency, quantities have 3 decimals, rates are percent with 4 decimals. Each
line's product and each rate's tax are rounded half away from zero; nothing else is rounded. Tax is calculated per
category and rate over the whole document (EN 16931, BR-CO-17), never per line. PostgreSQL calculates the same sums
(`billing_check_invoice`) and refuses a document with other totals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext_lazy as _

from billing.choices import InvoiceStatus
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import EXACT_CONTEXT, round_half_away, within_int64
from skeleton.kernel.text import Money, format_text
from skeleton.rest.http import number

_PERCENT = Decimal("0.01")
_STANDARD = "S"
_FALLBACK = "en"


class TaxTreatment(Protocol):
    """What a tax code says about the lines that have it (`accounting.tax_code_models.TaxCode`)."""

    @property
    def category(self) -> str: ...
    @property
    def exemption_code(self) -> str | None: ...
    @property
    def exemption_reason(self) -> Any: ...


class PricedLine(NamedTuple):
    """The part of a line on which the document's totals depend: rate, total from `line_total`, and the tax code."""

    rate: Decimal
    total: int
    tax_code: TaxTreatment | None = None


TaxKey = tuple[Decimal, str]
"""A rate and a category: what taxes are grouped by."""


def tax_key(rate: Decimal, category: str | None) -> TaxKey:
    """Return the group of a rate. Without a tax code a rate over 0 is standard (S), and that of 0 has no category."""
    return rate, category or (_STANDARD if rate else "")


def key_of_row(row: Mapping[str, Any]) -> TaxKey:
    """Return the group of a row of a tax breakdown."""
    return tax_key(Decimal(str(row["rate"])), row.get("category"))


@dataclass(slots=True)
class _Group:
    """The lines of a document in one category at one rate."""

    base: int = 0
    codes: list[TaxTreatment] = field(default_factory=list)

    def labels(self, category: str) -> dict[str, Any]:
        """Return what the row says about the category. Nothing, if none of the lines has a tax code."""
        if not self.codes:
            return {}
        found = {code.exemption_code for code in self.codes} - {None}
        reasons = [code.exemption_reason for code in self.codes if code.exemption_reason]
        said = {
            "category": category,
            "exemption_reason": _joined_reasons(reasons),
            "exemption_code": found.pop() if len(found) == 1 else None,
        }
        return {name: value for name, value in said.items() if value is not None}


def _joined_reasons(reasons: list[Mapping[str, str]]) -> dict[str, str] | None:
    """Return the different reasons in each language, of which the English one stands in for a missing one."""
    languages = {language for reason in reasons for language in reason}
    return {
        language: "; ".join(sorted({reason.get(language, reason[_FALLBACK]) for reason in reasons}))
        for language in languages
    } or None


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document.

    `tax_breakdown` has `{rate, base, tax}` for each category and rate, ordered by rate. If a line of it has a tax code,
    it also has `category` and, where there are any, `exemption_reason` (by language) and `exemption_code`.
    """

    subtotal: int
    tax_total: int
    tax_breakdown: list[dict[str, Any]]
    total: int


def product_of(quantity: Decimal, unit_price: int, price_base: Decimal = Decimal(1)) -> int:
    """Return round(quantity × unit_price ÷ price_base), half away from zero, exactly. Nothing is negative."""
    numerator, denominator = thousandths(quantity) * unit_price, thousandths(price_base)
    return (2 * numerator + denominator) // (2 * denominator)


def thousandths(quantity: Decimal) -> int:
    """Return a quantity, of at most 3 decimals, in thousandths."""
    return int(EXACT_CONTEXT.scaleb(quantity, 3))


def line_total(
    quantity: Decimal,
    unit_price: int,
    discount: int,
    *,
    currency: str,
    price_base: Decimal = Decimal(1),
    path: str = "",
) -> int:
    """Return round(quantity × unit_price ÷ price_base) − discount, before tax.

    Raises Invalid if the product exceeds int64 or the discount exceeds the product, with the field prefixed by `path`
    and the product in `currency`.
    """
    product = product_of(quantity, unit_price, price_base)
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
    groups: dict[TaxKey, _Group] = {}
    for line in lines:
        code = line.tax_code
        group = groups.setdefault(tax_key(line.rate, code.category if code else None), _Group())
        group.base += line.total
        if code:
            group.codes.append(code)
    return totals_of(
        [(key, group.base, tax_on(group.base, key[0]), group.labels(key[1])) for key, group in groups.items()], field
    )


def totals_of(rows: Iterable[tuple[TaxKey, int, int, Mapping[str, Any]]], field: str = "lines") -> Totals:
    """Return the totals of `rows`: a group, its base, its tax and what else its row of the breakdown says.

    Raises Invalid for `field` if a sum exceeds int64.
    """
    ordered = sorted(rows, key=lambda row: row[0])
    subtotal, tax_total = sum(row[1] for row in ordered), sum(row[2] for row in ordered)
    within_int64(subtotal + tax_total, field=field)  # nothing is negative, so no part exceeds the total
    breakdown = [
        {"rate": number(rate), "base": base, "tax": tax, **said} for (rate, _category), base, tax, said in ordered
    ]
    return Totals(subtotal, tax_total, breakdown, subtotal + tax_total)


def tax_on(base: int, rate: Decimal) -> int:
    """Return `rate` percent of `base`, in minor units."""
    return round_half_away(EXACT_CONTEXT.multiply(EXACT_CONTEXT.multiply(Decimal(base), rate), _PERCENT))


def amount_due(status: str, total: int, amount_paid: int, amount_credited: int, amount_written_off: int) -> int:
    """Return the amount due in minor units. Nothing is due on a cancelled invoice."""
    return 0 if status == InvoiceStatus.CANCELLED else total - amount_paid - amount_credited - amount_written_off
