"""Byte ranges of a download (RFC 9110, 14): one range is served, anything else gets the whole file."""

import re

from skeleton.files.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (inclusive) of what `header` asks of a file of `size` bytes; None: all of it.

    What cannot be read, and several ranges at once, count as not asked. Raises RangeNotSatisfiable for a part that
    begins behind the end.
    """
    found = _ONE_RANGE.match(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":  # the last so many bytes
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
