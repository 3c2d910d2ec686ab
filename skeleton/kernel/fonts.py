"""The characters that the fonts of documents have, read from the character maps of the font files (OpenType `cmap`).

A document with other characters would show boxes, so a service can refuse it before it is issued.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

FONT_FILES = (".ttf", ".otf", ".ttc", ".otc")
_COLLECTION = b"ttcf"

_WITHOUT_GLYPH = {"Cf", "Zs", "Zl", "Zp"}
"""Unicode categories of characters that need no glyph: formatting characters and spaces."""
_WITH_GLYPH = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u1680")
"""Characters of these categories that are visible all the same: Arabic signs, and the space of Ogham, a line."""
_FILLERS = frozenset("\t\n\r\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))
"""Variation selectors."""


def missing_characters(text: str, folders: Iterable[str]) -> list[str]:
    """Return the characters of `text` that no font in the folders has, each once, in their order."""
    known = _known(tuple(folders))
    shown = unicodedata.normalize("NFC", text)
    return list(dict.fromkeys(one for one in shown if not _is_shown(one, known)))


def _is_shown(character: str, known: frozenset[int]) -> bool:
    """Return whether the character has a glyph, or those of its parts, or needs none."""
    code = ord(character)
    if code in known or character in _FILLERS:
        return True
    if unicodedata.category(character) in _WITHOUT_GLYPH:
        return character not in _WITH_GLYPH
    parts = unicodedata.normalize("NFD", character)
    return any(code in codes for codes in _SELECTORS) or (
        parts != character and all(ord(part) in known for part in parts)
    )


@cache
def _known(folders: tuple[str, ...]) -> frozenset[int]:
    """Return the code points that the fonts have. Fonts are read once per process."""
    paths = (path for folder in folders for path in sorted(Path(folder).rglob("*")))
    return frozenset(code for path in paths if path.suffix.lower() in FONT_FILES for code in code_points(path))


def code_points(path: Path) -> Iterator[int]:
    """Yield the code points of a font file, or of each font of a collection."""
    data = path.read_bytes()
    starts = struct.unpack_from(f">{_number('>I', data, 8)}I", data, 12) if data.startswith(_COLLECTION) else (0,)
    for start in starts:
        for index in range(_number(">H", data, start + 4)):
            tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * index)
            if tag == b"cmap":
                yield from _mapped(data, offset)


def _mapped(data: bytes, table: int) -> Iterator[int]:
    """Yield the code points of a character map: of its Unicode subtables, in the two formats that fonts use."""
    for index in range(_number(">H", data, table + 2)):
        platform, encoding, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * index)
        subtable = table + offset
        kind = _number(">H", data, subtable)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            yield from {4: _segments, 12: _groups}.get(kind, _nothing)(data, subtable)


def _segments(data: bytes, at: int) -> Iterator[int]:
    """Yield the code points of a subtable of format 4: segments of the basic plane."""
    count = _number(">H", data, at + 6) // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{count}H", data, at + 14 + 2 * (part * count + (part > 0))) for part in range(4)
    )
    for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
        place = at + 16 + 2 * (3 * count + index) + ranges[index]
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = _number(">H", data, place + 2 * (code - first)) if ranges[index] else code + deltas[index]
            if glyph & 0xFFFF:
                yield code


def _groups(data: bytes, at: int) -> Iterator[int]:
    """Yield the code points of a subtable of format 12: ranges of all planes."""
    for index in range(_number(">I", data, at + 12)):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * index)
        yield from range(first if glyph else first + 1, last + 1)


def _nothing(data: bytes, at: int) -> Iterator[int]:
    """Yield nothing: other formats repeat what these two have, or only variation sequences."""
    yield from ()


def _number(form: str, data: bytes, at: int) -> int:
    (found,) = struct.unpack_from(form, data, at)
    return int(found)
