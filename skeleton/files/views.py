"""The API of files."""

from typing import ClassVar
from uuid import UUID

import structlog
from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from skeleton.db.access import visible
from skeleton.files import services
from skeleton.files.access import FILES, READABLE
from skeleton.files.downloads import download_of
from skeleton.files.errors import RangeNotSatisfiable
from skeleton.files.serializers import FileOutput, UploadInput
from skeleton.files.uploads import MultipartParser, Received
from skeleton.kernel.errors import NotFound
from skeleton.rest.handler import error_response
from skeleton.rest.listing import NEWEST_FIRST, Sorting
from skeleton.rest.operations import operation
from skeleton.rest.parsers import RERUN
from skeleton.rest.reading import Reader
from skeleton.rest.views import READ, WRITE, ResourceView

log = structlog.get_logger("skeleton.files")

FRAME = 100_000
"""Bytes that a body may have around the file: headers of its parts, the purpose."""


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
        if RERUN not in request.META:
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
            return download_of(file, request.META, whole=request.method == "HEAD")
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
