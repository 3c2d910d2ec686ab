"""Hooks of GenericViewSet, its mixins, filtersets and querysets; see `test_hooks`."""

from typing import Any, ClassVar

import django_filters
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from django.db.models.functions import Upper
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters as drf_filters
from rest_framework import pagination as drf_pagination
from rest_framework import serializers as drf
from rest_framework.response import Response

from parties.models import Country
from skeleton.db.querysets import RowLevelQuerySet
from skeleton.kernel.errors import Conflict
from skeleton.rest.actions import action
from skeleton.rest.fields import TextField
from skeleton.rest.filters import BooleanFilter, FilterSet, SearchFilter
from skeleton.rest.listing import Ordering
from skeleton.rest.pagination import CursorPagination, PageOrCursorPagination
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import Serializer
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, actor, problems
from skeleton.rest.viewsets import ListMixin, ReadOnlyModelViewSet

pytestmark = pytest.mark.django_db


# --- GenericViewSet ---------------------------------------------------------------------------------------------------


class TestGetQueryset:
    def test_it_is_asked_for_every_request(self, lands):
        class ViewSet(LandViewSet):
            def get_queryset(self):
                region = "Asia" if self.actor.can("x:y") else "Europe"
                return super().get_queryset().filter(region=region)

        for _ in range(2):
            assert Caller(ViewSet).codes() == ["AA", "BB"]
            assert Caller(ViewSet, "countries:*", "x:y").codes() == ["CC"]
            assert Caller(ViewSet, "countries:*", "x:y")("get", f"lands/{lands[0].pk}").status_code == 404
            assert Caller(ViewSet)("patch", f"lands/{lands[2].pk}", {"region": "x"}).status_code == 404
            assert Caller(ViewSet)("delete", f"lands/{lands[2].pk}").status_code == 404

    @pytest.mark.parametrize(
        "change, expected",
        [
            (lambda rows: rows.none(), []),
            (lambda rows: rows.exclude(code="AA"), ["BB", "CC"]),
            (lambda rows: rows.filter(code="AA") | rows.filter(code="CC"), ["AA", "CC"]),
            (lambda rows: rows.filter(code="AA").union(rows.filter(code="BB")), ["AA", "BB"]),
            (lambda rows: rows.order_by("-code")[:2], ["BB", "CC"]),
            (lambda rows: rows.distinct(), ["AA", "BB", "CC"]),
            (lambda rows: rows.select_related().prefetch_related(), ["AA", "BB", "CC"]),
            (lambda rows: rows.only("code"), ["AA", "BB", "CC"]),
        ],
    )
    def test_whatever_it_gives_is_what_is_read(self, lands, change, expected):
        class ViewSet(LandViewSet):
            def get_queryset(self):
                return change(super().get_queryset())

        call = Caller(ViewSet)
        assert call.codes() == expected
        assert sorted(row["code"] for row in call("get", query={"cursor": ""}).data_sent["items"]) == expected
        found = {str(row.pk): row.code for row in lands}
        for pk, code in found.items():
            assert call("get", f"lands/{pk}").status_code == (200 if code in expected else 404)

    def test_a_change_in_place_is_honoured(self, lands):
        class ViewSet(LandViewSet):
            def get_queryset(self):
                rows = super().get_queryset()
                rows.query.add_filter("code", "BB")
                return rows

        assert Caller(ViewSet).codes() == ["BB"]

    def test_columns_of_its_own(self, lands):
        class Shouted(LandSerializer):
            shout = TextField()

        class ViewSet(LandViewSet):
            serializer_class = Shouted

            def get_queryset(self):
                return super().get_queryset().annotate(shout=Upper("region"))

        (row, *_) = Caller(ViewSet)("get").data_sent["items"]
        assert row["shout"] == "ASIA"

    def test_a_class_level_queryset(self, lands, settings):
        class ViewSet(ReadOnlyModelViewSet):
            permission_classes = [HasPermission("countries")]
            serializer_class = LandSerializer
            queryset = Country.objects.filter(region="Asia")

        assert Caller(ViewSet).codes() == ["CC"]
        Country.objects.filter(code="AA").update(region="Asia")
        assert Caller(ViewSet).codes() == ["AA", "CC"]
        assert problems(settings, ViewSet) == []

    def test_an_order_of_its_own_is_refused(self, lands, settings):
        class ViewSet(LandViewSet):
            def get_queryset(self):
                return super().get_queryset().order_by("code")

        assert any("ordering" in problem for problem in problems(settings, ViewSet))

    def test_no_queryset_at_all_is_refused(self, settings):
        class ViewSet(ListMixin):
            permission_classes = [HasPermission("countries")]
            serializer_class = LandSerializer

        assert any("queryset" in problem for problem in problems(settings, ViewSet))


