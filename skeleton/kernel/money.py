"""Money: integers of minor units (cents) in an ISO 4217 currency, always within int64.

What is stored is always readable: withdrawn currencies keep the digits that they had, a code that nobody knows has two.
What is new must be in a currency that is in use (`require_offered`).
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
"""The largest amount, in minor units, that a PostgreSQL bigint holds."""

CURRENCIES: frozenset[str] = frozenset(currency.code for currency in Currency)
"""Every alphabetic code of ISO 4217 that is in use today."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A currency that ISO 4217 withdrew: the digits of its minor unit, and the last day on which it was in use."""

    digits: int
    last_day: dt.date


def _read_withdrawn() -> dict[str, Withdrawn]:
    text = (files("skeleton.kernel") / "withdrawn_currencies.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: Withdrawn(int(row["digits"]), dt.date.fromisoformat(row["last_day"])) for row in rows}


WITHDRAWN: Mapping[str, Withdrawn] = _read_withdrawn()
KNOWN: frozenset[str] = CURRENCIES | WITHDRAWN.keys()
"""Codes that documents may have: those in use and those that once were."""

NO_MONEY: frozenset[str] = frozenset({"XXX", "XTS", "XAU", "XAG", "XPT", "XPD"})
"""Codes of ISO 4217 for no currency, for tests, and for metals: never offered."""

CURRENCY_COLUMNS = ("currency", "currency_code", "shipping_currency")
"""What columns and fields that hold a currency are called, in every app."""

NOT_OFFERED = _("This currency is not in use. Choose a current one (ISO 4217 code).")

DEFAULT_DIGITS = 2
_DIGITS: Mapping[str, int] = {
    **{code: found.digits for code, found in WITHDRAWN.items()},
    **{currency.code: currency.exponent or 0 for currency in Currency},
}


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
        raise Invalid(_("The amount is too large."), details={field: _("Is too large: it exceeds 2^63 - 1.")})
    return amount


def minor_digits(currency: str) -> int:
    """How many decimals the currency has (ISO 4217): 2 for USD, 0 for JPY, 3 for BHD; 2 for a code nobody knows."""
    return _DIGITS.get(currency, DEFAULT_DIGITS)


def is_offered(code: str, day: dt.date | None = None) -> bool:
    """Whether a new document of `day` (UTC, by default today) may be in this currency."""
    withdrawn = WITHDRAWN.get(code)
    if withdrawn and code not in CURRENCIES:
        return (day or today()) <= withdrawn.last_day
    return code in CURRENCIES and code not in NO_MONEY


def offered() -> list[str]:
    """The codes that new documents may have today, in order."""
    return sorted(code for code in KNOWN if is_offered(code))


def require_offered(values: Mapping[str, Any], *, day: dt.date | None = None, path: str = "") -> None:
    """Check the currencies among `values` of a new document, or those that change.

    Raises Invalid, naming the field (behind `path`), for one that is not in use on `day`.
    """
    for name in CURRENCY_COLUMNS:
        code = values.get(name)
        if code and not is_offered(code, day):
            raise Invalid(NOT_OFFERED, details={f"{path}{name}": NOT_OFFERED})
