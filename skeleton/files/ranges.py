"""Byte ranges of downloads (RFC 9110, 14). A single range is supported; anything else gets the whole file."""

import re

from skeleton.files.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte (inclusive) that `header` requests of a file of `size` bytes.

    Return None, meaning the whole file, for an invalid header or several ranges. Raises RangeNotSatisfiable if the
    range starts after the end.
    """
    found = _ONE_RANGE.match(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":  # a suffix range: the last `last` bytes
        length = min(int(last), size)
        if length == 0:
            raise RangeNotSatisfiable
        return size - length, size - 1
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, end
