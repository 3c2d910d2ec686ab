"""Money: integers of minor units (cents) in an ISO 4217 currency, always within int64.

Stored amounts are always readable: withdrawn currencies keep their number of decimals, unknown codes have two.
New documents must be in a currency that is in use (`require_in_use`).
"""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from importlib.resources import files
from typing import Any

from django.utils.translation import gettext_lazy as _
from iso4217 import Currency

from skeleton.kernel.days import today
from skeleton.kernel.errors import Invalid

MAX_AMOUNT = 2**63 - 1
"""The largest amount in minor units: the maximum of a PostgreSQL bigint."""

CURRENCIES: frozenset[str] = frozenset(currency.code for currency in Currency)
"""All alphabetic codes of ISO 4217 that are in use today."""


@dataclass(frozen=True, slots=True)
class WithdrawnCurrency:
    """A currency withdrawn from ISO 4217: its number of decimals, and the last day on which it was in use."""

    digits: int
    last_day: dt.date


def _read_withdrawn() -> dict[str, WithdrawnCurrency]:
    text = (files("skeleton.kernel") / "withdrawn_currencies.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: WithdrawnCurrency(int(row["digits"]), dt.date.fromisoformat(row["last_day"])) for row in rows}


WITHDRAWN_CURRENCIES: Mapping[str, WithdrawnCurrency] = _read_withdrawn()
KNOWN_CURRENCIES: frozenset[str] = CURRENCIES | WITHDRAWN_CURRENCIES.keys()
"""The codes that documents can have: current and withdrawn ones."""

NOT_A_CURRENCY: frozenset[str] = frozenset({"XXX", "XTS", "XAU", "XAG", "XPT", "XPD"})
"""ISO 4217 codes for no currency, for tests and for metals. They are never offered."""

CURRENCY_COLUMNS = ("currency", "currency_code", "shipping_currency")
"""The names of columns and fields with a currency, in all apps."""

NOT_IN_USE_MESSAGE = _("This currency is not in use. Choose a current one (ISO 4217 code).")

DEFAULT_DIGITS = 2
_DIGITS: Mapping[str, int] = {
    **{code: found.digits for code, found in WITHDRAWN_CURRENCIES.items()},
    **{currency.code: currency.exponent or 0 for currency in Currency},
}


EXACT_CONTEXT = Context(prec=100)
"""Lossless arithmetic: the maximum quantity times the maximum price has 34 digits; Python's default is 28."""


def round_half_away(value: Decimal) -> int:
    """Round `value` to a whole number, half away from zero. The only rounding rule for money."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT_CONTEXT))


def within_int64(amount: int, *, field: str) -> int:
    """Return `amount`, in minor units, if it fits the int64 in which money is stored.

    Raises Invalid for `field` otherwise.
    """
    if abs(amount) > MAX_AMOUNT:
        raise Invalid(_("The amount is too large."), details={field: _("Is too large: it exceeds 2^63 - 1.")})
    return amount


def minor_digits(currency: str) -> int:
    """Return the number of decimals (ISO 4217): 2 for USD, 0 for JPY, 3 for BHD; 2 for unknown codes."""
    return _DIGITS.get(currency, DEFAULT_DIGITS)


def is_in_use(code: str, day: dt.date | None = None) -> bool:
    """Return whether a new document of `day` (default: today) can have this currency."""
    withdrawn = WITHDRAWN_CURRENCIES.get(code)
    if withdrawn and code not in CURRENCIES:
        return (day or today()) <= withdrawn.last_day
    return code in CURRENCIES and code not in NOT_A_CURRENCY


def currencies_in_use() -> list[str]:
    """Return the codes that new documents can have today, sorted."""
    return sorted(code for code in KNOWN_CURRENCIES if is_in_use(code))


def require_in_use(values: Mapping[str, Any], *, day: dt.date | None = None, path: str = "") -> None:
    """Check the currencies among `values` of a new document, or those that change.

    Raises Invalid, with the field (prefixed by `path`), for a currency that is not in use on `day`.
    """
    for name in CURRENCY_COLUMNS:
        code = values.get(name)
        if code and not is_in_use(code, day):
            raise Invalid(NOT_IN_USE_MESSAGE, details={f"{path}{name}": NOT_IN_USE_MESSAGE})
