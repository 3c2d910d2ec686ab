"""The company for tests, set up as its owner does it."""

import struct
import zlib
from typing import Any

from skeleton.company.services import update_company
from skeleton.kernel.actors import SYSTEM

IBAN = "DE89370400440532013000"
COMPANY: dict[str, Any] = {
    "legal_name": "Muster Handel GmbH",
    "street": "Musterstraße 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "DE136695976",
}


def set_up(**values: Any) -> None:
    """Complete the company's record."""
    update_company(values={**COMPANY, **values}, actor=SYSTEM)


def picture(width: int = 4, height: int = 3) -> bytes:
    """Return a PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x1d\x4e\xd8" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
