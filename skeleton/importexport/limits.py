"""All limits of imports. docs/operations.md lists them.

The process that reads a file sets the limits of time and memory on itself (`setrlimit`), and counts the others while
reading. It never trusts the sizes declared in a file.
"""

from dataclasses import dataclass

SHEET_ROWS = 1_048_576
"""Excel's own limit. A file with a row beyond it was not made by a spreadsheet program."""
SHEET_COLUMNS = 16_384
"""Excel's own limit, XFD."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on reading one file. The defaults are those of a job."""

    seconds: float = 120
    """Run time of the process."""
    processor_seconds: int = 40
    memory: int = 512_000_000
    """Bytes of address space (RLIMIT_AS)."""
    decompressed: int = 50_000_000
    """Decompressed bytes of the parts of a workbook, which is a ZIP archive."""
    decompressed_empty_rows: int = 250_000_000
    """Decompressed bytes of a workbook's empty rows. LibreOffice writes 150 MB if whole columns have a style."""
    parts: int = 2_000
    """Entries of the archive."""
    rows: int = 100_000
    """Rows below the heading. Empty rows between others count, trailing ones do not."""
    columns: int = 200
    record: int = 1_000_000
    """Characters of one CSV record."""
    cell: int = 100_000
    """Characters of one cell."""
    text: int = 50_000_000
    """Bytes of all rows as JSON, because a workbook can reference one long text many times."""


JOB_LIMITS = Limits()
"""The limits of a job."""

REQUEST_LIMITS = Limits(
    seconds=4, processor_seconds=4, memory=256_000_000, decompressed=10_000_000, rows=500, text=5_000_000
)
"""The limits of a request, whose thread waits for the result. A file that needs more is left to a job."""
