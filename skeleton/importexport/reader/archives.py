"""Untrusted ZIP archives. Bytes are counted during decompression, instead of trusting the declared sizes."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from skeleton.importexport.limits import Limits
from skeleton.importexport.reader.errors import InvalidFile, LimitExceeded, gettext_noop

PIECE = 1_000_000
"""Bytes decompressed at a time. Expat rescans an unfinished token with every piece, so small pieces are slow."""

_ENTRY = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression methods that a workbook may use. Python cannot limit the decompression of others."""

_FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)
"""Exceptions from broken archives. An encrypted entry or an unknown version raises RuntimeError."""


class Archive:
    """The parts of an archive by name. OPC (ISO/IEC 29500-2) names are case-insensitive."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        if _entries(file) > limits.parts:
            raise _too_large()
        file.seek(0)
        try:
            self._archive = zipfile.ZipFile(file)
        except _FAULTS as error:
            raise _damaged() from error
        found = self._archive.infolist()
        self._parts = {part.filename.lower(): part for part in found}
        if len(self._parts) < len(found):
            raise _damaged()

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def whole(self, name: str, most: int) -> bytes:
        """Return the first `most` bytes of a small part. Raises InvalidFile."""
        content = next(self.pieces(name), b"")
        return content[:most]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the decompressed part in pieces. Raises InvalidFile."""
        part = self._parts.get(name.lower())
        if part is None or part.compress_type not in _METHODS:
            raise _damaged()
        try:
            with self._archive.open(part) as opened:
                while piece := opened.read(PIECE):
                    yield piece
        except _FAULTS as error:
            raise _damaged() from error


class Budget:
    """Counts down the bytes that may be decompressed from one archive."""

    def __init__(self, limits: Limits) -> None:
        self._left, self._left_empty = limits.decompressed, limits.decompressed_empty_rows

    def spend(self, size: int) -> None:
        """Count `size` bytes. Raises LimitExceeded if the budget is exceeded."""
        self._left -= size
        if self._left < 0:
            raise _too_large()

    def spend_empty(self, size: int) -> None:
        """Count a piece of a sheet that contains only empty rows. Raises LimitExceeded."""
        self._left_empty -= size
        if self._left_empty < 0:
            raise LimitExceeded(
                gettext_noop(
                    "The sheet has too many empty rows with a style of their own. Delete the rows below the table."
                )
            )


def _entries(file: BinaryIO) -> int:
    """Return how often the signature of an entry occurs, which is an upper bound of the number of entries."""
    return file.read().count(_ENTRY)


def _damaged() -> InvalidFile:
    return InvalidFile(
        gettext_noop("The file is damaged: it cannot be opened as XLSX. Save it again as XLSX, or as CSV.")
    )


def _too_large() -> LimitExceeded:
    return LimitExceeded(gettext_noop("The workbook unfolds to more than can be read. Split it, or save it as CSV."))
