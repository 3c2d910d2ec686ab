"""The root of the API, which says where things are."""

from django.conf import settings
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from skeleton.rest.actions import action
from skeleton.rest.fields import TextField
from skeleton.rest.http import JsonResponse
from skeleton.rest.permissions import PUBLIC, HasPermission
from skeleton.rest.serializers import Serializer
from skeleton.rest.viewsets import ApiViewSet

LINKS = {
    "login": "/api/v1/auth/login",
    "schema": "/api/v1/schema",
    "documentation": "/api/v1/docs",
    "reference": "/api/v1/redoc",
    "back_office": "/admin/",
    "health": "/health",
}


class IndexSerializer(Serializer):
    name = TextField()
    version = TextField(help_text="The version of the software. The API's is in its path.")
    links = serializers.DictField(child=TextField(), help_text="Paths by name.")


class IndexViewSet(ApiViewSet):
    tag = "Authentication"
    permission_classes = [HasPermission()]

    @action(
        detail=False,
        methods=["get"],
        permission=PUBLIC,
        summary="Find the parts of the API",
        output=IndexSerializer,
        errors=(400,),
        operation="getIndex",
    )
    def index(self, request: Request) -> HttpResponse:
        """Where to sign in, the documentation, the OpenAPI document and the health check."""
        self.refuse_query()
        described = settings.SPECTACULAR_SETTINGS
        return JsonResponse({"name": described["TITLE"], "version": described["VERSION"], "links": LINKS})
