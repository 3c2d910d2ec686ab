"""Reads dates as people write them: as in ISO 8601, or in the order of the page's language.

Reading is strict. `01/02/2027` is 1 February in one country and 2 January in another, so it is refused with the ways to
write it, never guessed. The formats of each language are in `backoffice/formats`.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator

from django.utils.formats import date_format, get_format
from django.utils.translation import get_language, gettext, override

_THREE_NUMBERS = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")
_EXAMPLE = dt.date(2026, 1, 31)


class InvalidDate(ValueError):
    """A text that is not a date in the language's order. The message says how to write it, in the page's language."""


_LONGEST = 100
"""No date is longer, and the normal form of a very long text takes very long."""


def parse_date(text: str, language: str | None = None) -> dt.date:
    """Return the date that `text` stands for in a language (default: the active one). Raises InvalidDate."""
    if len(text) > _LONGEST:
        raise InvalidDate(_advice("", language))
    typed = " ".join(unicodedata.normalize("NFKC", text).split())
    for form in get_format("DATE_INPUT_FORMATS", language):
        try:
            return dt.datetime.strptime(typed, form).date()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            continue
    raise InvalidDate(_advice(typed, language))


def _advice(typed: str, language: str | None) -> str:
    """Return how to write what was probably meant: a date in another order, or any date."""
    meant = sorted(set(_readings(typed)))
    if len(meant) > 1:
        told = gettext("This date is ambiguous. Choose it from the calendar, or write {first} or {second}.")
        return told.format(first=meant[0], second=meant[1])
    if meant:
        return gettext("Write this date as {example}, or choose it from the calendar.").format(example=meant[0])
    with override(language or get_language()):
        example = date_format(_EXAMPLE, "SHORT_DATE_FORMAT")
    told = gettext("Write a date such as {example} or {iso}, or choose it from the calendar.")
    return told.format(example=example, iso=_EXAMPLE)


def _readings(typed: str) -> Iterator[dt.date]:
    """Yield the dates that three numbers stand for, the year last: with the day first, and with the month first."""
    if found := _THREE_NUMBERS.fullmatch(typed):
        first, second, year = (int(found[group]) for group in (1, 3, 4))
        for day, month in ((first, second), (second, first)):
            try:
                yield dt.date(year, month, day)
            except ValueError:
                continue
