"""A strict JSON parser. Its output has a bounded size and depth, and contains no NUL characters or huge floats."""

from collections.abc import Iterator, Mapping
from typing import IO

import orjson
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser

from skeleton.kernel.errors import BadRequest, LengthRequired, PayloadTooLarge
from skeleton.kernel.types import Values

MAX_BODY = 1_000_000  # bytes
MAX_DEPTH = 32

RERUN_ENVIRON_KEY = "skeleton.rerun"
"""Key in the WSGI environment of a request that the server runs again after receiving its large body. Throttles have
counted the request in the first run and must not count it again."""


class StrictJsonParser(BaseParser):
    """Accepts RFC 8259 only: UTF-8, an object, at most 1 MB and 32 levels deep."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> Values:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise PayloadTooLarge("The body is larger than 1 MB.")
        return parse_object(raw)


class MergePatchParser(StrictJsonParser):
    """JSON under the media type of RFC 7396. All updates are partial, whatever the media type."""

    media_type = "application/merge-patch+json"


def parse_object(raw: bytes) -> dict[str, object]:
    """Return the object in `raw`. Raises BadRequest, or ValidationError (422) for the field that contains a NUL."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise BadRequest(f"The body is not valid JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.") from exc
    if not isinstance(data, dict):
        raise BadRequest("The body must be a JSON object.")
    # walking the data is slow, so do it only if the body could be too deep or contain a NUL
    if b"\\u0000" in raw or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _check_depth_and_nul(data)
    return data


def _check_depth_and_nul(data: dict[str, object]) -> None:
    for path, value in _walk(data, ()):
        if len(path) > MAX_DEPTH:
            raise BadRequest(f"The body is nested more than {MAX_DEPTH} levels deep.")
        if "\x00" in value:
            raise ValidationError({".".join(path): ["Null characters are not allowed."]})


def _walk(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every string in `value`, including keys, with its path. Yields a path for each level, to show the depth."""
    if len(path) > MAX_DEPTH:
        yield path, ""
    elif isinstance(value, dict):
        for key, inner in value.items():
            inner_path = (*path, key.replace("\x00", "\\u0000"))
            yield inner_path, key
            yield from _walk(inner, inner_path)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, str(index)))
    elif isinstance(value, str):
        yield path, value


def check_length(headers: Mapping[str, str], limit: int = MAX_BODY) -> None:
    """Refuse a body that is too large or has no length, before reading it.

    `headers` is the WSGI environment. A WSGI application can't read a chunked body, and it must not appear to be empty.
    """
    if "chunked" in headers.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise LengthRequired
    length = headers.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        raise BadRequest("Content-Length is not a number.")
    if int(length) > limit:
        raise PayloadTooLarge(f"The body is larger than {limit / 1_000_000:g} MB.")
