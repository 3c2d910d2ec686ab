"""The API of files."""

from typing import Any

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from skeleton.files import services
from skeleton.files.downloads import download_response
from skeleton.files.errors import RangeNotSatisfiable
from skeleton.files.models import File
from skeleton.files.serializers import FileSerializer, UploadInputSerializer
from skeleton.files.uploads import MultipartParser, UploadedFileOnDisk
from skeleton.kernel.errors import NotFound
from skeleton.rest.actions import action, describe
from skeleton.rest.handler import error_response
from skeleton.rest.object_checks import enforced_by_services
from skeleton.rest.parsers import RERUN_ENVIRON_KEY
from skeleton.rest.permissions import HasPermission
from skeleton.rest.viewsets import CreateMixin, DestroyMixin, ReadOnlyModelViewSet

log = structlog.get_logger("skeleton.files")

FRAME = 100_000
"""Bytes of the body beyond the file itself: part headers and the purpose."""


class FileViewSet(DestroyMixin, CreateMixin, ReadOnlyModelViewSet):
    tag = "Files"
    permission_classes = [HasPermission("files")]
    serializer_class = FileSerializer
    ordering_fields = {"name": "name", "size": "size", "created_at": "created_at"}
    parser_classes = (MultipartParser,)
    input_serializer_class = UploadInputSerializer

    @property
    def max_body(self) -> int:  # type: ignore[override]
        return int(settings.SKELETON_UPLOAD_LIMIT) + FRAME

    @enforced_by_services
    def get_queryset(self) -> QuerySet[Any]:
        """Return the actor's own files. For reading, also the files shared with them, for example in a message."""
        if self.action in ("list", "destroy"):
            return File.objects.visible_to(self.actor)
        return File.objects.readable_by(self.actor)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if self.action == "create" and RERUN_ENVIRON_KEY not in request.META:
            services.UPLOADS.hit(str(self.actor.user_id))  # before the body is read

    @describe(summary="Upload", errors=(), operation="uploadFile")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """At most 25 MB unless configured otherwise, and 10 uploads a minute. Type and size come from the content."""
        try:
            values = self.parse()
            pk = services.upload_file(upload=values["file"], purpose=values.get("purpose"), actor=self.actor)
        finally:
            received = dict(request.data).get("file")
            if isinstance(received, UploadedFileOnDisk):  # a rejected upload is on disk, too
                received.close()
        return self.show(pk, 201)

    @action(detail=True, methods=["get"], summary="Download", envelope="file", errors=(404,))
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """Always an attachment. Supports a single byte range. With S3: a redirect to a link valid for a minute."""
        file = self.get_queryset().filter(pk=self.pk).first()
        if file is None:
            raise NotFound
        try:
            return download_response(file, request.META, whole=request.method == "HEAD")
        except RangeNotSatisfiable as exc:
            response = error_response(exc)
            response.headers["Content-Range"] = f"bytes */{file.size}"
            return response
        except FileNotFoundError as exc:
            log.error("bytes_missing", file=str(file.pk), key=file.storage_key)
            raise NotFound("The content of this file is missing from the storage.") from exc

    def perform_destroy(self, instance: Any) -> None:
        """Not possible while the file is in use, for example in a message."""
        services.delete_file(file_id=self.pk, actor=self.actor)
