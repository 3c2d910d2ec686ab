"""Reads the first sheet of an XLSX workbook row by row. Memory is needed for its shared strings, not for its rows."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from typing import BinaryIO

from skeleton.importexport.limits import SHEET_COLUMNS, Limits
from skeleton.importexport.reader.archives import Archive, Budget
from skeleton.importexport.reader.errors import InvalidFile, gettext_noop
from skeleton.importexport.reader.formats import shown
from skeleton.importexport.reader.parts import (
    PartParser,
    Relationships,
    SharedStrings,
    Styles,
    Workbook,
    sheets_of,
    unescaped,
    unreadable,
)
from skeleton.importexport.reader.rows import Cell, Row, ShownNumber, check_number

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.ASCII)
_EPOCH, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_LEAP_BUG = 60
"""Excel counts 29 February 1900, a day that never existed, so the days before it are off by one."""
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}
FORMULA = "="
"""Placeholder for a formula. Formulas are not evaluated."""


def xlsx_rows(file: BinaryIO, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a workbook's first sheet. Raises InvalidFile."""
    archive, budget = Archive(file, limits), Budget(limits)
    path = _workbook_in(archive, budget)
    relations, workbook = Relationships.of(archive, path, budget), Workbook()
    workbook.parse_all(archive, path, budget)
    styles, strings = Styles(), SharedStrings()
    for part, kind in ((styles, "styles"), (strings, "sharedStrings")):
        found = relations.first(kind)
        if found is not None:
            part.parse_all(archive, found, budget)
    sheet = next(sheets_of(relations, workbook), None)
    if sheet is None:
        raise InvalidFile(gettext_noop("The workbook has no sheet."))
    yield from _rows_in(archive, sheet, SheetPart(styles, strings, workbook), budget, limits)


def _workbook_in(archive: Archive, budget: Budget) -> str:
    """Return the path of the workbook part in the archive. Raises InvalidFile."""
    if "mimetype" in archive and archive.whole("mimetype", 50).startswith(b"application/vnd.oasis."):
        raise InvalidFile(gettext_noop("This is an OpenDocument file. Save it as XLSX or CSV."))
    if "xl/workbook.bin" in archive:
        raise InvalidFile(gettext_noop("This is a binary workbook (XLSB). Save it as XLSX or CSV."))
    if "[Content_Types].xml" not in archive or "_rels/.rels" not in archive:
        raise InvalidFile(gettext_noop("This is an archive, not a workbook. Only CSV and XLSX can be read."))
    found = Relationships.of(archive, "", budget).first("officeDocument")
    if found is None:
        raise unreadable()
    return found


def _rows_in(archive: Archive, path: str, sheet: "SheetPart", budget: Budget, limits: Limits) -> Iterator[Row]:
    """Yield a sheet's rows. Empty rows have a separate limit: regular files may have many, and they cost little."""
    for piece in archive.pieces(path):
        before = sheet.number
        sheet.parse(piece)
        has_empty_rows_only = sheet.number > before and not sheet.rows
        (budget.spend_empty if has_empty_rows_only else budget.spend)(len(piece))
        yield from sheet.take_rows()
    sheet.parse(b"", final=True)
    yield from sheet.take_rows()


