"""JSON in answers: one way to write it."""

import hashlib
from datetime import datetime
from decimal import Decimal

import orjson
from django.http import HttpResponse
from django.utils.http import content_disposition_header

MAX_INTEGER = 2**63 - 1
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_NON_STR_KEYS


def number(value: Decimal | float) -> int | float:
    """A quantity or rate as a JSON number: 5 rather than 5.0, 2.5 as it is."""
    whole = int(value)
    return whole if whole == value else float(value)


def rfc3339(moment: datetime) -> str:
    """`moment` in UTC with Z (RFC 3339)."""
    text: str = orjson.loads(orjson.dumps(moment, option=_OPTIONS))
    return text


def _fallback(value: object) -> object:
    if isinstance(value, Decimal):
        # a sum of sums may outgrow what orjson writes as an integer; JSON itself knows no limit
        return number(value) if abs(value) <= MAX_INTEGER else orjson.Fragment(f"{value:f}")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "__html__") or hasattr(value, "_proxy____cast"):  # lazy translations
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dump_json(data: object) -> bytes:
    """`data` as JSON in UTF-8: timestamps in UTC with Z, decimals as numbers, UUIDs as strings."""
    return orjson.dumps(data, default=_fallback, option=_OPTIONS)


class JsonResponse(HttpResponse):
    """An answer in JSON. Already rendered: the API has one format, so DRF's late rendering buys nothing."""

    def __init__(self, data: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(dump_json(data), content_type="application/json", status=status, headers=headers)


PDF = "application/pdf"


class PdfResponse(HttpResponse):
    """A PDF to keep, as a file; its ETag is the SHA-256 of the bytes, in hexadecimal."""

    def __init__(self, name: str, pdf: bytes) -> None:
        super().__init__(
            pdf,
            content_type=PDF,
            headers={
                "Content-Disposition": content_disposition_header(True, name) or "attachment",
                "Content-Length": str(len(pdf)),
                "ETag": f'"{hashlib.sha256(pdf).hexdigest()}"',
                "Cache-Control": "private, no-cache",
            },
        )
