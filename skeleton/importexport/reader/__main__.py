"""The process that reads one file: `python -m skeleton.importexport.reader TASK`, with the file as standard input.

TASK is a JSON object with the limits, the encoding if known, and the id of the parent process, with which it exits.
Each output line is JSON. An array is a row (`[number, cells, formulas, faults]`, the first one being the heading). An
object is a message: first `{"source": {"kind": "csv" | "xlsx", …}}` (see `csv_source`); last `{"end": true}`, or
`{"refused": …, "values": …}`, with `"too_much": true` if wider limits could help and the `source` if its encoding is
not certain, or `{"fault": …}` with a traceback. In a row, a date is `{"d": …}`, a datetime `{"t": …}`, and a number
that is shown as something else `[1067, "01067"]`.
"""

import datetime as dt
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from skeleton.embedded_postgres.parent import LINUX, stop_with_parent
from skeleton.importexport.limits import Limits
from skeleton.importexport.reader.errors import InvalidFile, LimitExceeded, Source, UnclearEncoding, gettext_noop
from skeleton.importexport.reader.rows import Row, normalized
from skeleton.importexport.reader.texts import csv_rows, csv_source
from skeleton.importexport.reader.workbooks import xlsx_rows

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
CSV, XLSX = "csv", "xlsx"


def main() -> None:
    task = json.loads(sys.argv[1])
    stop_with_parent(task["parent"], signal.SIGKILL)
    limits = Limits(**task["limits"])
    apply_limits(limits)
    with open(1, "wb", buffering=65_536, closefd=False) as output:
        for number, line in enumerate(output_lines(sys.stdin.buffer, task["encoding"], limits)):
            output.write(line)
            if number == 1:
                output.flush()  # the parent needs the heading at once


def apply_limits(limits: Limits) -> None:
    """Limit this process's memory and processor time, and forbid it to write files or start processes."""
    processor = limits.processor_seconds
    bounds = {
        resource.RLIMIT_CPU: (processor, processor + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (16, 16),
    }
    if LINUX:  # other systems do not support these two, or count differently
        bounds |= {resource.RLIMIT_AS: (limits.memory, limits.memory), resource.RLIMIT_NPROC: (0, 0)}
    for kind, bound in bounds.items():
        resource.setrlimit(kind, bound)


def output_lines(file: BinaryIO, encoding: str | None, limits: Limits) -> Iterator[bytes]:
    """Yield the output lines for a file."""
    try:
        source, rows = read_table(file, encoding, limits)
        yield _line({"source": source})
        yield from _within(limits.text, (_line(row) for row in rows))
        yield _line({"end": True})
    except InvalidFile as refusal:
        yield _refused(refusal)
    except MemoryError:
        yield _refused(
            LimitExceeded(gettext_noop("Reading the file would take too much memory. Split it, or save it as CSV."))
        )
    except Exception:  # an internal error, which the parent process logs
        yield _line({"fault": traceback.format_exc()[-2_000:]})


def read_table(file: BinaryIO, encoding: str | None, limits: Limits) -> tuple[Source, Iterator[Row]]:
    """Return how a file is written, and its rows: the heading first, then each as wide as that. Raises InvalidFile."""
    start = file.read(1_000)
    file.seek(0)
    if start.startswith(_OLE):
        if _PASSWORD in file.read():
            raise InvalidFile(gettext_noop("The workbook is protected with a password. Save it without one."))
        raise InvalidFile(gettext_noop("This is a file of an old Excel version. Save it as XLSX or CSV."))
    source, rows = _workbook(file, limits) if start.startswith(_ZIP) else _text(file, encoding, limits)
    found = normalized(rows, limits)
    first = next(found, None)
    if first is None:
        raise InvalidFile(gettext_noop("The file is empty."))
    return source, _with_first(first, found)


def _workbook(file: BinaryIO, limits: Limits) -> tuple[Source, Iterator[Row]]:
    return {"kind": XLSX}, xlsx_rows(file, limits)


def _text(file: BinaryIO, encoding: str | None, limits: Limits) -> tuple[Source, Iterator[Row]]:
    content = file.read()
    source = csv_source(content, encoding)
    return {"kind": CSV, **source}, csv_rows(content, source, limits)


def _with_first(first: Row, others: Iterable[Row]) -> Iterator[Row]:
    yield first
    yield from others


def _within(most: int, rows: Iterable[bytes]) -> Iterator[bytes]:
    written = 0
    for row in rows:
        written += len(row)
        if written > most:
            raise LimitExceeded(gettext_noop("The rows contain too much text for one import. Split the file."))
        yield row


def _refused(refusal: InvalidFile) -> bytes:
    source = refusal.source if isinstance(refusal, UnclearEncoding) else None
    too_much = isinstance(refusal, LimitExceeded)
    return _line({"refused": refusal.message, "values": refusal.values, "too_much": too_much, "source": source})


def _line(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_date).encode() + b"\n"


def _date(value: dt.date) -> dict[str, str]:
    return {"t" if isinstance(value, dt.datetime) else "d": value.isoformat()}


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the parent no longer reads
        os._exit(0)
