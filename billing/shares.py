"""What a credit note or a write-off takes of an invoice. Pure functions: the only place that calculates these shares.

Shares are cumulative in the order of issue: what a line's quantity comes to together with everything credited before,
minus what was credited before. So partial credits add up to exactly the line, and their taxes to exactly the
invoice's tax, whatever is rounded in between. PostgreSQL calculates the same shares (`billing_check_credit_note`) and
refuses a credit note with others.

Amounts are minor units of the invoice's currency, quantities have 3 decimals, rates are percent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.totals import TaxKey, Totals, key_of_row, product_of, tax_key, tax_on, thousandths, totals_of
from skeleton.kernel.units import DEFAULT_UNIT

Taxed = tuple[int, int]
"""A base and its tax."""

NOTHING: Taxed = (0, 0)


@dataclass(frozen=True, slots=True)
class CreditableLine:
    """A line of a sent invoice, with what its issued credit notes have taken of it."""

    id: UUID
    description: str
    quantity: Decimal
    unit_price: int
    tax_rate: Decimal
    total: int
    credited_quantity: Decimal = Decimal(0)
    credited: int = 0
    item_number: str | None = None
    tax_code_id: UUID | None = None
    category: str | None = None
    unit_code: str = DEFAULT_UNIT
    price_base_quantity: Decimal = Decimal(1)

    @property
    def tax_key(self) -> TaxKey:
        return tax_key(self.tax_rate, self.category)

    @property
    def quantity_left(self) -> Decimal:
        return self.quantity - self.credited_quantity

    @property
    def left(self) -> int:
        """The amount, before tax, that can still be credited."""
        return self.total - self.credited

    @property
    def is_whole(self) -> bool:
        """Return whether all of the line is credited. A line of 0 is once its quantity is."""
        return not self.left and (self.total > 0 or not self.quantity_left)

    def share_of(self, quantity: Decimal) -> int:
        """Return what crediting `quantity` more comes to, before tax. Negative if more was credited already."""
        return _proportion(self.total, self.credited_quantity + quantity, self.quantity) - self.credited


def fitting_discount(quantity: Decimal, unit_price: int, total: int, price_base: Decimal = Decimal(1)) -> int:
    """Return the discount, possibly negative, with which quantity × price ÷ price_base comes to `total`."""
    return product_of(quantity, unit_price, price_base) - total


def credit_totals(
    invoiced: Sequence[Mapping[str, Any]], credited: Mapping[TaxKey, Taxed], lines: Iterable[tuple[TaxKey, int]]
) -> Totals:
    """Return the totals of a credit note with `lines` (group and total).

    `invoiced` is the invoice's tax breakdown, `credited` what its issued credit notes have taken by group. The tax of a
    group is that of everything credited of it, minus what was credited before. Once all of the group's base is
    credited, so is all of its tax. The rows repeat what those of the invoice say about the category.
    """
    bases: dict[TaxKey, int] = {}
    for key, total in lines:
        bases[key] = bases.get(key, 0) + total
    whole = {key_of_row(row): row for row in invoiced}
    rows = []
    for key, base in bases.items():
        base_before, tax_before = credited.get(key, NOTHING)
        base_now, row = base_before + base, whole[key]
        tax_now = row["tax"] if base_now == row["base"] else tax_on(base_now, key[0])
        said = {name: value for name, value in row.items() if name not in _FIGURES}
        rows.append((key, base, tax_now - tax_before, said))
    return totals_of(rows)


_FIGURES = ("rate", "base", "tax")


def taxes_by_rate(breakdown: Sequence[Mapping[str, Any]]) -> dict[TaxKey, Taxed]:
    """Return base and tax by rate and category."""
    return {key_of_row(row): (row["base"], row["tax"]) for row in breakdown}


def added_taxes(breakdowns: Iterable[Sequence[Mapping[str, Any]]]) -> dict[TaxKey, Taxed]:
    """Return the sums of base and tax by rate and category."""
    sums: dict[TaxKey, Taxed] = {}
    for breakdown in breakdowns:
        for key, (base, tax) in taxes_by_rate(breakdown).items():
            base_before, tax_before = sums.get(key, NOTHING)
            sums[key] = (base_before + base, tax_before + tax)
    return sums


def left_beside_corrected_tax(
    invoiced: Sequence[Mapping[str, Any]],
    credited: Mapping[TaxKey, Taxed],
    written_off: Mapping[TaxKey, Taxed],
) -> dict[TaxKey, int]:
    """Return what credit notes can still take, tax included, of each rate whose tax write-offs have corrected.

    `credited` and `written_off` are what issued credit notes and standing write-offs have taken by rate. Without this
    limit, a credit note would take back tax that a write-off has already corrected.
    """
    return {
        key: max(0, sum(whole) - sum(credited.get(key, NOTHING)) - sum(written_off[key]))
        for key, whole in taxes_by_rate(invoiced).items()
        if written_off.get(key, NOTHING)[1]
    }


def write_off_tax(
    amount: int, invoiced: Sequence[Mapping[str, Any]], taken: Mapping[TaxKey, Taxed]
) -> list[dict[str, Any]]:
    """Return `{rate, base, tax}` by rate, and the category if it has one: the share in `amount`, which is written off.

    The amount is spread over base and tax of each rate, in the order of the invoice's breakdown. `taken` is what credit
    notes and earlier write-offs have taken by rate: a rate never loses more tax than it has left, so base and tax may
    add up to less than the amount.
    """
    parts = spread(amount, [part for row in invoiced for part in (row["base"], row["tax"])])
    rows = []
    for index, row in enumerate(invoiced):
        left = row["tax"] - taken.get(key_of_row(row), NOTHING)[1]
        base, tax = parts[2 * index], parts[2 * index + 1]
        category = {"category": row["category"]} if "category" in row else {}
        rows.append({"rate": row["rate"], "base": base, "tax": max(0, min(tax, left)), **category})
    return rows


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide `amount` in proportion to `weights` by the largest remainder; of equal remainders, the earlier one wins.

    The parts add up to `amount`. The weights must not all be 0.
    """
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(amount * weights[index] % whole), index))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def _proportion(total: int, part: Decimal, whole: Decimal) -> int:
    """Return round(total × part ÷ whole), half away from zero, exactly. Nothing is negative."""
    numerator, denominator = total * thousandths(part), thousandths(whole)
    return (2 * numerator + denominator) // (2 * denominator)
