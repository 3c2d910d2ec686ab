"""Number formats of a workbook, as far as they show a number as something else: `01067`, `20%`, `36:00`."""

import re

LONGEST_FORMAT = 255
_NO_PLACEHOLDERS = re.compile(r'"[^"]*"|\[[^\]]*\]|[_\\].')
"""Parts of a format that are not placeholders: quoted texts, colours and locales, escaped characters."""
_PIECE = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[[^\]]*\]|(?P<digit>[0#?])|(?P<sign>[-+ ()/])|(?P<other>.)')
_BUILTIN = {9: "0%", 10: "0.00%", 46: "[h]:mm:ss"}


def first_section(code: str) -> str:
    """Return the part of a format that is for positive numbers."""
    return code[:LONGEST_FORMAT].partition(";")[0]


def is_date_format(code: str) -> bool:
    """Return whether a number format shows a date or a time of day. (`[h]:mm` is a duration, which stays a number.)"""
    first = first_section(code)
    return not _is_duration(first) and re.search("[dmyhs]", _NO_PLACEHOLDERS.sub("", first), re.IGNORECASE) is not None


def builtin_format(number: int) -> str:
    """Return the code of a built-in number format, if it matters here."""
    return _BUILTIN.get(number, "")


def shown(value: float, code: str) -> str | None:
    """Return a number as its format shows it, or None if that is a plain number or not known."""
    first = first_section(code)
    if _is_duration(first):
        minutes = round(value * 1_440)
        return f"{minutes // 60}:{minutes % 60:02}"
    if "%" in _NO_PLACEHOLDERS.sub("", first):
        return f"{value * 100:.10g}%"
    return _filled(int(value), first) if value >= 0 and value == int(value) else None


def _is_duration(first: str) -> bool:
    return re.search(r"\[(h+|m+|s+)\]", first, re.IGNORECASE) is not None


def _filled(value: int, first: str) -> str | None:
    """Fill the digits of a number into a format of digits and literals, such as `00000`, `000-000` or `"No. "0`."""
    pieces = list(_PIECE.finditer(first))
    digits = [piece["digit"] for piece in pieces if piece["digit"]]
    literal = any(piece["quoted"] or piece["escaped"] or piece["sign"] for piece in pieces)
    if any(piece["other"] for piece in pieces) or not digits or (digits.count("0") < 2 and not literal):
        return None
    left = str(value).zfill(digits.count("0")) if value or "0" in digits else ""
    filled: list[str] = []
    last = next(n for n, piece in enumerate(pieces) if piece["digit"])
    for n, piece in reversed(list(enumerate(pieces))):
        if piece["digit"]:
            take = len(left) if n == last else 1
            filled.append(left[len(left) - take :])
            left = left[: len(left) - take]
        else:
            filled.append(piece["quoted"] or piece["escaped"] or piece["sign"] or "")
    return "".join(reversed(filled)).strip()
