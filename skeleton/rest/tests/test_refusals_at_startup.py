"""Hooks that can't work are refused at startup, with a message that says what to do; see `test_hooks`."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import path
from rest_framework import permissions as drf_permissions
from rest_framework import serializers as drf
from rest_framework.response import Response

from skeleton.rest.actions import action
from skeleton.rest.checks import check_routes
from skeleton.rest.http import JsonResponse
from skeleton.rest.permissions import HasPermission
from skeleton.rest.tests.newcomer import Caller, LandSerializer, LandViewSet, problems

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("ordering_fields", ["code"], "ordering_fields must be a dict"),
        ("ordering_fields", "__all__", "ordering_fields must be a dict"),
        ("ordering", ["-code"], "ordering must be one name"),
        ("lookup_field", "no_such", "correct lookup_field"),
        ("permission_classes", [HasPermission("contries")], "contries:read"),
        ("permission_classes", [drf_permissions.IsAdminUser], "use HasPermission"),
        ("permission_classes", [drf_permissions.DjangoModelPermissions], "use HasPermission"),
        ("permission_classes", [drf_permissions.DjangoObjectPermissions], "use HasPermission"),
        ("permission_classes", property(lambda self: 1 / 0), "ZeroDivisionError"),
    ],
)
def test_attributes(settings, name, value, said):
    found = problems(settings, type("ViewSet", (LandViewSet,), {name: value}))
    assert any(said in problem for problem in found)


def test_a_property_as_permission_classes(lands, settings):
    class ViewSet(LandViewSet):
        @property
        def permission_classes(self):  # type: ignore[override]
            return [HasPermission("countries")]

    assert problems(settings, ViewSet) == []
    assert Caller(ViewSet)("get", f"lands/{lands[0].pk}").status_code == 200
    assert Caller(ViewSet, "x:read")("get").status_code == 403


def test_an_unknown_permission_of_an_action(settings):
    class ViewSet(LandViewSet):
        @action(detail=False, summary="Look", permission="countries:wirte")
        def look(self, request):
            return JsonResponse({})

        @action(detail=False, summary="See", permission_classes=[HasPermission("countries"), HasPermission("contries")])
        def see(self, request):
            return JsonResponse({})

    assert sorted(problem.split("asks for ")[1].split(",")[0] for problem in problems(settings, ViewSet)) == [
        "contries:read",
        "countries:wirte",
    ]


def test_a_page_that_is_serialized_again(settings):
    class ViewSet(LandViewSet):
        @action(detail=False, summary="Mine", envelope="page")
        def mine(self, request):
            page = self.paginate_queryset(self.get_queryset())
            return self.get_paginated_response(self.get_serializer(page, many=True).data)

        @action(detail=False, summary="All", envelope="page")
        def everything(self, request):
            return self.get_paginated_response(self.paginate_queryset(self.get_queryset()))

        @action(detail=True, summary="One")
        def one(self, request, pk=None):
            return Response(self.get_serializer(self.get_object()).data)

    (problem,) = problems(settings, ViewSet)
    assert "mine would serialize a page again" in problem


def test_a_regular_expression_in_a_path():
    class ViewSet(LandViewSet):
        @action(detail=True, summary="Line", url_path=r"lines/(?P<line_id>[^/.]+)")
        def line(self, request, pk=None, line_id=None):
            return JsonResponse({})

    with pytest.raises(ImproperlyConfigured, match="write <name> in url_path"):
        Caller(ViewSet)


def test_a_view_of_djangos_is_told_what_to_do(settings):
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("api/v1/x", lambda request: JsonResponse({}))]})
    (problem,) = check_routes(None)
    assert "derive the view from skeleton.rest.viewsets" in problem.msg


@pytest.mark.parametrize(
    "field, said",
    [
        (drf.HyperlinkedIdentityField(view_name="land-detail"), "FromColumns with 'pk'"),
        (drf.MultipleChoiceField(choices=["a"]), "ListField(child=ChoiceField"),
    ],
)
def test_fields(settings, field: Any, said):
    serializer = type("Odd", (LandSerializer,), {"odd": field})
    found = problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))
    assert found
    assert all(said in problem for problem in found)
