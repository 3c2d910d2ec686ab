"""The API's documentation: the OpenAPI document, Swagger UI and ReDoc, all without an outside request."""

import threading
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class DocumentationView(APIView):
    """Public, and outside of the API's own kernel: these answer pages and YAML."""

    authentication_classes = []
    permission_classes = [AllowAny]
    schema = None


_making = threading.Lock()


def openapi() -> dict[str, Any]:
    """The OpenAPI document, made at the first call: it takes a second, and its generator is not made for threads."""
    with _making:
        return _openapi()


@cache
def _openapi() -> dict[str, Any]:
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document


class SchemaView(DocumentationView, SpectacularAPIView):
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]

    def _get_schema_response(self, request: Request) -> Response:
        return Response(openapi())


class SwaggerView(DocumentationView, SpectacularSwaggerSplitView):
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

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "script" in request.query_params:
            return HttpResponse(redoc_script(), "text/javascript", headers={"Cache-Control": "public, max-age=86400"})
        page: HttpResponseBase = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return page


@cache
def redoc_script() -> bytes:
    """ReDoc's bundle, without the one request that it would make to another host."""
    path = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    return Path(str(path)).read_bytes().replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")
