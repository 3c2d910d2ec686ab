"""Detects a file's media type from its first bytes (and for office documents its last ones), never from its name.

The list contains common business formats with unambiguous signatures. Anything else is `text/plain` if it decodes as
text, otherwise `application/octet-stream`: no guess is better than a wrong one.
"""

import codecs
from typing import IO

HEAD_BYTES, TAIL_BYTES = 4096, 65_536  # bytes to inspect
BINARY, TEXT = "application/octet-stream", "text/plain"

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    # offset, bytes, type
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypqt  ", "video/quicktime"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf1", "application/rtf"),
)
ZIP = b"PK\x03\x04"
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
ZIP_MEMBERS: tuple[tuple[bytes, str], ...] = (
    # a member that only this type has, listed in the directory at the archive's end
    (b"word/document.xml", f"{_OPEN_XML}.wordprocessingml.document"),
    (b"xl/workbook.xml", f"{_OPEN_XML}.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{_OPEN_XML}.presentationml.presentation"),
)
OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
OPEN_DOCUMENTS = ("text", "spreadsheet", "presentation")
MARKUP_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"<svg", "image/svg+xml"),
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<script", "text/html"),
    (b"<body", "text/html"),
    (b"<?xml", "application/xml"),
)


def media_type_of(file: IO[bytes]) -> str:
    """Return the media type of `file`, and rewind it."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = _kind_of_zip(file, head) if head.startswith(ZIP) else _by_signature(head) or _of_text(head)
    file.seek(0)
    return found


def _by_signature(head: bytes) -> str | None:
    return next((kind for at, mark, kind in SIGNATURES if head[at : at + len(mark)] == mark), None)


def _kind_of_zip(file: IO[bytes], head: bytes) -> str:
    name = head[30:]  # the first member's name follows the fixed part of its header
    if name.startswith(OPEN_DOCUMENT):
        rest = name[len(OPEN_DOCUMENT) :]
        kind = next((kind for kind in OPEN_DOCUMENTS if rest.startswith(kind.encode())), None)
        return f"application/vnd.oasis.opendocument.{kind}" if kind else "application/zip"
    end = file.seek(0, 2)
    file.seek(max(0, end - TAIL_BYTES))
    directory = file.read(TAIL_BYTES)
    return next((kind for member, kind in ZIP_MEMBERS if member in directory), "application/zip")


def _of_text(head: bytes) -> str:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)  # incremental: the head may cut a character
    except UnicodeDecodeError:
        return BINARY
    if any(ord(sign) < 32 and sign not in "\t\n\f\r" for sign in text):
        return BINARY
    lowered = text.lower().encode()
    return next((kind for mark, kind in MARKUP_SIGNATURES if mark in lowered), TEXT)
