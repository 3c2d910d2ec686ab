"""Receiving uploads: streamed to disk, counted and hashed on the way, never held in memory.

Django's multipart parser reads the body. It accepts a truncated body as if it were complete, so this module also checks
the end of the body.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Self

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from skeleton.kernel.errors import BadRequest, Invalid, PayloadTooLarge

FIELD = "file"
BOUNDARY_SEARCH_BYTES = 1024  # bytes at the end of a body that must contain its closing boundary

Values = Mapping[str, Any]


def incoming_dir() -> Path:
    """Return the folder for unfinished uploads. It is on the same disk as the files, so that moving is a rename."""
    folder = Path(settings.SKELETON_DATA_DIR) / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class UploadedFileOnDisk(UploadedFile):  # type: ignore[type-arg]  # it takes none at run time
    """An upload on disk. Once it is complete, `checksum` is its SHA-256 in hexadecimal."""

    checksum = ""

    def __init__(self, name: str) -> None:
        # The client's file name is stored in the row and never used in a path.
        self._file_on_disk = NamedTemporaryFile(dir=incoming_dir())  # noqa: SIM115 (closed with this)
        super().__init__(self._file_on_disk, name)

    @classmethod
    def containing(cls, content: bytes, name: str) -> Self:
        """Return an upload whose content is in memory, such as one from a small form."""
        upload = cls(name)
        upload.write(content)
        upload.complete(len(content), hashlib.sha256(content).hexdigest())
        return upload

    def complete(self, size: int, checksum: str) -> None:
        """Set what is known once all of the content is written, and return to its start."""
        self.size, self.checksum = size, checksum
        self.flush()
        os.fsync(self.fileno())  # otherwise the row could survive a power failure that the contents do not
        self.seek(0)

    def temporary_file_path(self) -> str:
        """Return the path. Storage on the same disk moves the file from there without copying."""
        return self._file_on_disk.name

    def close(self) -> None:
        with suppress(FileNotFoundError):  # the storage has moved it
            self._file_on_disk.close()


class MultipartParser(BaseParser):
    """Parses `multipart/form-data` with one file part named `file` and any text parts, into a plain dict."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        meta = (parser_context or {})["request"].META
        body = _CountingStream(stream)
        handler = _Handler()
        try:
            fields, files = MultiPartParser(meta, body, [handler], "utf-8").parse()  # type: ignore[arg-type]
        except (TooManyFilesSent, TooManyFieldsSent) as exc:
            raise BadRequest("The body has too many parts.") from exc
        except RequestDataTooBig as exc:
            raise PayloadTooLarge("The fields beside the file are larger than 1 MB.") from exc
        except (MultiPartParserError, UnreadablePostError) as exc:
            raise BadRequest("The body is not well-formed multipart/form-data.") from exc
        _require_complete(body, meta, handler)
        return {**_texts(fields), **dict.fromkeys(handler.unknown_fields), **files.dict()}


class _CountingStream:
    """Passes the body through, and records its length and its last bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.tail, self.length = stream, b"", 0

    def read(self, size: int | None = None) -> bytes:
        read = self._stream.read() if size is None else self._stream.read(size)
        self.tail = (self.tail + read)[-BOUNDARY_SEARCH_BYTES:]
        self.length += len(read)
        return read


class _Handler(FileUploadHandler):
    """Writes the one file to disk while hashing it, and stops at the limit."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown_fields: list[str] = []
        self.file: UploadedFileOnDisk | None = None

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, *args, **kwargs)
        if field_name != FIELD:
            self.unknown_fields.append(field_name)
            raise SkipFile
        if self.file is not None:
            raise Invalid(details={FIELD: "Send one file at a time."})
        self._hash, self._size = hashlib.sha256(), 0
        self.file = UploadedFileOnDisk(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.file is None:
            raise TypeError("no file has begun")
        self._size += len(raw_data)
        limit = settings.SKELETON_UPLOAD_LIMIT
        if self._size > limit:
            raise PayloadTooLarge(f"The file is larger than {limit / 1_000_000:g} MB.")
        self._hash.update(raw_data)
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFileOnDisk | None:
        if self.file is not None:
            self.file.complete(self._size, self._hash.hexdigest())
        return self.file


def _texts(fields: QueryDict) -> dict[str, Any]:
    return dict(fields.items())


def _require_complete(body: _CountingStream, meta: Values, handler: _Handler) -> None:
    """Raise BadRequest if the body is truncated."""
    boundary = parse_header_parameters(meta.get("CONTENT_TYPE", ""))[1].get("boundary", "")
    short = body.length < int(meta.get("CONTENT_LENGTH") or 0)
    if short or f"--{boundary}--".encode("ascii", "replace") not in body.tail:
        if handler.file:
            handler.file.close()
        raise BadRequest("The body ended before its end.")
