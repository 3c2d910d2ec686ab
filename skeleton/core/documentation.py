"""The API's documentation: the OpenAPI document, Swagger UI and ReDoc, all without an outside request."""

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.views import APIView


class DocumentationView(APIView):
    """Public, and outside of the API's own kernel: these answer pages and YAML."""

    authentication_classes = []
    permission_classes = [AllowAny]
    schema = None


class SchemaView(DocumentationView, SpectacularAPIView):
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]


class SwaggerView(DocumentationView, SpectacularSwaggerView):
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "schema"


class RedocView(DocumentationView, SpectacularRedocView):
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "skeleton/redoc.html"
    url_name = "schema"
