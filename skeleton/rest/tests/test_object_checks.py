"""Objects that a viewset hides can't be changed, even if a service would find them by id."""

import functools
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.filters import BaseFilterBackend
from rest_framework.permissions import BasePermission

from parties.models import Country
from skeleton.rest.actions import action
from skeleton.rest.object_checks import enforced_by_services, must_check_object
from skeleton.rest.permissions import HasPermission
from skeleton.rest.tests.newcomer import Caller, LandViewSet, actor

pytestmark = pytest.mark.django_db


def mark(view):
    """Write by id only, like a service without a rule about rows."""
    Country.objects.filter(pk=view.pk).update(region="marked")


class ServiceViewSet(LandViewSet):
    @enforced_by_services
    def get_queryset(self):
        return Country.objects.visible_to(self.actor)

    def perform_update(self, serializer):
        mark(self)

    def perform_destroy(self, instance):
        mark(self)

    @action(detail=True, methods=["post"], summary="Visit", status=204)
    def visit(self, request, pk=None):
        mark(self)
        return HttpResponse(status=204)


class Narrow:
    def get_queryset(self):
        return super().get_queryset().exclude(code="CC")  # type: ignore[misc]


class NoCC(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.exclude(code="CC")


class NotAsia(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.region != "Asia"


class Filtered(ServiceViewSet):
    def filter_queryset(self, queryset):
        return queryset.exclude(code="CC")


class Narrowed(Narrow, ServiceViewSet):
    """A mixin before the class."""


class Both(Narrow, ServiceViewSet):
    """Overrides what is read and what writes."""

    def perform_update(self, serializer):
        super().perform_update(serializer)

    def perform_destroy(self, instance):
        super().perform_destroy(instance)

    @action(detail=True, methods=["post"], summary="Visit", status=204)
    def visit(self, request, pk=None):  # type: ignore[override]
        return super().visit(request, pk)


class Marked(Both):
    """Marks its own rule, but inherits what writes."""

    @enforced_by_services
    def get_queryset(self):
        return super().get_queryset()


class Later(ServiceViewSet):
    """Writes in a class that is derived from the marked one."""

    @functools.wraps(ServiceViewSet.get_queryset)
    def get_queryset(self):  # type: ignore[override]
        return super().get_queryset().exclude(code="CC")


class ByAttribute(ServiceViewSet):
    queryset = Country.objects.exclude(code="CC")

    def get_queryset(self):
        return super(LandViewSet, self).get_queryset()


class Backend(ServiceViewSet):
    filter_backends = (NoCC,)


REQUESTS = [
    ("patch", "", {"region": "x"}),
    ("put", "", {"region": "x"}),
    ("delete", "", None),
    ("post", "/visit", None),
]


@pytest.mark.parametrize("viewset", [Filtered, Narrowed, Both, Marked, Later, ByAttribute, Backend])
@pytest.mark.parametrize("method, path, body", REQUESTS)
def test_what_is_hidden_takes_neither_changes_nor_actions(lands, viewset, method, path, body):
    assert Caller(viewset)(method, f"lands/{lands[2].pk}{path}", body).status_code == 404
    assert not Country.objects.filter(region="marked").exists()
    assert Caller(viewset)(method, f"lands/{lands[1].pk}{path}", body).status_code in (200, 204)
    assert Country.objects.get(region="marked") == lands[1]


def test_a_queryset_attribute_of_a_subclass(lands):
    class ViewSet(LandViewSet):
        queryset = Country.objects.all()

        @enforced_by_services
        def get_queryset(self):
            return super(LandViewSet, self).get_queryset()

        def perform_update(self, serializer):
            mark(self)

    class Narrower(ViewSet):
        queryset = Country.objects.exclude(code="CC")

    for viewset, kwargs in ((Narrower, {}), (ViewSet, {"queryset": Country.objects.exclude(code="CC")})):
        view = viewset.as_view({"patch": "partial_update"}, **kwargs)
        assert _call(view, "patch", pk=str(lands[2].pk)).status_code == 404
        assert not Country.objects.filter(region="marked").exists()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
@pytest.mark.parametrize("kwargs", [{}, {"detail": True}, {"detail": False}])
def test_a_route_without_a_router(lands, method, kwargs):
    class ViewSet(ServiceViewSet):
        permission_classes = [HasPermission("countries"), NotAsia]

    view = ViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, **kwargs)
    refused = _call(view, method, pk=str(lands[2].pk))
    assert refused.status_code == 403
    assert b"This needs the permission" not in refused.content  # the actor has it
    assert not Country.objects.filter(region="marked").exists()
    assert _call(view, method, pk=str(lands[1].pk)).status_code in (200, 204)


@pytest.mark.parametrize(
    "own, status",
    [({"permission_classes": [HasPermission("countries"), NotAsia]}, 403), ({"filter_backends": [NoCC]}, 404)],
)
def test_attributes_of_an_action(lands, own, status):
    class ViewSet(ServiceViewSet):
        @action(detail=True, methods=["post"], summary="Stay", status=204, **own)
        def stay(self, request, pk=None):
            mark(self)
            return HttpResponse(status=204)

    call = Caller(ViewSet)
    assert call("post", f"lands/{lands[2].pk}/stay").status_code == status
    assert not Country.objects.filter(region="marked").exists()
    assert call("post", f"lands/{lands[1].pk}/stay").status_code == 204


def test_an_action_with_the_name_of_a_standard_one(lands):
    class Lines(Narrow, LandViewSet):
        @action(detail=True, methods=["post"], summary="Create a line", url_path="lines", status=204)
        def create(self, request, pk=None):  # type: ignore[override]
            mark(self)
            return HttpResponse(status=204)

    view = Lines.as_view({"post": "create"}, detail=True)
    assert _call(view, "post", pk=str(lands[2].pk)).status_code == 404
    assert _call(view, "post", pk=str(lands[1].pk)).status_code == 204


@pytest.mark.parametrize(
    "viewset, action_name, expected",
    [
        (ServiceViewSet, "retrieve", False),
        (ServiceViewSet, "partial_update", False),
        (ServiceViewSet, "destroy", False),
        (ServiceViewSet, "visit", False),
        (Narrowed, "retrieve", False),
        (Narrowed, "list", False),
        (Narrowed, "partial_update", True),
        (Narrowed, "visit", True),
        (LandViewSet, "partial_update", False),
        (LandViewSet, "destroy", False),
    ],
)
def test_where_an_object_is_read_first(viewset, action_name, expected):
    view = viewset()
    view.action, view.kwargs, view.detail = action_name, {"pk": "1"}, None
    assert must_check_object(view) == expected


def _call(view, method, **kwargs):
    request: Any = RequestFactory().generic(method.upper(), "/x", '{"region": "x"}', content_type="application/json")
    request._force_auth_user = actor()
    return view(request, **kwargs)
