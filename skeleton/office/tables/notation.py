"""The notation of numbers in a file: decided once for the whole file, from cells that can mean one number only.

`1,234` and `1.234` are a thousand in one notation and one and a quarter in the other. They are read if the user chose a
notation, or if another cell of the file follows one of them only (`12,5`, `1.234,50`, `0,250`), else they are refused.
"""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.number_formats import MINUS, InvalidNumber, NumberFormat
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text

_LARGEST = Decimal(10) ** 30
_MOST_EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number."""
_ROUNDED = re.compile(r"[+-]?[0-9]([.,][0-9]+)?[eE][+-][0-9]{2,3}")
"""A long number as spreadsheets show it: `1.23457E+11`."""
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")


class CellError(Exception):
    """A cell with an invalid value. The message says what is expected."""


class ShownNumber(NamedTuple):
    """A number in a workbook that its format shows as something else, such as 1067 as 01067."""

    value: float
    text: str

    def __str__(self) -> str:
        return self.text


class Notation(StrEnum):
    """What separates the decimals in a file."""

    POINT = "point"
    COMMA = "comma"


_FORMATS = {Notation.POINT: NumberFormat(".", ",'’"), Notation.COMMA: NumberFormat(",", ".'’")}
EXAMPLES = {Notation.POINT: "1,234.50", Notation.COMMA: "1.234,50"}


def notation_of(texts: Iterable[str]) -> Notation | None:
    """Return the notation that the numbers of a file follow: None if nothing shows it, or they follow both."""
    shown = {notation for text in texts for notation in _shown_by(text)}
    return shown.pop() if len(shown) == 1 else None


def is_ambiguous(text: str) -> bool:
    """Return whether a text is a different number in each notation."""
    return len(set(_readings(text).values())) > 1


def _shown_by(text: str) -> Iterable[Notation]:
    found = _readings(text)
    return found if len(found) == 1 else ()


def _readings(text: str) -> dict[Notation, Decimal]:
    """Return the number that a text is in each notation that it follows."""
    found = {}
    for notation, written in _FORMATS.items():
        try:
            found[notation] = written.parse(text)
        except InvalidNumber:
            continue
    return found


def decimal_of(cell: object, notation: Notation | None = None) -> Decimal:
    """Return the number in a cell of a file, with the notation of the file if it is known. Raises CellError."""
    if isinstance(cell, ShownNumber):
        value = _plain(cell)
    elif isinstance(cell, str):
        value = _number_in(cell, notation)
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        value = _exact(cell)
    else:
        raise CellError(_("Must be a number."))
    if not value.is_finite() or abs(value) > _LARGEST or (value and value.adjusted() < -30):
        raise CellError(_("Must be a number of ordinary size."))
    return value


def _plain(cell: ShownNumber) -> Decimal:
    """Return the number in a cell, unless its format shows another one. Raises CellError."""
    if "%" in cell.text or ":" in cell.text:
        raise CellError(format_text(_("Is shown as {text}. Write it as a plain number."), text=cell.text))
    return _exact(cell.value)


def text_of(cell: object) -> str:
    """Return a cell as a text, such as a code of digits that a spreadsheet took for a number. Raises CellError."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float):
        if abs(cell) >= _MOST_EXACT:
            raise CellError(_("Has more digits than a spreadsheet keeps. Format the cell as text and type it again."))
        return f"{_exact(cell).normalize():f}"
    text = str(cell).strip()
    if _ROUNDED.fullmatch(text):
        raise CellError(format_text(_("{text} has lost digits. Format the cell as text and type it again."), text=text))
    return text


def _exact(number: float | Decimal) -> Decimal:
    """Return a number with all digits of the spreadsheet, without the noise of binary fractions."""
    try:
        return Decimal(f"{number:.15g}" if isinstance(number, float) else number)
    except InvalidOperation:
        raise CellError(_("Must be a number.")) from None


def _number_in(text: str, notation: Notation | None) -> Decimal:
    found = _readings(text)
    if notation in found:
        return found[notation]
    if notation is not None and found:
        raise CellError(format_text(_("Numbers in this file are written like {example}."), example=EXAMPLES[notation]))
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    raise CellError(_why_not(text, found))


def _why_not(text: str, found: dict[Notation, Decimal]) -> Text:
    if found:
        return format_text(
            _(
                "{text} could be either of two numbers. Choose how numbers are written in this file, "
                "or write it without separators."
            ),
            text=text.strip(),
        )
    if _SCIENTIFIC.fullmatch(text.strip().replace(MINUS, "-")):
        return _("Scientific notation may have lost digits. Write the number in full.")
    return _("Must be a number.")