class TestSerializerClasses:
    def test_get_serializer_class(self, lands):
        class Short(Serializer):
            code = TextField()

        class ViewSet(LandViewSet):
            def get_serializer_class(self):
                return Short if self.actor.can("x:short") else super().get_serializer_class()

        assert set(Caller(ViewSet, "countries:*", "x:short")("get").data_sent["items"][0]) == {"code"}
        assert set(Caller(ViewSet)("get").data_sent["items"][0]) == {"id", "code", "region"}

    def test_list_serializer_class(self, lands):
        class Short(Serializer):
            code = TextField()

        class ViewSet(LandViewSet):
            list_serializer_class = Short

        assert set(Caller(ViewSet)("get").data_sent["items"][0]) == {"code"}
        assert set(Caller(ViewSet)("get", f"lands/{lands[0].pk}").data_sent) == {"id", "code", "region"}

    def test_get_input_serializer_class_and_context(self, lands):
        class Strict(LandInputSerializer):
            def validate_code(self, value):
                seen.append((self.context["note"], self.context["request"].method, self.context["view"].action))
                return value.upper()

        class ViewSet(LandViewSet):
            def get_input_serializer_class(self):
                return Strict if self.action == "create" else super().get_input_serializer_class()

            def get_serializer_context(self):
                return {**super().get_serializer_context(), "note": "hello"}

        seen: list[Any] = []
        made = Caller(ViewSet)("post", body={"code": "dd"}).data_sent
        assert made["code"] == "DD"
        assert seen == [("hello", "POST", "create")]
        assert Caller(ViewSet)("patch", f"lands/{made['id']}", {"code": "EE"}).data_sent["code"] == "EE"
        assert len(seen) == 1

    def test_a_body_without_a_serializer_is_refused(self, settings):
        class ViewSet(LandViewSet):
            input_serializer_class: ClassVar[Any] = None

        assert any("takes no body" in problem for problem in problems(settings, ViewSet))

    def test_a_plain_serializer_of_drfs_is_refused_for_bodies(self, settings):
        class Plain(drf.Serializer[Any]):
            code = drf.CharField()

        class ViewSet(LandViewSet):
            input_serializer_class: ClassVar[Any] = Plain

        assert any("not an InputSerializer" in problem for problem in problems(settings, ViewSet))


class TestLookup:
    def test_lookup_field(self, lands):
        class ViewSet(LandViewSet):
            lookup_field = "code"

        call = Caller(ViewSet)
        assert call("get", "lands/BB").data_sent["id"] == str(lands[1].pk)
        assert call("get", "lands/XX").status_code == 404
        assert call("patch", "lands/BB", {"region": "New"}).data_sent["region"] == "New"
        assert call("delete", "lands/BB").status_code == 204

    def test_lookup_url_kwarg(self, lands):
        class ViewSet(LandViewSet):
            lookup_url_kwarg = "land_id"

        call = Caller(ViewSet)
        assert call("get", f"lands/{lands[1].pk}").data_sent["code"] == "BB"
        assert call("patch", f"lands/{lands[1].pk}", {"region": "New"}).data_sent["region"] == "New"

    def test_get_object(self, lands):
        class ViewSet(LandViewSet):
            def get_object(self):
                found = super().get_object()
                if found.code == "AA":
                    raise Conflict("Not that one.")
                return found

            @action(detail=True, summary="Name it")
            def name_it(self, request, pk):
                return Response({"code": self.get_object().code})

        call = Caller(ViewSet)
        for route in (f"lands/{lands[0].pk}", f"lands/{lands[0].pk}/name_it"):
            assert call("get", route).status_code == 409
        assert call("get", f"lands/{lands[1].pk}/name_it").data_sent == {"code": "BB"}


