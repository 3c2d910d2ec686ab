"""Hooks that can't work are refused at startup, with a message that says what to do; see `test_hooks`."""

from typing import Any

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.urls import path
from rest_framework import permissions as drf_permissions
from rest_framework import serializers as drf
from rest_framework.filters import OrderingFilter
from rest_framework.response import Response

from parties.models import Country
from skeleton.rest.actions import action
from skeleton.rest.checks import check_routes
from skeleton.rest.filters import FilterSet, TextFilter
from skeleton.rest.http import JsonResponse
from skeleton.rest.pagination import PageOrCursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.setting_checks import check_settings
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, problems

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


@pytest.mark.parametrize(
    "own, said",
    [
        ({"page_size_query_param": "size"}, "page_size_query_param would not be read"),
        ({"ordering": "code"}, "ordering would not be read: set ordering on the viewset"),
        ({"get_page_size": lambda self, request: 1}, "set page_size and max_page_size"),
    ],
)
def test_attributes_of_a_pagination(settings, own, said):
    paging = type("Paging", (PageOrCursorPagination,), own)

    class ViewSet(LandViewSet):
        @action(detail=False, summary="Mine", envelope="page", pagination_class=paging)
        def mine(self, request):
            return self.get_paginated_response(self.paginate_queryset(self.get_queryset()))

    for viewset in (ViewSet, type("ViewSet", (LandViewSet,), {"pagination_class": paging})):
        (problem,) = problems(settings, viewset)
        assert said in problem


@pytest.mark.parametrize(
    "argument, said",
    [
        ({"list_serializer_class": LandSerializer}, "use serializer_class"),
        ({"filter_backends": [OrderingFilter]}, "declare ordering_fields"),
    ],
)
def test_arguments_of_an_action(settings, argument, said):
    class ViewSet(LandViewSet):
        @action(detail=False, summary="Mine", envelope="page", **argument)
        def mine(self, request):
            return self.get_paginated_response(self.paginate_queryset(self.get_queryset()))

    (problem,) = problems(settings, ViewSet)
    assert said in problem


def test_the_ordering_of_an_action(lands, settings):
    class ViewSet(LandViewSet):
        @action(detail=False, summary="Mine", envelope="page", ordering="-code")
        def mine(self, request):
            return self.get_paginated_response(self.paginate_queryset(self.get_queryset()))

    assert problems(settings, ViewSet) == []
    assert [row["code"] for row in Caller(ViewSet)("get", "lands/mine").data_sent["items"]] == ["CC", "BB", "AA"]


@pytest.mark.parametrize(
    "found, said",
    [
        (TypeError("no"), "TypeError: no"),
        (FieldError("no"), "FieldError: no"),
        ([], "must return a QuerySet, not a list"),
        (Country.objects, "must return a QuerySet"),
    ],
)
def test_get_queryset(settings, found, said):
    def get_queryset(self: Any) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    (problem,) = problems(settings, type("ViewSet", (LandViewSet,), {"get_queryset": get_queryset}))
    assert said in problem


def test_a_nullable_ordering_without_serializer_class(settings):
    class ViewSet(LandViewSet):
        serializer_class: Any = None
        ordering = "region"

        def get_serializer_class(self):
            return LandSerializer

    assert any("region may be null" in problem for problem in problems(settings, ViewSet))


def test_a_required_filter(settings):
    filters = type("Filters", (FilterSet,), {"region": TextFilter(required=True)})
    (problem,) = problems(settings, type("ViewSet", (LandViewSet,), {"filterset_class": filters}))
    assert "required=True would be ignored" in problem


@pytest.mark.parametrize("name", ["filterset_class", "pagination_class", "serializer_class"])
def test_properties(lands, settings, name):
    usual = getattr(LandViewSet, name)
    viewset = type("ViewSet", (LandViewSet,), {name: property(lambda self: usual)})
    assert problems(settings, viewset) == []
    assert Caller(viewset)("get").status_code == 200
    broken = type("ViewSet", (LandViewSet,), {name: property(lambda self: 1 / 0)})
    assert any("ZeroDivisionError" in problem for problem in problems(settings, broken))


@pytest.mark.parametrize(
    "name, value",
    [("PAGE_SIZE", 5), ("DATETIME_FORMAT", "%Y"), ("DEFAULT_PARSER_CLASSES", ["rest_framework.parsers.FormParser"])],
)
def test_settings_of_drf(settings, name, value):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, name: value}
    (problem,) = check_settings(None)
    assert f"REST_FRAMEWORK['{name}'] has no effect" in problem.msg


@pytest.mark.parametrize(
    "field, fits",
    [
        (drf.CharField(source="is_active"), False),
        (drf.CharField(source="created_at"), False),
        (drf.IntegerField(source="code"), False),
        (drf.BooleanField(source="code"), False),
        (drf.DateField(source="created_at"), False),
        (drf.CharField(source="id"), True),
        (drf.DateTimeField(source="created_at"), True),
        (
            type("Own", (drf.CharField,), {"to_representation": lambda self, value: str(value)})(source="is_active"),
            True,
        ),
    ],
)
def test_a_field_of_another_type_than_its_column(settings, field: Any, fits):
    serializer = type("Odd", (LandSerializer,), {"odd": field})
    found = problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))
    assert [("Odd.odd" in problem and "not converted" in problem) for problem in found] == ([] if fits else [True])


def test_a_choice_of_the_input_serializer_by_the_body(settings):
    class ViewSet(LandViewSet):
        def get_input_serializer_class(self):
            data: Any = self.request.data
            return LandInputSerializer if data.get("code") else super().get_input_serializer_class()

    assert problems(settings, ViewSet) == []
