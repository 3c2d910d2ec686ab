"""The API's documentation: the OpenAPI document, Swagger UI and ReDoc, all without an outside request."""

from typing import Any, ClassVar

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer


class _Open:
    """Public, and outside of the API's own kernel: these answer pages and YAML."""

    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = [AllowAny]
    schema = None


class SchemaView(_Open, SpectacularAPIView):
    renderer_classes: ClassVar[list[Any]] = [OpenApiJsonRenderer, OpenApiYamlRenderer]


class SwaggerView(_Open, SpectacularSwaggerView):
    renderer_classes: ClassVar[list[Any]] = [TemplateHTMLRenderer]
    url_name = "schema"


class RedocView(_Open, SpectacularRedocView):
    renderer_classes: ClassVar[list[Any]] = [TemplateHTMLRenderer]
    template_name = "skeleton/redoc.html"
    url_name = "schema"
