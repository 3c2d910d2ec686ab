"""Limits the size of back-office uploads.

Django reads the whole body before it calls a view, to find the CSRF token.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MULTIPART_OVERHEAD = 100_000
"""Bytes that a form may have in addition to its file."""


class MaxBodySizeHandler(FileUploadHandler):
    """An upload handler that refuses a body by its announced length, and leaves its content to the next handler."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 (Django's name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.SKELETON_UPLOAD_LIMIT + MULTIPART_OVERHEAD:
            raise RequestDataTooBig("The file is too large.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
