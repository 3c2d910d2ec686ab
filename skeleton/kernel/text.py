"""Localized formatting of texts with values, amounts, numbers and dates.

Documents and e-mails pass a language and get typographic spaces and minus signs (`format_money`, `format_date`). Pages
and messages use the active language and Django's formats (`local_money`, `local_day`), which forms can parse.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from skeleton.kernel.days import zone_name
from skeleton.kernel.money import EXACT_CONTEXT, minor_digits
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


_NARROW = "\u202f"
"""A narrow no-break space, which keeps grouped digits together."""
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
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def format_number(value: Decimal | int, language: str, *, places: int | None = None) -> str:
    """Format a number: `format_number(Decimal("1234.5"), "de") == "1.234,5"`. `places` is the number of decimals."""
    style = _STYLES[language]
    plain = f"{value:,.{places}f}" if places is not None else f"{Decimal(value).normalize():,f}"
    return plain.translate({ord(","): style.group, ord("."): style.point, ord("-"): _MINUS})


def format_amount(minor: int, currency: str, language: str) -> str:
    """Format minor units as a number with the currency's decimals: 155000 USD is `1,550.00` in English."""
    digits = minor_digits(currency)
    return format_number(Decimal(minor).scaleb(-digits), language, places=digits)


def format_money(minor: int, currency: str, language: str) -> str:
    """Format minor units with the currency, without a line break in between: `1,550.00 USD`."""
    return f"{format_amount(minor, currency, language)}{_NO_BREAK}{currency}"


def format_date(day: dt.date, language: str) -> str:
    """Format a date unambiguously: `3 February 2026` in English, `03.02.2026` in other languages."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


# --- in the active language -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units with its currency, as a value of `format_text`."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return local_money(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a state or kind, as a value of `format_text`. English uses lower case within a sentence."""

    label: Text

    def __str__(self) -> str:
        return str(self.label).lower() if get_language() in (None, "en") else str(self.label)


def local_money(minor: int, currency: str) -> str:
    """Format minor units with their currency in the active language: `1,550.00 USD`, `1.550,00 USD`."""
    return f"{local_amount(minor, currency)} {currency}"


def local_amount(minor: int, currency: str) -> str:
    """Format minor units with the currency's decimals in the active language: `1,550.00`, `1.550,00`."""
    digits = minor_digits(currency)
    return _grouped(Decimal(minor).scaleb(-digits, EXACT_CONTEXT), digits)


def local_number(value: Decimal | int, *, signed: bool = False, places: int | None = None) -> str:
    """Format a quantity or a rate in the active language, with `places` decimals or as few as possible.

    `signed` puts `+` before an increase.
    """
    exact = Decimal(value).normalize(EXACT_CONTEXT)
    shown = _grouped(exact, max(0, -int(exact.as_tuple().exponent)) if places is None else places)
    return f"+{shown}" if signed and value > 0 else shown


def _grouped(value: Decimal, places: int) -> str:
    """Format a number in groups of three digits. English if no language is active, as for the API."""
    if not get_language():
        return f"{value:,.{places}f}"
    return number_format(f"{value:.{places}f}", decimal_pos=places, force_grouping=True)


def local_day(day: dt.date) -> str:
    """Format a date: `3 Feb 2026` in English, `03.02.2026` in other languages; ISO 8601 if none is active (API)."""
    return date_format(day, "SHORT_DATE_FORMAT") if get_language() else day.isoformat()


def _formatted(template: object, values: dict[str, object]) -> str:
    return str(template).format(**{name: _shown(value) for name, value in values.items()})


def _shown(value: object) -> object:
    """Format a value in the active language. Strings stay as they are, lazy texts are translated."""
    if isinstance(value, (Promise, Money, Label)):
        return str(value)
    if isinstance(value, Decimal):
        return local_number(value)
    if isinstance(value, dt.date):
        return local_day(value)
    return value


_in_zone_lazily = cast(
    "Callable[[Text], _StrPromise]", lazy(lambda template: str(template).format(zone=zone_name()), str)
)
_format_lazily = cast("Callable[[Text, Values], _StrPromise]", lazy(_formatted, str))


def text_in_language(texts: Mapping[str, str], language: str | None = None) -> str:
    """Return one of `texts` by language: that of `language`, by default the active one, else the English one."""
    return texts.get(language or get_language() or "") or texts["en"]


def in_zone(template: Text) -> "_StrPromise":
    """Return a title of times, with the time zone in which pages show them as `{zone}`."""
    return _in_zone_lazily(template)


def format_text(template: Text, /, **values: object) -> "_StrPromise":
    """Return a text with values, both rendered in the language that is active when it is shown.

    `template` is marked with gettext_lazy. Decimals, dates, `Money` and `Label` are formatted in the language, lazy
    texts are translated, and strings, such as names from users, stay unchanged. (Django's `format_lazy` doesn't format
    numbers.)
    """
    return _format_lazily(template, values)


def join_texts(texts: Sequence[Text]) -> "_StrPromise":
    """Return the texts as a list with commas, each rendered in the language that is active when it is shown."""
    return _join_lazily(texts)


def _joined(texts: Sequence[Text]) -> str:
    return ", ".join(map(str, texts))


_join_lazily = cast("Callable[[Sequence[Text]], _StrPromise]", lazy(_joined, str))
