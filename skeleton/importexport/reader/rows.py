"""Rows of a file, and the checks common to all formats."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from skeleton.importexport.limits import SHEET_ROWS, Limits
from skeleton.importexport.reader.errors import InvalidFile, LimitExceeded, gettext_noop

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that PostgreSQL cannot store: NUL and unpaired surrogates."""

Cell = Any
"""A text, a number, a number with the text that its format shows, a boolean, a date, a datetime, or None."""

_ERROR = re.compile(
    r"#(N/A|N/D|NV|Н/Д|NULL!|NUL!|ПУСТО!|DIV/0!|ДЕЛ/0!|ДІЛ/0!|VALUE!|WERT!|VALEUR!|ЗНАЧ!|REF!|BEZUG!|ССЫЛКА!|ПОСИЛАННЯ!"
    r"|NAME\?|NOM\?|ИМЯ\?|ІМ['’]Я\?|NUM!|ZAHL!|NOMBRE!|ЧИСЛО!|GETTING_DATA|SPILL!|ÜBERLAUF!|CALC!|#+)|Err:[0-9]{3}"
)
"""What spreadsheet programs write instead of a value that they cannot work out or show, in their languages."""


class ShownNumber(NamedTuple):
    """A number that its format shows as something else, such as 1067 as 01067."""

    value: float
    text: str


class Row(NamedTuple):
    """A row and its number in the file. `formulas` and `faults` are the indexes of cells with a formula or an error."""

    number: int
    cells: list[Cell]
    formulas: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()


def normalized(rows: Iterable[Row], limits: Limits) -> Iterator[Row]:
    """Yield the non-empty rows: the heading first, then each row padded to its width. Raises InvalidFile."""
    width = 0
    for number, cells, formulas, errors in rows:
        _trim(cells)
        if not cells:
            continue
        _check(cells, number, limits)
        if not width:
            width = len(cells)
        elif len(cells) > width:
            raise InvalidFile(gettext_noop("Row {number} has more cells than the heading has names."), number=number)
        faults = tuple(n for n, cell in enumerate(cells) if isinstance(cell, str) and _ERROR.fullmatch(cell.strip()))
        yield Row(number, cells + [None] * (width - len(cells)), formulas, tuple(sorted({*errors, *faults})))


def check_number(number: int) -> None:
    """Raise InvalidFile if the row number exceeds a spreadsheet's limit."""
    if number > SHEET_ROWS:
        most = SHEET_ROWS
        raise InvalidFile(
            gettext_noop("The file has rows beyond row {most}, where every spreadsheet ends. Delete the empty rows."),
            most=most,
        )


def _trim(cells: list[Cell]) -> None:
    """Remove the empty cells at the end."""
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()


def _check(cells: list[Cell], number: int, limits: Limits) -> None:
    if number > limits.rows + 1:
        most = limits.rows
        raise LimitExceeded(gettext_noop("The file has more than {most} rows. Split it."), most=most)
    if len(cells) > limits.columns:
        most = limits.columns
        raise InvalidFile(gettext_noop("Row {number} has more than {most} columns."), number=number, most=most)
    for cell in cells:
        if isinstance(cell, str) and len(cell) > limits.cell:
            most = limits.cell
            raise InvalidFile(
                gettext_noop("Row {number} has a cell of more than {most} characters."), number=number, most=most
            )
        if isinstance(cell, str) and _UNSTORABLE.search(cell):
            raise InvalidFile(
                gettext_noop("Row {number} has a cell with characters that cannot be stored. Type its text again."),
                number=number,
            )
        if isinstance(cell, str) and "\ufffd" in cell:
            raise InvalidFile(
                gettext_noop(
                    "Row {number} has a replacement character (U+FFFD) in place of a lost one. Type its text again."
                ),
                number=number,
            )
