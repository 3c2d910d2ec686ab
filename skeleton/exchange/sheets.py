"""Reading tables that people made: CSV in whatever encoding and with whatever separator, and XLSX.

A sheet is a heading and rows of cells. A cell is a text, a number, a boolean, a day, or None. Nothing that is read can
cost more than the limits here: not by its size, not by what it unfolds to, not by the number of its rows or columns.
"""

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from skeleton.core.spreadsheets import plain_text
from skeleton.exchange.errors import BadFile

MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_CELL = 100_000  # characters
MOST_UNFOLDED = 400_000_000
"""Bytes that an XLSX file, which is a ZIP archive, may unfold to: some ten times what 25 MB usually do."""
MOST_PARTS = 2_000

Cell = Any


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number in the file, where the heading is the first. `formulas` are the columns that hold one."""

    number: int
    cells: list[Cell]
    formulas: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the names of its columns, and its rows, which can be gone through once. Empty rows are left out."""

    heading: list[str]
    rows: Iterator[Row]


def open_sheet(content: bytes, *, encoding: str | None = None) -> Sheet:
    """The table in a file; of a workbook, its first sheet. `encoding` is that of a CSV, found out unless it is given.

    Raises BadFile; so does going through the rows.
    """
    if not content.strip():
        raise BadFile("The file is empty.")
    if content.startswith(b"PK\x03\x04"):
        rows = _rows_of_xlsx(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile("This is a file of an old Excel. Save it as XLSX or CSV.")
    else:
        rows = _rows_of_csv(_decoded(content, encoding))
    try:
        first = next(rows)
    except StopIteration:
        raise BadFile("The file has no rows.") from None
    heading = [str(cell).strip() if cell is not None else "" for cell in first.cells]
    while heading and not heading[-1]:
        heading.pop()
    return Sheet(heading, _fitted(rows, len(heading)))


def _fitted(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """The rows that say anything, each as wide as the heading."""
    taken = 0
    for row in rows:
        cells = row.cells[:width] + [None] * (width - len(row.cells))
        if all(_is_empty(cell) for cell in row.cells):
            continue
        if any(not _is_empty(cell) for cell in row.cells[width:]):
            number = row.number
            raise BadFile(f"Row {number} has more cells than the heading has names.")
        taken += 1
        if taken > MOST_ROWS:
            most = f"{MOST_ROWS:,}"
            raise BadFile(f"The file has more than {most} rows. Split it.")
        yield Row(row.number, cells, row.formulas)


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _checked(cells: list[Cell], number: int) -> list[Cell]:
    while cells and cells[-1] is None:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        most = str(MOST_COLUMNS)
        raise BadFile(f"Row {number} has more than {most} columns.")
    if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in cells):
        most = f"{LONGEST_CELL:,}"
        raise BadFile(f"Row {number} has a cell of more than {most} characters.")
    return cells


# --- CSV --------------------------------------------------------------------------------------------------------------

SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def _decoded(content: bytes, encoding: str | None) -> str:
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            encoding = name
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding:
            name = encoding.removesuffix("-sig").upper()
            raise BadFile(f"The file is not in {name}.") from None
    return content.decode(_one_byte_encoding(content), errors="replace")


def _one_byte_encoding(content: bytes) -> str:
    """Windows' encoding of Cyrillic or of Western Europe.

    In Cyrillic texts the letters above 127 stand side by side; in Western ones each stands alone among plain letters.
    """
    accented = re.findall(rb"[\x80-\xff]+", content[:1_000_000])
    together = sum(len(run) for run in accented if len(run) > 1)
    return "cp1251" if together * 2 > sum(map(len, accented)) else "cp1252"


def _rows_of_csv(text: str) -> Iterator[Row]:
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    separator = named.group(1) if named else _separator(body)
    lines = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
    number = int(bool(named))
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            line = number + 1
            raise BadFile(f"Line {line} is not CSV: {error}.") from None
        number += 1
        yield Row(number, _checked([plain_text(cell) or None for cell in cells], number))


def _separator(text: str) -> str:
    """What separates the names in the heading."""
    heading = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(SEPARATORS, key=heading.count)


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _rows_of_xlsx(content: bytes) -> Iterator[Row]:
    _check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size need not be true
        for number, cells in enumerate(sheet.iter_rows(), 1):
            formulas = tuple(index for index, cell in enumerate(cells) if cell.data_type == "f")
            yield Row(number, _checked([_value(cell.value) for cell in cells], number), formulas)
    except BadFile:
        raise
    except _FAULTS as error:
        raise BadFile("The file is not a workbook that can be read. Save it again as XLSX, or as CSV.") from error


_FAULTS: tuple[type[Exception], ...] = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError, OSError, OverflowError, EOFError,
    NotImplementedError, RuntimeError, InvalidFileException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What the reading of a broken or hostile workbook ends with; XML's ParseError is a SyntaxError."""


def _check_archive(content: bytes) -> None:
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except _FAULTS as error:
        raise BadFile("The file is damaged: it cannot be opened as XLSX.") from error
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise BadFile("This is an archive, not a workbook. Only CSV and XLSX can be read.")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNFOLDED:
        raise BadFile("The workbook unfolds to more than can be read. Split it, or save it as CSV.")


def _value(value: Cell) -> Cell:
    if isinstance(value, str):
        return unescape(value) or None
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else value
    return value
