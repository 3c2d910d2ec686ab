"""A resource as a new developer would write it, and functions that call it; see `test_hooks`."""

import json
from typing import Any

from django.test import RequestFactory
from django.urls import include, path

from parties.models import Country
from skeleton.identity.checks import check_permissions_exist
from skeleton.kernel.actors import Actor
from skeleton.rest.checks import check_hooks, check_lists, check_routes
from skeleton.rest.fields import TextField, UUIDField
from skeleton.rest.permissions import HasPermission
from skeleton.rest.routing import ApiRouter
from skeleton.rest.serializers import InputSerializer, Serializer
from skeleton.rest.viewsets import DestroyMixin, ModelViewSet


class LandSerializer(Serializer):
    id = UUIDField()
    code = TextField()
    region = TextField(allow_null=True)


class LandInputSerializer(InputSerializer):
    output_serializer_class = LandSerializer
    code = TextField(max_length=2)
    region = TextField(required=False, allow_null=True)


class LandViewSet(DestroyMixin, ModelViewSet):
    permission_classes = [HasPermission("countries")]
    serializer_class = LandSerializer
    input_serializer_class = LandInputSerializer

    def get_queryset(self):
        return Country.objects.visible_to(self.request.user)

    def perform_create(self, serializer):
        return Country.objects.create(name={"en": "X"}, **serializer.validated_data)


def actor(*permissions):
    return Actor(None, "a@example.com", "A", frozenset(permissions or ("countries:*",)))


class Caller:
    """Calls a viewset as an actor, through the routes that the router creates."""

    def __init__(self, viewset, *permissions, anonymous=False, router=ApiRouter):
        found = router()
        found.register("lands", viewset, basename="land")
        self.patterns, self.viewset = found.urls, viewset
        self.user = None if anonymous else actor(*permissions)

    def __call__(self, method, route="lands", body=None, query=None, **headers):
        """Return the answer, with its JSON as `data_sent`."""
        response = self.sent(method, route, body, query, **headers)
        response.data_sent = json.loads(response.content) if response.content else None
        return response

    def sent(self, method, route="lands", body=None, query=None, **headers):
        raw = json.dumps(body) if body is not None else ""
        sent: Any = RequestFactory().generic(
            method.upper(),
            f"/{route}",
            raw,
            content_type="application/json",
            query_params=query or None,
            headers=headers,
        )
        sent._force_auth_user = self.user
        for pattern in self.patterns:
            match = pattern.resolve(route)
            if match:
                response = match.func(sent, *match.args, **match.kwargs)
                if hasattr(response, "render"):
                    response.render()
                return response
        raise AssertionError(f"no route for {route}")

    def codes(self, **query):
        return sorted(row["code"] for row in self("get", query=query).data_sent["items"])


def problems(settings, viewset):
    """Return the messages of the system checks about a viewset under /api/v1."""
    router = ApiRouter()
    router.register("lands", viewset, basename="land")
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("api/v1/", include(router.urls))]})
    checks = (check_routes, check_hooks, check_lists, check_permissions_exist)
    return [found.msg for check in checks for found in check(None)]
