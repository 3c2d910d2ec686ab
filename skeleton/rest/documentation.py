"""The API's documentation: the OpenAPI document, Swagger UI and ReDoc, all without an outside request."""

import gzip
import hashlib
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from skeleton.rest.compression import accepts_gzip, gzip_etag
from skeleton.rest.schema_answers import Schema


class DocumentationView(APIView):
    """Base of the documentation views: public, and not API viewsets, because they return pages and YAML."""

    authentication_classes = []
    permission_classes = [AllowAny]
    http_method_names = ["get", "head"]
    schema = None


_schema_lock = threading.Lock()


def openapi() -> Schema:
    """Return the OpenAPI document. The first call generates it under a lock: the generator is not thread-safe."""
    with _schema_lock:
        return _openapi()


@cache
def _openapi() -> dict[str, object]:
    generator: Any = SchemaGenerator
    with override(settings.LANGUAGE_CODE):  # regardless of the language of the first request
        document: Schema = generator().get_schema(request=None, public=True)
    return document


class CompactJsonRenderer(OpenApiJsonRenderer):
    """The document without indentation, which would be half of it."""

    def get_indent(self, accepted_media_type: str, renderer_context: object) -> None:
        return None


class PlainJsonRenderer(CompactJsonRenderer):
    """The document for clients that accept ordinary JSON, and for those that accept anything."""

    media_type = "application/json"
    format = "json"


class SchemaView(DocumentationView):
    """The OpenAPI document. What is sent is cached: rendering or compressing it per request would invite attacks."""

    renderer_classes = [PlainJsonRenderer, CompactJsonRenderer, OpenApiYamlRenderer]

    def get(self, request: Request) -> HttpResponseBase:
        """Return the document, or 304 if the client has it already."""
        renderer, compressed = type(request.accepted_renderer), accepts_gzip(request)
        body, etag = _rendered(renderer, compressed)
        answer = HttpResponse(body, content_type=renderer.media_type, headers={"ETag": etag})
        patch_vary_headers(answer, ["Accept", "Accept-Encoding"])
        if compressed:
            answer.headers["Content-Encoding"] = "gzip"
        return get_conditional_response(request, etag=etag, response=answer) or answer


def _rendered(renderer: Callable[[], BaseRenderer], compressed: bool) -> tuple[bytes, str]:
    with _schema_lock:
        return _cached_schema(renderer, compressed)


@cache
def _cached_schema(renderer: Callable[[], BaseRenderer], compressed: bool) -> tuple[bytes, str]:
    """Return the document in one format, and its ETag."""
    if compressed:
        body, etag = _cached_schema(renderer, False)
        return gzip.compress(body, mtime=0), gzip_etag(etag)
    rendered: Any = renderer().render(_openapi(), renderer_context={})
    return rendered, f'"{hashlib.sha256(rendered).hexdigest()}"'


class SwaggerView(DocumentationView, SpectacularSwaggerSplitView):
    """Swagger UI. Its login signs the reader in."""

    template_name_js = "skeleton/swagger_ui.js"
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "schema"


class RedocView(DocumentationView, SpectacularRedocView):
    """ReDoc shows its maker's logo from the maker's host; our copy of its script shows none."""

    renderer_classes = [TemplateHTMLRenderer]
    template_name = "skeleton/redoc.html"
    url_name = "schema"

    @staticmethod
    def _redoc_standalone() -> str:
        return "?script="

    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        if "script" in request.query_params:
            return HttpResponse(redoc_script(), "text/javascript", headers={"Cache-Control": "public, max-age=86400"})
        page: HttpResponseBase = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return page


@cache
def redoc_script() -> bytes:
    """ReDoc's bundle, without the one request that it would make to another host."""
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")
