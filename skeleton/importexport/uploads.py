"""What a form of the back office may upload: not more than a file, however patient its sender is.

Django reads the whole body before any view of ours, to find the token against forged requests in it.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

FRAME = 100_000
"""Bytes that a form may have around its file."""


class Quota(FileUploadHandler):
    """Refuses a body that is too long before it is read, and leaves the rest to the next handler."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 (Django's name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.SKELETON_UPLOAD_LIMIT + FRAME:
            raise RequestDataTooBig("The file is too large.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
