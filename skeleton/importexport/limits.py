"""How much a file may cost to read: every limit of imports, in one place. docs/operations.md lists them.

The process that reads a file sets those of time and memory on itself (`setrlimit`), and counts the others while it
reads: nothing that a file says about its own size is believed.
"""

from dataclasses import dataclass

SHEET_ROWS = 1_048_576
"""Excel's own limit. A file that names a row beyond it was not made by a spreadsheet program."""
SHEET_COLUMNS = 16_384
"""Excel's own limit, XFD."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost, and how large its table may be. The defaults are those of a job."""

    seconds: float = 120
    """From the start of the process to its end."""
    processor_seconds: int = 40
    memory: int = 512_000_000
    """Bytes of address space (RLIMIT_AS)."""
    unfolded: int = 50_000_000
    """Bytes that the parts of a workbook, which is a ZIP archive, may unfold to."""
    unfolded_empty: int = 250_000_000
    """Bytes of a workbook's empty rows. LibreOffice writes 150 MB when somebody has styled whole columns."""
    parts: int = 2_000
    """Entries of the archive."""
    rows: int = 100_000
    """Rows below the heading. Empty rows between others count, those after the last one do not."""
    columns: int = 200
    record: int = 1_000_000
    """Characters of one record of a CSV."""
    cell: int = 100_000
    """Characters of one cell."""
    text: int = 50_000_000
    """Bytes of all rows together, as JSON: a workbook can name one long text many times."""


PATIENT = Limits()
"""For a job."""

QUICK = Limits(seconds=4, processor_seconds=4, memory=256_000_000, unfolded=10_000_000, rows=500, text=5_000_000)
"""For a request, whose thread waits for it. A file that needs more is left to a job."""