class SheetPart(PartParser):
    """Parser of a sheet. It collects the non-empty rows in `rows` until they are taken."""

    TAGS = ("row", "c", "v", "f", "t", "rPh", "mergeCell")

    def __init__(self, styles: Styles, strings: SharedStrings, workbook: Workbook) -> None:
        super().__init__()
        self._dates, self._formats, self._texts = styles.dates, styles.formats, strings.texts
        self._epoch = _EPOCH_1904 if workbook.since_1904 else _EPOCH
        self.rows: list[Row] = []
        self.number = self._column = 0  # of the current row and cell
        self._first = self._width = self._last = 0  # the heading's row and cells, and the last row
        self._row: Row | None = None
        self._kind: str | None = None  # type of the current cell; None outside of cells
        self._is_date = self._is_formula = self._phonetic = False
        self._format = ""
        self._values: list[str] = []

    def take_rows(self) -> list[Row]:
        rows, self.rows = self.rows, []
        return rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            self._start_row(attributes.get("r"))
        elif tag == "c":
            self._start_cell(attributes)
        elif tag == "mergeCell":
            self._check_merged(attributes.get("ref", ""))
        elif self._kind is None:
            return
        elif tag == "f":
            self._is_formula = True
        elif tag == "v" or (tag == "t" and not self._phonetic):
            self._text = []
        elif tag == "rPh":
            self._phonetic = True

    def end(self, tag: str) -> None:
        if tag == "c":
            self._end_cell()
        elif tag in ("v", "t") and self._text is not None:
            self._values.append(self.pop_text())
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "row" and self._row is not None:
            if self._row.cells:
                self.rows.append(self._row)
                self._first, self._width = self._first or self.number, self._width or len(self._row.cells)
                self._last = self.number
            self._row = None

    def _check_merged(self, ref: str) -> None:
        """Refuse merged cells inside of the table, since only the first of them has the value."""
        corners = [_PLACE.fullmatch(corner) for corner in ref.partition(":")[::2]]
        first, last = corners[0], corners[-1]
        if first is None or last is None or first.group() == last.group():
            return
        if (
            _column_of(first.group(1)) <= self._width
            and self._first <= int(last.group(2))
            and int(first.group(2)) <= self._last
        ):
            raise InvalidFile(
                gettext_noop("The cells {cells} are merged. Split them, and write the value into each row."), cells=ref
            )

    def _start_row(self, name: str | None) -> None:
        number = self.number + 1
        if self._row is not None:
            raise self._damaged()
        if name is not None:
            if not name.isascii() or not name.isdecimal():
                raise self._damaged()
            if len(name) > 9:
                check_number(10**9)
            number = int(name)
        if number <= self.number:
            after = self.number
            raise InvalidFile(
                gettext_noop("The rows are out of order after row {after}. Open the file and save it again as XLSX."),
                after=after,
            )
        check_number(number)
        self.number, self._column = number, 0
        self._row = Row(number, [], (), ())

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self._row is None or self._kind is not None:
            raise self._damaged()
        name, column = attributes.get("r"), self._column + 1
        if name is not None:
            place = _PLACE.fullmatch(name)
            if place is None or int(place.group(2)) != self.number:
                raise self._damaged()
            column = _column_of(place.group(1))
        if column > SHEET_COLUMNS:
            number = self.number
            raise InvalidFile(
                gettext_noop("Row {number} has cells beyond column XFD, where every spreadsheet ends."), number=number
            )
        if column <= self._column:
            raise self._damaged()
        self._column, self._kind, self._values = column, attributes.get("t", "n"), []
        style = attributes.get("s", "0")
        is_known = bool(_DIGITS.fullmatch(style)) and int(style) < len(self._dates)
        self._is_date = is_known and self._dates[int(style)]
        self._format = self._formats[int(style)] if is_known else ""
        self._is_formula = self._phonetic = False

    def _end_cell(self) -> None:
        if self._row is None or self._kind is None:
            raise self._damaged()
        kind, value, self._kind = self._kind, "".join(self._values), None
        if self._is_formula:
            self._put(FORMULA, formula=True)
        elif kind == "e":
            self._put(value or "#", fault=True)
        elif value.strip():
            try:
                self._put(self._read(kind, value))
            except (ValueError, KeyError, IndexError, OverflowError):
                raise self._damaged() from None

    def _put(self, value: Cell, *, formula: bool = False, fault: bool = False) -> None:
        """Add a cell to the row, after padding it with empty ones."""
        if value == "":
            return
        number, cells, formulas, errors = self._row or Row(0, [])
        index = self._column - 1
        cells.extend([None] * (index - len(cells)))
        cells.append(value)
        if formula or fault:
            self._row = Row(
                number, cells, (*formulas, index) if formula else formulas, (*errors, index) if fault else errors
            )

    def _read(self, kind: str, value: str) -> Cell:
        """Return the value of a cell of a type. Raises ValueError, KeyError, IndexError or OverflowError."""
        if kind == "s":
            return self._texts[_index(value)]
        if kind in ("str", "inlineStr"):
            return unescaped(value)
        if kind == "b":
            return _BOOLEANS[value]
        if kind == "d":
            return _day_or_moment(dt.datetime.fromisoformat(value).replace(tzinfo=None))
        if kind != "n":
            raise ValueError(kind)
        number = _number(value.strip())
        if self._is_date:
            return self._date(number)
        text = shown(number, self._format) if self._format else None
        return number if text is None else ShownNumber(number, text)

    def _date(self, number: float) -> Cell:
        """Convert a number to a date, a datetime or a time of day."""
        day, fraction = divmod(number, 1)
        rest = dt.timedelta(milliseconds=round(fraction * 86_400_000))
        if day == 0 and rest < dt.timedelta(days=1):
            return (_EPOCH + rest).time().isoformat()
        if 0 < day < _LEAP_BUG and self._epoch == _EPOCH:
            day += 1
        return _day_or_moment(self._epoch + dt.timedelta(days=day) + rest)

    def _damaged(self) -> InvalidFile:
        number = self.number
        return InvalidFile(
            gettext_noop("The workbook is damaged at row {number}. Open it and save it again as XLSX."), number=number
        )


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    if abs(number) == math.inf:
        raise ValueError(text)
    return number


def _index(value: str) -> int:
    if not _DIGITS.fullmatch(value):
        raise ValueError(value)
    return int(value)


def _column_of(letters: str) -> int:
    """Return the number of a column: A is 1, XFD is 16384."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


def _day_or_moment(moment: dt.datetime) -> dt.date:
    return moment.date() if moment.time() == dt.time() else moment
