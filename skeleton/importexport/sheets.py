"""Tables that people made: CSV in any usual encoding and with any usual separator, and XLSX.

A file may be hostile, so a process of its own reads it (`reader`), within limits of time and memory that the operating
system enforces (`limits`). Rows come out of its pipe as JSON, which can be nothing but data. The process ends with the
block that opened it, whatever happens there, and with the thread that started it, even if that was killed. The file
reaches it as an unnamed file, of which nothing can be left behind.

Reading can take two minutes, so no transaction may be open meanwhile. `read_sheet` is for whoever needs the rows within
one: it keeps them until then.
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

from skeleton.importexport.errors import BadFile, TooMuch
from skeleton.importexport.limits import PATIENT, Limits
from skeleton.importexport.reader.rows import Cell, Row
from skeleton.kernel.text import format_text
from skeleton.office.tables.spreadsheets import plain_text

log = structlog.get_logger("skeleton.importexport")

IN_MEMORY = 1_000_000
"""Bytes of rows up to which they are kept in memory; more lie in an unnamed file."""

_COMMAND = (sys.executable, "-E", "-s", "-S", "-B", "-m", "skeleton.importexport.reader")
"""Python without the environment's settings and without installed packages."""
_LINE = 64_000_000
"""Bytes of the longest line: those of the largest row, and then some."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the names of its columns, and its rows, which can be gone through once. Empty rows are left out."""

    heading: list[str]
    rows: Iterator[Row]


@contextmanager
def open_sheet(content: bytes, *, encoding: str | None = None, limits: Limits = PATIENT) -> Iterator[Sheet]:
    """Read the table in a file while the block goes through its rows; of a workbook, the first sheet.

    `encoding` is that of a CSV, detected unless it is given. Raises BadFile; so does going through the rows.
    """
    with _raw(content, encoding, limits) as (kind, lines):
        yield _sheet(kind, lines)


@contextmanager
def read_sheet(content: bytes, *, encoding: str | None = None, limits: Limits = PATIENT) -> Iterator[Sheet]:
    """Read the whole table, then give it to the block; no process is left by then. Raises BadFile.

    The rows wait as the lines that the process wrote, in memory or in an unnamed file: their size is bounded by the
    limits, and few of them are Python objects at the same time.
    """
    with SpooledTemporaryFile(IN_MEMORY) as spool:
        with _raw(content, encoding, limits) as (kind, lines):
            spool.writelines(lines)
        spool.seek(0)
        yield _sheet(kind, spool)


def _sheet(kind: str, lines: Iterable[bytes]) -> Sheet:
    rows = (_row(line, kind) for line in lines)
    return Sheet([str(cell or "").strip() for cell in next(rows).cells], rows)


def _row(line: bytes, kind: str) -> Row:
    number, cells, formulas, faults = loads(line)
    return Row(number, [_cell(cell, kind) for cell in cells], tuple(formulas), tuple(faults))


def _cell(cell: Any, kind: str) -> Cell:
    if isinstance(cell, str):
        return plain_text(cell) if kind == "csv" else cell
    if isinstance(cell, dict):
        return dt.date.fromisoformat(cell["d"]) if "d" in cell else dt.datetime.fromisoformat(cell["t"])
    return cell


# --- the process ------------------------------------------------------------------------------------------------------


@contextmanager
def _raw(content: bytes, encoding: str | None, limits: Limits) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What kind of file it is, and the lines of its rows."""
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reader = _Reader(file, encoding, limits)
        try:
            reader.watch()
            yield reader.kind(), reader.rows()
        finally:
            reader.close()


class _Reader:
    """The process that reads one file, and what it says (`skeleton.importexport.reader.__main__` has the words)."""

    def __init__(self, file: IO[bytes], encoding: str | None, limits: Limits) -> None:
        task = {"limits": asdict(limits), "encoding": encoding, "parent": os.getpid()}
        self._overdue = False
        self._most = limits.text + _LINE
        self._process = subprocess.Popen(  # noqa: S603
            [*_COMMAND, dumps(task)],
            cwd=settings.BASE_DIR,
            env={},
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the server
        )
        self._alarm = threading.Timer(limits.seconds, self._give_up)
        self._alarm.daemon = True

    def watch(self) -> None:
        """End the process when its time is up."""
        self._alarm.start()

    def kind(self) -> str:
        """The first word: "csv" or "xlsx"."""
        return str(self._heard(self._line())["kind"])

    def rows(self) -> Iterator[bytes]:
        """The lines of the rows, the heading first. Raises BadFile."""
        while True:
            line = self._line()
            if line.startswith(b"["):
                yield line
            elif "end" in self._heard(line):
                return

    def close(self) -> None:
        """End the process, wherever it is, and wait for it."""
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

    def _line(self) -> bytes:
        line = self._output.readline(_LINE)
        self._most -= len(line)
        if not line.endswith(b"\n") or self._most < 0:
            raise self._ended_early()
        return line

    def _heard(self, line: bytes) -> dict[str, Any]:
        """A message. Raises BadFile if it is a refusal."""
        message: dict[str, Any] = loads(line)
        if "refused" in message:
            values = {**message["values"]}
            if "most" in values:
                values["most"] = Decimal(values["most"])  # a figure; the others are numbers of rows
            text = message["refused"]  # marked in the reader
            refused = format_text(_(text), **values)
            raise (TooMuch if message.get("too_much") else BadFile)(refused)
        if "fault" in message:
            log.error("reader_failed", fault=message["fault"])
            raise _unread()
        return message

    def _ended_early(self) -> BadFile:
        """Why the process ended in the middle of its output."""
        self._process.kill()
        code = self._process.wait()
        if self._overdue or code == -signal.SIGXCPU:
            return TooMuch(_("Reading the file takes too long. Split it, or save it as CSV."))
        log.error("reader_failed", code=code)
        return _unread()


def _unread() -> BadFile:
    return BadFile(_("The file cannot be read. Save it again as XLSX, or as CSV."))
