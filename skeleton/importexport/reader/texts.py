"""Reads CSV in the usual encodings and with the usual separators."""

import csv
import io
import re
from collections.abc import Iterator
from typing import TextIO

from skeleton.importexport.limits import Limits
from skeleton.importexport.reader.encodings import detect, no_text
from skeleton.importexport.reader.errors import InvalidFile, Source, UnclearEncoding, gettext_noop
from skeleton.importexport.reader.rows import Row, check_number

SEPARATORS = ",;\t|"
HEAD = 20_000
"""Bytes used to detect the separator, and whether the file is a text."""

_SEPARATOR_LINE = re.compile(r"sep=([^\w\s\"]|\t)(?=[\r\n])", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def csv_source(content: bytes, encoding: str | None) -> Source:
    """Return how a CSV is written. The encoding is detected unless it is given. Raises InvalidFile."""
    found = detect(content, encoding)
    if "utf" not in found.encoding and _CONTROL.search(content, 0, HEAD):
        raise no_text()
    source: Source = {
        "encoding": found.encoding,
        "samples": found.samples,
        "others": [{"encoding": other.encoding, "samples": other.samples} for other in found.others],
        "separator": _separator_of(_start_of(content, found.encoding)),
    }
    if not found.is_certain:
        raise UnclearEncoding(source)
    return source


def csv_rows(content: bytes, source: Source, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a CSV. Raises InvalidFile."""
    name = source["encoding"].replace("utf-8", "utf-8-sig")
    head = _start_of(content, name)
    lines = _Lines(io.TextIOWrapper(io.BytesIO(content), encoding=name, errors="replace", newline=""), limits.record)
    if _SEPARATOR_LINE.match(head):
        next(lines)
        lines.start_record()
    csv.field_size_limit(limits.record)  # `_Lines` refuses longer ones, with a better message
    return _records(csv.reader(lines, delimiter=source["separator"]), lines)


def _start_of(content: bytes, encoding: str) -> str:
    return content[:HEAD].decode(encoding, errors="ignore").removeprefix("\ufeff")


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
            raise no_text()
        self._record_length += len(line)
        if self._record_length > self._longest:
            number, most = self.number, self._longest
            raise InvalidFile(
                gettext_noop("Row {number} has more than {most} characters. Perhaps a quotation mark is not closed."),
                number=number,
                most=most,
            )
        return line


def _separator_of(head: str) -> str:
    """Return the separator: as the first line names it, or the most frequent one in the heading."""
    named = _SEPARATOR_LINE.match(head)
    return named.group(1) if named else _separator(head)


def _separator(head: str) -> str:
    """Return the most frequent separator in the heading."""
    heading = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", head.lstrip(), maxsplit=1)[0])
    return max(SEPARATORS, key=heading.count)
