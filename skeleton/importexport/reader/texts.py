"""Reads CSV in the usual encodings and with the usual separators."""

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from skeleton.importexport.limits import Limits
from skeleton.importexport.reader.errors import InvalidFile, gettext_noop
from skeleton.importexport.reader.rows import Row, check_number

SEPARATORS = ",;\t|"
HEAD = 20_000
"""Bytes used to detect the separator, and whether the file is a text."""

_SEPARATOR_LINE = re.compile(r"sep=([^\w\s\"]|\t)(?=[\r\n])", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def csv_rows(file: BinaryIO, encoding: str | None, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a CSV. `encoding` is detected unless it is given. Raises InvalidFile."""
    content = file.read()
    name = _encoding_of(content, encoding)
    head = content[:HEAD].decode(name, errors="ignore")
    lines = _Lines(io.TextIOWrapper(io.BytesIO(content), encoding=name, errors="replace", newline=""), limits.record)
    named = _SEPARATOR_LINE.match(head)
    if named:
        next(lines)
        lines.start_record()
    csv.field_size_limit(limits.record)  # `_Lines` refuses longer ones, with a better message
    return _records(csv.reader(lines, delimiter=named.group(1) if named else _separator(head)), lines)


def _records(records: Iterator[list[str]], lines: "_Lines") -> Iterator[Row]:
    while True:
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error:
            number = lines.number
            raise InvalidFile(
                gettext_noop("Row {number} cannot be read as CSV. Look at its quotation marks."), number=number
            ) from None
        check_number(lines.number)
        yield Row(lines.number, [cell or None for cell in cells])
        lines.start_record()


class _Lines:
    """The lines of a text, for the CSV reader. Refuses a record before it becomes too long for memory."""

    def __init__(self, text: TextIO, longest: int) -> None:
        self._text, self._longest = text, longest
        self._record_length = 0  # characters of the record
        self.number = 1  # of the record

    def start_record(self) -> None:
        self._record_length = 0
        self.number += 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._longest + 1)
        if not line:
            raise StopIteration
        if "\0" in line:
            raise _no_text()
        self._record_length += len(line)
        if self._record_length > self._longest:
            number, most = self.number, self._longest
            raise InvalidFile(
                gettext_noop("Row {number} has more than {most} characters. Perhaps a quotation mark is not closed."),
                number=number,
                most=most,
            )
        return line


def _encoding_of(content: bytes, encoding: str | None) -> str:
    """Return the encoding: from a byte order mark if there is one, as given, or detected. Raises InvalidFile."""
    given = next((name for mark, name in _MARKS if content.startswith(mark)), encoding)
    try:
        content.decode(given or "utf-8")
    except UnicodeDecodeError:
        if given:
            name = given.removesuffix("-sig").upper()
            raise InvalidFile(gettext_noop("The file is not in {name}."), name=name) from None
        return _one_byte_encoding(content)
    return given or "utf-8"


def _one_byte_encoding(content: bytes) -> str:
    """Return Windows' Cyrillic or Western European encoding.

    In Cyrillic text, bytes above 127 occur in runs. In Western text, each occurs alone among ASCII letters. Raises
    InvalidFile if the head has control characters: text has none, and its first line must not be read as column names.
    """
    if _CONTROL.search(content, 0, HEAD):
        raise _no_text()
    accented = re.findall(rb"[\x80-\xff]+", content[:1_000_000])
    together = sum(len(run) for run in accented if len(run) > 1)
    return "cp1251" if together * 2 > sum(map(len, accented)) else "cp1252"


def _no_text() -> InvalidFile:
    return InvalidFile(gettext_noop("This is neither a workbook nor a text. Save it as XLSX, or as CSV in UTF-8."))


def _separator(head: str) -> str:
    """Return the most frequent separator in the heading."""
    heading = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", head.lstrip(), maxsplit=1)[0])
    return max(SEPARATORS, key=heading.count)
