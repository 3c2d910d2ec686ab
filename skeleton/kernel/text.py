"""Amounts, numbers and days as the readers of each language write them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from skeleton.kernel.money import minor_digits

_NARROW = "\u202f"
"""A no-break space, narrow: between groups of digits it keeps a number together."""
_NO_BREAK = "\u00a0"
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class _Style:
    group: str
    point: str


_STYLES: dict[str, _Style] = {
    "en": _Style(",", "."),
    "uk": _Style(_NARROW, ","),
    "de": _Style(".", ","),
}
LANGUAGES = tuple(_STYLES)

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def number_text(value: Decimal | int, language: str, *, places: int | None = None) -> str:
    """`number_text(Decimal("1234.5"), "de") == "1.234,5"`; with `places` so many decimals, else as few as it has."""
    style = _STYLES[language]
    plain = f"{value:,.{places}f}" if places is not None else f"{Decimal(value).normalize():,f}"
    return plain.translate({ord(","): style.group, ord("."): style.point, ord("-"): _MINUS})


def amount_text(minor: int, currency: str, language: str) -> str:
    """Minor units as a number with the currency's decimals: 155000 USD is `1,550.00` in English."""
    digits = minor_digits(currency)
    return number_text(Decimal(minor).scaleb(-digits), language, places=digits)


def money_text(minor: int, currency: str, language: str) -> str:
    """Minor units with their currency, which never stands on a line by itself: `1,550.00 USD`."""
    return f"{amount_text(minor, currency, language)}{_NO_BREAK}{currency}"


def day_text(day: dt.date, language: str) -> str:
    """A day as nobody can misread it: `3 February 2026` in English, `03.02.2026` elsewhere."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day:02}.{day.month:02}.{day.year:04}"
