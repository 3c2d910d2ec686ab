"""File downloads: a whole file or a range, streamed, and never executed by a browser."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from skeleton.files import storage
from skeleton.files.models import File
from skeleton.files.ranges import parse_range
from skeleton.server.responses import LocalFileResponse

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
"""Headers of every download. They prevent a browser from executing the file in our origin, whatever its type."""


def download_response(file: File, headers: Any, *, whole: bool = False) -> HttpResponseBase:
    """Return the response with the file's contents or the requested range. `whole` is for HEAD, without a body.

    With S3 it redirects to a signed link. Raises FileNotFoundError (the contents are missing), ServiceUnavailable,
    RangeNotSatisfiable.
    """
    etag = f'"{file.checksum}"'
    if etag in (tag.strip() for tag in headers.get("HTTP_IF_NONE_MATCH", "").split(",")):
        return HttpResponse(status=304, headers={"ETag": etag, **SAFE_HEADERS})
    link = storage.link(file.storage_key, name=file.name, mime_type=file.mime_type)
    if link:
        return HttpResponseRedirect(link, headers={"Cache-Control": "no-store"})
    asked = None if whole or headers.get("HTTP_IF_RANGE", etag) != etag else headers.get("HTTP_RANGE")
    part = parse_range(asked, file.size) if asked else None
    first, last = part or (0, file.size - 1)
    response: HttpResponseBase = HttpResponse() if whole else _content(file, first, last, whole=part is None)
    response.status_code = 206 if part else 200
    if part:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    for name, value in SAFE_HEADERS.items():
        response.headers[name] = value
    response.headers["ETag"] = etag
    response.headers["Content-Type"] = file.mime_type
    response.headers["Content-Length"] = str(last - first + 1)
    response.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    return response


def _content(file: File, first: int, last: int, *, whole: bool) -> HttpResponseBase:
    chunks, path = storage.chunks(file.storage_key, first, last), storage.path_of(file.storage_key)
    if path is None:
        return StreamingHttpResponse(chunks)
    return LocalFileResponse(path, chunks, first=first, last=last, whole=whole)
