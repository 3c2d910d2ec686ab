"""Reads CSV and XLSX files in a child process.

A file may be malicious, so a separate process reads it (`reader`), within limits of time and memory that the operating
system enforces (`limits`). It sends rows as JSON over a pipe. The process ends with the context manager that started
it, and with its parent, even if that is killed. It gets the file as an unnamed file, which leaves nothing behind.

Reading can take two minutes, so no transaction may be open meanwhile. Use `read_sheet` if the rows are needed inside a
transaction: it reads all of them first.
"""

import datetime as dt
import os
import signal
import subprocess  # noqa: S404 (our own module)
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from json import dumps, loads
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any

import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from skeleton.importexport.errors import InvalidFile, LimitExceeded, UnclearEncoding
from skeleton.importexport.limits import JOB_LIMITS, Limits
from skeleton.importexport.reader.errors import Source
from skeleton.importexport.reader.rows import Cell, Row
from skeleton.kernel.text import format_text
from skeleton.office.tables.notation import ShownNumber
from skeleton.office.tables.spreadsheets import unescape_formulas

log = structlog.get_logger("skeleton.importexport")

IN_MEMORY = 1_000_000
"""Maximum bytes of rows buffered in memory; beyond that an unnamed file is used."""

_COMMAND = (sys.executable, "-E", "-s", "-S", "-B", "-m", "skeleton.importexport.reader")
"""Runs Python without environment variables and without installed packages."""
_MAX_LINE_BYTES = 64_000_000
"""Maximum bytes of an output line, more than those of the largest row."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its column names, an iterator over its non-empty rows, and how the file is written."""

    heading: list[str]
    rows: Iterator[Row]
    source: Source
    number: int
    """The number of the heading's row."""


@contextmanager
def open_sheet(content: bytes, *, encoding: str | None = None, limits: Limits = JOB_LIMITS) -> Iterator[Sheet]:
    """Yield the table in a file, and read it while its rows are iterated. For a workbook, this is the first sheet.

    `encoding` is that of a CSV; None detects it. Raises InvalidFile, also during iteration.
    """
    with _reader_output(content, encoding, limits) as (source, lines):
        yield _sheet(source, lines)


@contextmanager
def read_sheet(content: bytes, *, encoding: str | None = None, limits: Limits = JOB_LIMITS) -> Iterator[Sheet]:
    """Read the whole table, and yield it after the process has ended. Raises InvalidFile.

    The rows are buffered as the process's output lines, in memory or in an unnamed file. The limits bound their size,
    and only a few are Python objects at the same time.
    """
    with SpooledTemporaryFile(IN_MEMORY) as spool:
        with _reader_output(content, encoding, limits) as (source, lines):
            spool.writelines(lines)
        spool.seek(0)
        yield _sheet(source, spool)


def _sheet(source: Source, lines: Iterable[bytes]) -> Sheet:
    rows = (_row(line, source["kind"]) for line in lines)
    heading = next(rows)
    return Sheet([str(cell or "").strip() for cell in heading.cells], rows, source, heading.number)


def _row(line: bytes, kind: str) -> Row:
    number, cells, formulas, errors = loads(line)
    return Row(number, [_cell(cell, kind) for cell in cells], tuple(formulas), tuple(errors))


def _cell(cell: Any, kind: str) -> Cell:
    if isinstance(cell, str):
        return unescape_formulas(cell) if kind == "csv" else cell
    if isinstance(cell, list):
        return ShownNumber(*cell)
    if isinstance(cell, dict):
        return dt.date.fromisoformat(cell["d"]) if "d" in cell else dt.datetime.fromisoformat(cell["t"])
    return cell


# --- the process ------------------------------------------------------------------------------------------------------


@contextmanager
def _reader_output(content: bytes, encoding: str | None, limits: Limits) -> Iterator[tuple[Source, Iterator[bytes]]]:
    """Yield how the file is written, and the output lines of its rows."""
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reader = _ReaderProcess(file, encoding, limits)
        try:
            reader.watch()
            yield reader.source(), reader.rows()
        finally:
            reader.close()


class _ReaderProcess:
    """The process that reads one file, and its messages (see `skeleton.importexport.reader.__main__`)."""

    def __init__(self, file: IO[bytes], encoding: str | None, limits: Limits) -> None:
        task = {"limits": asdict(limits), "encoding": encoding, "parent": os.getpid()}
        self._overdue = False
        self._most = limits.text + _MAX_LINE_BYTES
        self._process = subprocess.Popen(  # noqa: S603
            [*_COMMAND, dumps(task)],
            cwd=settings.BASE_DIR,
            env={},
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal must reach the server only
        )
        self._alarm = threading.Timer(limits.seconds, self._give_up)
        self._alarm.daemon = True

    def watch(self) -> None:
        """Start the timer that kills the process at its time limit."""
        self._alarm.start()

    def source(self) -> Source:
        """Return how the file is written, from the first message. Raises InvalidFile."""
        source: Source = self._message(self._read_line())["source"]
        return source

    def rows(self) -> Iterator[bytes]:
        """Yield the lines of the rows, the heading first. Raises InvalidFile."""
        while True:
            line = self._read_line()
            if line.startswith(b"["):
                yield line
            elif "end" in self._message(line):
                return

    def close(self) -> None:
        """Kill the process and wait for it."""
        self._alarm.cancel()
        self._process.kill()
        self._process.wait()
        self._output.close()

    @property
    def _output(self) -> IO[bytes]:
        output = self._process.stdout
        if output is None:
            raise RuntimeError("the reader has no pipe")
        return output

    def _give_up(self) -> None:
        self._overdue = True
        self._process.kill()

    def _read_line(self) -> bytes:
        line = self._output.readline(_MAX_LINE_BYTES)
        self._most -= len(line)
        if not line.endswith(b"\n") or self._most < 0:
            raise self._early_exit_error()
        return line

    def _message(self, line: bytes) -> dict[str, Any]:
        """Return a message. Raises InvalidFile if it reports an error."""
        message: dict[str, Any] = loads(line)
        if "refused" in message:
            values = {**message["values"]}
            if "most" in values:
                values["most"] = Decimal(values["most"])  # a figure; the others are numbers of rows
            text = message["refused"]  # marked in the reader
            refused = format_text(_(text), **values)
            if message.get("source"):
                raise UnclearEncoding(refused, message["source"])
            raise (LimitExceeded if message.get("too_much") else InvalidFile)(refused)
        if "fault" in message:
            log.error("reader_failed", fault=message["fault"])
            raise _unread()
        return message

    def _early_exit_error(self) -> InvalidFile:
        """Return the error for a process that ended before its output was complete."""
        self._process.kill()
        code = self._process.wait()
        if self._overdue or code == -signal.SIGXCPU:
            return LimitExceeded(_("Reading the file takes too long. Split it, or save it as CSV."))
        log.error("reader_failed", code=code)
        return _unread()


def _unread() -> InvalidFile:
    return InvalidFile(_("The file cannot be read. Save it again as XLSX, or as CSV."))
