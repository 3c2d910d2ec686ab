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

from billing.totals import Totals, tax_on
from skeleton.kernel.money import EXACT_CONTEXT, round_half_away
from skeleton.rest.http import number

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


def fitting_discount(quantity: Decimal, unit_price: int, total: int) -> int:
    """Return the discount, possibly negative, with which quantity × price comes to `total`."""
    return round_half_away(EXACT_CONTEXT.multiply(quantity, Decimal(unit_price))) - total


def credit_totals(
    invoiced: Sequence[Mapping[str, Any]], credited: Mapping[Decimal, Taxed], lines: Iterable[tuple[Decimal, int]]
) -> Totals:
    """Return the totals of a credit note with `lines` (rate and total).

    `invoiced` is the invoice's tax breakdown, `credited` what its issued credit notes have taken by rate. The tax of a
    rate is that of everything credited of it, minus what was credited before. Once all of the rate's base is credited,
    so is all of its tax.
    """
    bases: dict[Decimal, int] = {}
    for rate, total in lines:
        bases[rate] = bases.get(rate, 0) + total
    whole = taxes_by_rate(invoiced)
    taxes: dict[Decimal, int] = {}
    for rate, base in sorted(bases.items()):
        base_before, tax_before = credited.get(rate, NOTHING)
        base_now = base_before + base
        tax_now = whole[rate][1] if base_now == whole[rate][0] else tax_on(base_now, rate)
        taxes[rate] = tax_now - tax_before
    subtotal, tax_total = sum(bases.values()), sum(taxes.values())
    breakdown = [{"rate": number(rate), "base": bases[rate], "tax": tax} for rate, tax in taxes.items()]
    return Totals(subtotal, tax_total, breakdown, subtotal + tax_total)


def taxes_by_rate(breakdown: Sequence[Mapping[str, Any]]) -> dict[Decimal, Taxed]:
    """Return base and tax by rate."""
    return {Decimal(str(row["rate"])): (row["base"], row["tax"]) for row in breakdown}


def added_taxes(breakdowns: Iterable[Sequence[Mapping[str, Any]]]) -> dict[Decimal, Taxed]:
    """Return the sums of base and tax by rate."""
    sums: dict[Decimal, Taxed] = {}
    for breakdown in breakdowns:
        for rate, (base, tax) in taxes_by_rate(breakdown).items():
            base_before, tax_before = sums.get(rate, NOTHING)
            sums[rate] = (base_before + base, tax_before + tax)
    return sums


def left_beside_corrected_tax(
    invoiced: Sequence[Mapping[str, Any]],
    credited: Mapping[Decimal, Taxed],
    written_off: Mapping[Decimal, Taxed],
) -> dict[Decimal, int]:
    """Return what credit notes can still take, tax included, of each rate whose tax write-offs have corrected.

    `credited` and `written_off` are what issued credit notes and standing write-offs have taken by rate. Without this
    limit, a credit note would take back tax that a write-off has already corrected.
    """
    return {
        rate: max(0, sum(whole) - sum(credited.get(rate, NOTHING)) - sum(written_off[rate]))
        for rate, whole in taxes_by_rate(invoiced).items()
        if written_off.get(rate, NOTHING)[1]
    }


def write_off_tax(
    amount: int, invoiced: Sequence[Mapping[str, Any]], taken: Mapping[Decimal, Taxed]
) -> list[dict[str, Any]]:
    """Return `{rate, base, tax}` by rate: the share of base and tax in `amount`, which is written off.

    The amount is spread over base and tax of each rate, in the order of the invoice's breakdown. `taken` is what credit
    notes and earlier write-offs have taken by rate: a rate never loses more tax than it has left, so base and tax may
    add up to less than the amount.
    """
    parts = spread(amount, [part for row in invoiced for part in (row["base"], row["tax"])])
    rows = []
    for index, row in enumerate(invoiced):
        left = row["tax"] - taken.get(Decimal(str(row["rate"])), NOTHING)[1]
        base, tax = parts[2 * index], parts[2 * index + 1]
        rows.append({"rate": row["rate"], "base": base, "tax": max(0, min(tax, left))})
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
    numerator, denominator = total * _thousandths(part), _thousandths(whole)
    return (2 * numerator + denominator) // (2 * denominator)


def _thousandths(quantity: Decimal) -> int:
    return int(EXACT_CONTEXT.scaleb(quantity, 3))
