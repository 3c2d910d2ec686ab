"""Rows of a file, and the checks common to all formats."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from skeleton.importexport.errors import BadFile, TooMuch
from skeleton.importexport.limits import SHEET_ROWS, Limits

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that PostgreSQL cannot store: NUL and unpaired surrogates."""

Cell = Any
"""A text, a number, a boolean, a date, a datetime, or None."""


class Row(NamedTuple):
    """A row and its number in the file. `formulas` and `faults` are the indexes of cells with a formula or an error."""

    number: int
    cells: list[Cell]
    formulas: tuple[int, ...] = ()
    faults: tuple[int, ...] = ()


def fitted(rows: Iterable[Row], limits: Limits) -> Iterator[Row]:
    """Yield the non-empty rows: the heading first, then each row padded to its width. Raises BadFile."""
    width = 0
    for number, cells, formulas, faults in rows:
        _trim(cells)
        if not cells:
            continue
        _check(cells, number, limits)
        if not width:
            width = len(cells)
        elif len(cells) > width:
            raise BadFile(f"Row {number} has more cells than the heading has names.")
        yield Row(number, cells + [None] * (width - len(cells)), formulas, faults)


def check_number(number: int) -> None:
    """Raise BadFile if the row number exceeds a spreadsheet's limit."""
    if number > SHEET_ROWS:
        most = f"{SHEET_ROWS:,}"
        raise BadFile(f"The file has rows beyond row {most}, where every spreadsheet ends. Delete the empty rows.")


def _trim(cells: list[Cell]) -> None:
    """Remove the empty cells at the end."""
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()


def _check(cells: list[Cell], number: int, limits: Limits) -> None:
    if number > limits.rows + 1:
        most = f"{limits.rows:,}"
        raise TooMuch(f"The file has more than {most} rows. Split it.")
    if len(cells) > limits.columns:
        most = str(limits.columns)
        raise BadFile(f"Row {number} has more than {most} columns.")
    for cell in cells:
        if isinstance(cell, str) and len(cell) > limits.cell:
            most = f"{limits.cell:,}"
            raise BadFile(f"Row {number} has a cell of more than {most} characters.")
        if isinstance(cell, str) and _UNSTORABLE.search(cell):
            raise BadFile(f"Row {number} has a cell with characters that cannot be stored. Type its text again.")
