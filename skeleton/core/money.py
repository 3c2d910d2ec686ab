"""Money: integers of minor units (cents) in an ISO 4217 currency, always within int64."""

from decimal import ROUND_HALF_UP, Context, Decimal

from iso4217 import Currency

from skeleton.core.errors import Invalid

MAX_AMOUNT = 2**63 - 1
"""The largest amount, in minor units, that a PostgreSQL bigint holds."""

CURRENCIES: frozenset[str] = frozenset(currency.code for currency in Currency)
"""Every alphabetic code of ISO 4217."""


EXACT = Context(prec=100)
"""Arithmetic without loss: the greatest quantity times the greatest price has 34 digits; Python's default keeps 28."""


def round_half_away(value: Decimal) -> int:
    """`value` rounded to a whole number, a half going away from zero. The one rounding rule for money."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT))


def within_int64(amount: int, *, field: str) -> int:
    """`amount` itself, in minor units.

    Raises Invalid, naming `field`, when it does not fit the int64 that money is kept in.
    """
    if abs(amount) > MAX_AMOUNT:
        raise Invalid("The amount is too large.", details={field: "Is too large: it exceeds 2^63 - 1."})
    return amount


def minor_digits(currency: str) -> int:
    """How many decimals the currency has (ISO 4217): 2 for USD, 0 for JPY, 3 for BHD."""
    return Currency(currency).exponent or 0


def format_money(amount: int, currency: str) -> str:
    """`amount` minor units as people read it: `format_money(155000, "USD") == "1,550.00 USD"`."""
    return f"{format_amount(amount, currency)} {currency}"


def format_amount(amount: int, currency: str) -> str:
    """The same where the currency is said elsewhere: `format_amount(155000, "USD") == "1,550.00"`."""
    digits = minor_digits(currency)
    return f"{Decimal(amount).scaleb(-digits, EXACT):,.{digits}f}"
