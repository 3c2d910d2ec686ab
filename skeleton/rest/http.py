"""JSON responses and downloads."""

import hashlib
from datetime import datetime
from decimal import Decimal

import orjson
from django.http import HttpResponse
from django.utils.http import content_disposition_header

MAX_INTEGER = 2**63 - 1
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_NON_STR_KEYS


def number(value: Decimal | float) -> int | float:
    """Return a quantity or rate as a JSON number: 5 instead of 5.0, but 2.5."""
    whole = int(value)
    return whole if whole == value else float(value)


def rfc3339(moment: datetime) -> str:
    """Format `moment` in UTC with Z (RFC 3339)."""
    text: str = orjson.loads(orjson.dumps(moment, option=_OPTIONS))
    return text


def _fallback(value: object) -> object:
    if isinstance(value, Decimal):
        # a large sum may exceed the integers that orjson supports; JSON itself has no limit
        return number(value) if abs(value) <= MAX_INTEGER else orjson.Fragment(f"{value:f}")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "__html__") or hasattr(value, "_proxy____cast"):  # lazy translations
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dump_json(data: object) -> bytes:
    """Serialize `data` to UTF-8 JSON: timestamps in UTC with Z, decimals as numbers, UUIDs as strings."""
    return orjson.dumps(data, default=_fallback, option=_OPTIONS)


class JsonResponse(HttpResponse):
    """A JSON response. It is rendered at once, because the API has only one format. `data` is what was rendered."""

    def __init__(self, data: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.data = data
        super().__init__(dump_json(data), content_type="application/json", status=status, headers=headers)


PDF = "application/pdf"
XML = "application/xml"


class DownloadResponse(HttpResponse):
    """A generated file as a download. Its ETag is the hexadecimal SHA-256 hash of its bytes."""

    def __init__(self, name: str, content: bytes, media_type: str) -> None:
        super().__init__(
            content,
            content_type=media_type,
            headers={
                "Content-Disposition": content_disposition_header(True, name) or "attachment",
                "Content-Length": str(len(content)),
                "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
                "Cache-Control": "private, no-cache",
            },
        )


class PdfResponse(DownloadResponse):
    """A PDF as a download."""

    def __init__(self, name: str, pdf: bytes) -> None:
        super().__init__(name, pdf, PDF)
