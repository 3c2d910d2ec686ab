"""The API of files."""

from typing import Any, ClassVar
from uuid import UUID

import structlog
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from skeleton.core.access import visible
from skeleton.core.entry import LocalFile
from skeleton.core.errors import NotFound
from skeleton.core.handler import error_response
from skeleton.core.listing import NEWEST_FIRST, Sorting
from skeleton.core.operations import operation
from skeleton.core.reading import Reader
from skeleton.core.views import READ, WRITE, ResourceView
from skeleton.files import services, storage
from skeleton.files.access import FILES, READABLE
from skeleton.files.errors import RangeNotSatisfiable
from skeleton.files.models import File
from skeleton.files.ranges import parse_range
from skeleton.files.serializers import FileOutput, UploadInput
from skeleton.files.uploads import MultipartParser, Received

log = structlog.get_logger("skeleton.files")

FRAME = 100_000
"""Bytes that a body may have around the file: headers of its parts, the purpose."""

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
"""With every download: whatever the file says it is, no browser runs it in our name."""


class FileView(ResourceView):
    tag = "Files"
    resources = ("files",)
    gate = FILES
    output = FileOutput
    sorting = Sorting(keys={"name": "name", "size": "size", "created_at": "created_at"}, default=NEWEST_FIRST)
    parser_classes = (MultipartParser,)
    upload_input = UploadInput
    readable: ClassVar[Reader] = Reader(READABLE, FileOutput)

    @property
    def max_body(self) -> int:  # type: ignore[override]
        return int(settings.SKELETON_UPLOAD_LIMIT) + FRAME

    @operation("POST", "", access=WRITE, summary="Upload", input="upload_input", output="output", status=201)
    def upload(self, request: Request) -> HttpResponse:
        """At most 25 MB unless set otherwise, and 10 uploads a minute. Type and size are taken from the bytes."""
        services.UPLOADS.hit(str(self.actor.user_id))  # before the body is read
        try:
            values = self.parse()
            pk = services.upload_file(upload=values["file"], purpose=values.get("purpose"), actor=self.actor)
        finally:
            received = dict(request.data).get("file")
            if isinstance(received, Received):  # what was refused lies on disk, too
                received.close()
        return self.show(pk, 201)

    def show(self, pk: UUID, status: int = 200) -> HttpResponse:
        """Also one that is shown to the actor, such as in a message."""
        return self.answer(self.readable.one(self.actor, pk), status)

    @operation("GET", "/<pk>/download", access=READ, summary="Download", envelope="file", errors=(404,))
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """Always as an attachment; one byte range may be asked for. From S3: a redirect to a link good for a minute."""
        file = visible(READABLE, self.actor).filter(pk=self.pk).first()
        if file is None:
            raise NotFound
        try:
            return _download(file, request.META, whole=request.method == "HEAD")
        except RangeNotSatisfiable as exc:
            response = error_response(exc)
            response.headers["Content-Range"] = f"bytes */{file.size}"
            return response
        except FileNotFoundError as exc:
            log.error("bytes_missing", file=str(file.pk), key=file.storage_key)
            raise NotFound("The content of this file is missing from the storage.") from exc

    @operation("DELETE", "/<pk>", access=WRITE, summary="Delete", status=204, envelope="none", errors=(404, 409))
    def destroy(self, request: Request, pk: str) -> HttpResponse:
        """Not while something uses it, such as a message."""
        services.delete_file(file_id=self.pk, actor=self.actor)
        return HttpResponse(status=204)


def _content(file: File, first: int, last: int, *, whole: bool) -> HttpResponseBase:
    chunks, path = storage.chunks(file.storage_key, first, last), storage.path_of(file.storage_key)
    if path is None:
        return StreamingHttpResponse(chunks)
    return LocalFile(path, chunks, first=first, last=last, whole=whole)


def _download(file: File, headers: Any, *, whole: bool) -> HttpResponseBase:
    """The answer with the file's bytes, or with the part that is asked for; `whole` is for HEAD, which has none."""
    etag = f'"{file.checksum}"'
    if etag in (tag.strip() for tag in headers.get("HTTP_IF_NONE_MATCH", "").split(",")):
        return HttpResponse(status=304, headers={"ETag": etag, **SAFE})
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
    for name, value in SAFE.items():
        response.headers[name] = value
    response.headers["ETag"] = etag
    response.headers["Content-Type"] = file.mime_type
    response.headers["Content-Length"] = str(last - first + 1)
    response.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    return response
