"""Tests without a database: type detection, byte ranges and day folders."""

import io
import zipfile

import pytest

from skeleton.files.errors import RangeNotSatisfiable
from skeleton.files.media_types import media_type_of
from skeleton.files.ranges import parse_range
from skeleton.files.storage import new_key, stored_at

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(*names, first=None):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        if first:
            made.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            made.writestr(zipfile.ZipInfo(name), "x" * 100_000)  # with a fixed time, since test ids are derived from it
    return written.getvalue()


KINDS = [
    (b"%PDF-1.7\n", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
    (b"GIF89a\x01", "image/gif"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
    (b"\x1f\x8b\x08\x00", "application/gzip"),
    (b"#!/bin/sh\nrm -rf /\n", "text/plain"),
    (b"BM begins a bitmap, or a sentence", "text/plain"),
    ("Рахунок".encode(), "text/plain"),
    ("ї".encode() * 4000, "text/plain"),
    ("x" + "ї" * 4000, "text/plain"),
    (b"<!DOCTYPE HTML><p>", "text/html"),
    (b"\xef\xbb\xbf  <HtMl>", "text/html"),
    (b"<script>alert(1)</script>", "text/html"),
    (b'<?xml version="1.0"?>\n<svg onload="alert(1)"/>', "image/svg+xml"),
    (b'<?xml version="1.0"?><invoice/>', "application/xml"),
    (b"\x00" * 100, "application/octet-stream"),
    (b"a\x00b", "application/octet-stream"),
    (b"\xff\xfe\xfd", "application/octet-stream"),
    (b"MZ\x90\x00\x03", "application/octet-stream"),
    (archive("a.txt"), "application/zip"),
    (archive("[Content_Types].xml", "word/document.xml"), WORD),
    (
        archive("content.xml", first="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    (b"PK\x03\x04", "application/zip"),
]


# Only the type is in the id: archives contain the time, and every process must collect the same tests.
@pytest.mark.parametrize("content, kind", KINDS, ids=[kind for _, kind in KINDS])
def test_types_come_from_bytes(content, kind):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    assert media_type_of(file) == kind
    assert file.tell() == 0


@pytest.mark.parametrize(
    "header, part",
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=0-9", (0, 9)),
        ("bytes=2-", (2, 9)),
        ("bytes=2-99", (2, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-99", (0, 9)),
        ("bytes=9-9", (9, 9)),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=٠-٩", None),
        ("bytes=0-" + "9" * 19, None),
        ("", None),
    ],
)
def test_ranges(header, part):
    assert parse_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
def test_ranges_behind_the_end(header):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 10)


def test_a_key_says_when_it_was_made():
    key = new_key()
    day, _, name = key.rpartition("/")
    assert f"{stored_at(name):%Y/%m/%d}" == day
    assert stored_at("readme.txt") is None
    assert stored_at("0b6f9e0c-1f2e-4c3d-8a4b-5c6d7e8f9a0b") is None