class ByRegion(FilterSet):
    region = SearchFilter("region")
    named = BooleanFilter(method="is_named")

    def is_named(self, rows, name, value):
        return rows.exclude(code="AA") if value else rows.filter(code="AA")


class TestLists:
    def test_filterset_class(self, lands):
        class ViewSet(LandViewSet):
            filterset_class = ByRegion

        call = Caller(ViewSet)
        assert call.codes(region="euro") == ["AA", "BB"]
        assert call.codes(named="true", region="euro") == ["BB"]
        assert call("get", query={"unknown": "1"}).status_code == 400

    def test_filters_of_others_are_refused(self, settings):
        class Foreign(FilterSet):
            code = django_filters.CharFilter()

        class NotOurs(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
            pass

        for filterset in (Foreign, NotOurs):
            assert problems(settings, type("ViewSet", (LandViewSet,), {"filterset_class": filterset}))

    @pytest.mark.parametrize("name", ["filter_queryset", "qs", "get_form_class", "is_valid", "form"])
    def test_hooks_of_filtersets_that_are_not_called_are_refused(self, name):
        with pytest.raises(ImproperlyConfigured, match=name):
            type("Own", (FilterSet,), {name: lambda self: None})

    def test_ordering(self, lands):
        class ViewSet(LandViewSet):
            ordering_fields = {"code": F("code"), "shout": Upper("code")}
            ordering: ClassVar[Ordering | str] = "-code"

        call = Caller(ViewSet)
        assert [row["code"] for row in call("get").data_sent["items"]] == ["CC", "BB", "AA"]
        assert [row["code"] for row in call("get", query={"sort_by": "shout"}).data_sent["items"]] == ["AA", "BB", "CC"]

        class Other(ViewSet):
            ordering = Ordering("code", "code")

        assert [row["code"] for row in Caller(Other)("get").data_sent["items"]] == ["AA", "BB", "CC"]

    def test_filter_backends(self, lands):
        class OnlyEurope(drf_filters.BaseFilterBackend):
            def filter_queryset(self, request, queryset, view):
                return queryset.filter(region="Europe")

        class ViewSet(LandViewSet):
            filter_backends = (OnlyEurope, drf_filters.SearchFilter)
            search_fields = ("code",)

        call = Caller(ViewSet)
        assert call.codes() == ["AA", "BB"]
        assert call.codes(search="b") == ["BB"]
        assert call("get", f"lands/{lands[2].pk}").status_code == 404
        assert call("patch", f"lands/{lands[2].pk}", {"region": "x"}).status_code == 404
        assert call("delete", f"lands/{lands[2].pk}").status_code == 404
        lands[2].refresh_from_db()
        assert lands[2].region == "Asia"

    def test_filter_queryset_hides_from_changes_too(self, lands):
        class ViewSet(LandViewSet):
            def filter_queryset(self, queryset):
                return queryset.exclude(code="CC")

            def perform_destroy(self, instance):
                raise AssertionError("a hidden row was to be deleted")

        call = Caller(ViewSet)
        assert call("patch", f"lands/{lands[2].pk}", {"region": "x"}).status_code == 404
        assert call("delete", f"lands/{lands[2].pk}").status_code == 404

    @pytest.mark.parametrize("backend", [drf_filters.OrderingFilter, DjangoFilterBackend])
    def test_backends_for_what_is_there_already_are_refused(self, settings, backend):
        assert problems(settings, type("ViewSet", (LandViewSet,), {"filter_backends": (backend,)}))

    def test_pagination_class(self, lands):
        class Small(PageOrCursorPagination):
            page_size = max_page_size = 2

        answers = {
            paging: Caller(type("ViewSet", (LandViewSet,), {"pagination_class": paging}))("get").data_sent
            for paging in (Small, CursorPagination, None)
        }
        assert (len(answers[Small]["items"]), answers[Small]["total"]) == (2, 3)
        assert "next_cursor" in answers[CursorPagination]
        assert len(answers[None]["data"]) == 3

    def test_pagination_of_others_is_refused(self, settings):
        viewset = type("ViewSet", (LandViewSet,), {"pagination_class": drf_pagination.PageNumberPagination})
        assert any("pagination" in problem for problem in problems(settings, viewset))

    def test_paginate_queryset_and_get_paginated_response(self, lands):
        class ViewSet(LandViewSet):
            def paginate_queryset(self, queryset):
                return super().paginate_queryset(queryset.filter(region="Asia"))

            def get_paginated_response(self, data):
                return super().get_paginated_response({**data, "more": "yes"})

        answer = Caller(ViewSet)("get").data_sent
        assert [row["code"] for row in answer["items"]] == ["CC"]
        assert answer["more"] == "yes"


class TestMixins:
    def test_perform_hooks(self, lands):
        class ViewSet(LandViewSet):
            def perform_create(self, serializer):
                seen.append(serializer.validated_data)
                return lands[0]

            def perform_update(self, serializer):
                seen.append((self.pk, serializer.validated_data, serializer.instance.code))

            def perform_destroy(self, instance):
                seen.append(instance.code)

            def get_success_headers(self, data):
                return {"Location": f"/lands/{data['code']}"}

        seen: list[Any] = []
        call, one = Caller(ViewSet), f"lands/{lands[1].pk}"
        made = call("post", body={"code": "DD"})
        assert made.data_sent["code"] == "AA"
        assert made.headers["Location"] == "/lands/AA"
        call("patch", one, {"region": "x"})
        call("delete", one)
        assert seen == [{"code": "DD"}, (lands[1].pk, {"region": "x"}, "BB"), "BB"]

    def test_actions_overridden(self, lands):
        class ViewSet(LandViewSet):
            def list(self, request, *args, **kwargs):
                answer = super().list(request, *args, **kwargs)
                answer.headers["X-Listed"] = "1"
                return answer

            def partial_update(self, request, *args, **kwargs):
                return Response({"patched": True})

        call = Caller(ViewSet)
        assert call("get").headers["X-Listed"] == "1"
        assert call("patch", f"lands/{lands[0].pk}", {}).data_sent == {"patched": True}
        assert call("put", f"lands/{lands[0].pk}", {"region": "x"}).data_sent["region"] == "x"


# --- querysets --------------------------------------------------------------------------------------------------------


def test_every_other_change_of_a_queryset_drops_its_key(lands):
    rows = Country.objects.visible_to(actor())
    assert rows.query_key
    assert rows.all().query_key == rows.query_key
    for change in (
        lambda rows: rows.filter(code="AA"),
        lambda rows: rows.exclude(code="AA"),
        lambda rows: rows.annotate(x=F("code")),
        lambda rows: rows.order_by("code"),
        lambda rows: rows.using("default"),
        lambda rows: rows[:1],
        lambda rows: rows & rows,
    ):
        assert change(Country.objects.visible_to(actor())).query_key is None
    rows = Country.objects.visible_to(actor())
    another = rows.all()
    rows.query.add_filter("code", "AA")  # the caller may change it
    assert rows.query_key is None
    assert (rows.count(), another.count()) == (1, 3)


def test_a_manager_gives_querysets_with_a_key():
    assert isinstance(Country.objects.all(), RowLevelQuerySet)
    assert Country.objects.all().query_key == Country.objects.visible_to(actor()).query_key
