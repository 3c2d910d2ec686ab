"""DRF's hooks, one by one, as a new developer would use them: each works, or is refused at startup.

Those of APIView, of actions and routers; see `test_hooks_of_lists` and `test_hooks_of_serializers` as well.
"""

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action as drf_action
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.throttling import BaseThrottle
from rest_framework.versioning import AcceptHeaderVersioning

from skeleton.kernel.ids import uuid7
from skeleton.rest.actions import action, describe
from skeleton.rest.http import JsonResponse
from skeleton.rest.permissions import PUBLIC, SIGNED_IN, HasPermission
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandViewSet, actor, problems
from skeleton.rest.viewsets import ApiViewSet

pytestmark = pytest.mark.django_db


def test_the_plain_resource_works_and_passes(lands, settings):
    call = Caller(LandViewSet)
    assert call.codes() == ["AA", "BB", "CC"]
    assert call("get", f"lands/{lands[0].pk}").data_sent["region"] == "Europe"
    made = call("post", body={"code": "DD"})
    assert made.status_code == 201
    assert made.data_sent["code"] == "DD"
    one = f"lands/{made.data_sent['id']}"
    for method in ("put", "patch"):
        assert call(method, one, {"region": method}).data_sent["region"] == method
    assert call("delete", one).status_code == 204
    assert call("get", one).status_code == 404
    assert problems(settings, LandViewSet) == []


def test_an_apiviewset_alone_lets_nobody_in(settings):
    class ViewSet(ApiViewSet):
        @action(detail=False, summary="Look")
        def look(self, request):
            return JsonResponse({})

    assert Caller(ViewSet, "*:*")("get", "lands/look").status_code == 403
    assert any("declares no permission" in problem for problem in problems(settings, ViewSet))


# --- APIView ----------------------------------------------------------------------------------------------------------


class DenyAll(BasePermission):
    message = "Not today."

    def has_permission(self, request, view):
        return False


class NotAsia(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.region != "Asia"


class TestPermissions:
    def test_any_class_of_drf(self, lands):
        class ViewSet(LandViewSet):
            permission_classes = [DenyAll]

        for call in (Caller(ViewSet), Caller(ViewSet, "*:*")):
            answer = call("get", f"lands/{lands[0].pk}")
            assert answer.status_code == 403
            assert answer.data_sent["message"] == "Not today."
        assert Caller(ViewSet, anonymous=True)("get").status_code == 401

    def test_read_and_write(self, lands):
        assert Caller(LandViewSet, "countries:read")("get").status_code == 200
        refused = Caller(LandViewSet, "countries:read")("post", body={"code": "DD"})
        assert refused.status_code == 403
        assert "countries:write" in refused.data_sent["message"]
        assert (
            Caller(LandViewSet, "x:read")("get", "lands/nonsense").status_code == 403
        )  # before the object is looked up

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_about_objects(self, lands, method):
        class ViewSet(LandViewSet):
            permission_classes = [HasPermission("countries"), NotAsia]

        call = Caller(ViewSet)
        body = {"region": "SecondDatabase"} if method in ("put", "patch") else None
        assert call(method, f"lands/{lands[2].pk}", body).status_code == 403
        assert call(method, f"lands/{lands[0].pk}", body).status_code in (200, 204)

    @pytest.mark.parametrize(
        "composed, held, expected",
        [
            # The stubs know only classes that are composed, not instances that are called as classes.
            (HasPermission("countries") | HasPermission("parties"), ["parties:read"], 200),  # type: ignore[operator]
            (HasPermission("countries") & HasPermission("parties"), ["parties:read"], 403),  # type: ignore[operator]
            (
                HasPermission("countries") & HasPermission("parties"),  # type: ignore[operator]
                ["parties:read", "countries:read"],
                200,
            ),
            (~HasPermission("parties"), ["parties:read"], 403),
            (HasPermission("countries") | AllowAny, ["x:read"], 200),
            (HasPermission("countries") & ~DenyAll, ["countries:read"], 200),
        ],
    )
    def test_composed(self, lands, composed, held, expected):
        class ViewSet(LandViewSet):
            permission_classes = [composed]

        assert Caller(ViewSet, *held)("get").status_code == expected

    def test_get_permissions(self, lands):
        class ViewSet(LandViewSet):
            def get_permissions(self):
                return [DenyAll()] if self.action == "list" else super().get_permissions()

        call = Caller(ViewSet)
        assert call("get").status_code == 403
        assert call("get", f"lands/{lands[0].pk}").status_code == 200

    def test_check_permissions_and_check_object_permissions(self, lands):
        class ViewSet(LandViewSet):
            def check_permissions(self, request):
                super().check_permissions(request)
                if request.query_params.get("no") == "1":
                    self.permission_denied(request, message="No.")

            def check_object_permissions(self, request, obj):
                super().check_object_permissions(request, obj)
                if obj.code == "BB":
                    self.permission_denied(request)

        call = Caller(ViewSet)
        assert call("get", query={"no": "1"}).data_sent["message"] == "No."
        assert call("get", f"lands/{lands[1].pk}").status_code == 403
        assert call("get", f"lands/{lands[0].pk}").status_code == 200

    def test_of_one_action(self, lands):
        class ViewSet(LandViewSet):
            @action(detail=False, summary="A", permission="parties:read")
            def by_description(self, request):
                return JsonResponse({})

            @action(detail=False, summary="B", permission_classes=[DenyAll])
            def by_class(self, request):
                return JsonResponse({})

            @action(detail=False, summary="C", permission=PUBLIC)
            def public(self, request):
                return JsonResponse({})

        assert Caller(ViewSet)("get", "lands/by_description").status_code == 403
        assert Caller(ViewSet, "parties:read")("get", "lands/by_description").status_code == 200
        assert Caller(ViewSet, "*:*")("get", "lands/by_class").status_code == 403
        assert Caller(ViewSet, anonymous=True)("get", "lands/public").status_code == 200

    def test_a_method_that_is_not_there(self, lands):
        assert Caller(LandViewSet)("delete").status_code == 405
        assert Caller(LandViewSet, anonymous=True)("delete").status_code == 401


class TestTheRestOfApiView:
    def test_authentication_classes(self, lands):
        class Robot(BaseAuthentication):
            def authenticate(self, request):
                return actor("countries:read"), "robot"

        class ViewSet(LandViewSet):
            authentication_classes = (Robot,)

        assert Caller(ViewSet, anonymous=True)("get").status_code == 200

    def test_get_authenticators(self, lands):
        class ViewSet(LandViewSet):
            def get_authenticators(self):
                asked.append(self.request.method)
                return super().get_authenticators()

        asked: list[Any] = []
        Caller(ViewSet)("get")
        assert asked == ["GET"]

    def test_throttle_classes(self, lands):
        class Never(BaseThrottle):
            def allow_request(self, request, view):
                return False

            def wait(self):
                return 7

        class ViewSet(LandViewSet):
            throttle_classes = (Never,)

        answer = Caller(ViewSet)("get")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "7"

    def test_parser_classes(self, lands):
        class Pipes(BaseParser):
            media_type = "application/json"

            def parse(self, stream, media_type=None, parser_context=None):
                return {"code": "ZZ"}

        class ViewSet(LandViewSet):
            parser_classes = (Pipes,)

        assert Caller(ViewSet)("post", body={}).data_sent["code"] == "ZZ"

    def test_renderer_classes_and_a_response_of_drfs(self, lands):
        class Shout(BaseRenderer):
            media_type, format, charset = "text/plain", "txt", "utf-8"

            def render(self, data, accepted_media_type=None, renderer_context=None):
                return json.dumps(data).upper().encode()

        class ViewSet(LandViewSet):
            renderer_classes = (Shout,)

            @action(detail=False, summary="Say it")
            def said(self, request):
                return Response({"hello": "you"}, headers={"X-Said": "yes"})

        answer = Caller(ViewSet)("get", "lands/said", accept="text/plain")
        assert answer.content == b'{"HELLO": "YOU"}'
        assert answer.headers["X-Said"] == "yes"
        assert Caller(ViewSet)("get", "lands/said", accept="application/json").status_code == 406

    def test_a_response_of_drfs_is_json(self, lands):
        class ViewSet(LandViewSet):
            @action(detail=False, methods=["post"], summary="Say it", status=202)
            def said(self, request):
                return Response({"id": uuid7(), "of": request.data}, status=202)

        answer = Caller(ViewSet)("post", "lands/said", {"a": 1})
        assert answer.status_code == 202
        assert answer.data_sent["of"] == {"a": 1}
        assert answer.headers["Content-Type"] == "application/json"

    def test_versioning(self, lands):
        class ViewSet(LandViewSet):
            versioning_class = AcceptHeaderVersioning

            @action(detail=False, summary="Which")
            def which(self, request):
                return JsonResponse({"version": request.version})

        answer = Caller(ViewSet)("get", "lands/which", accept="application/json; version=2")
        assert answer.data_sent == {"version": "2"}

    def test_initial_handle_exception_and_finalize_response(self, lands):
        class ViewSet(LandViewSet):
            def initial(self, request, *args, **kwargs):
                super().initial(request, *args, **kwargs)
                seen.append(self.action)

            def handle_exception(self, exc):
                seen.append(type(exc).__name__)
                return super().handle_exception(exc)

            def finalize_response(self, request, response, *args, **kwargs):
                response = super().finalize_response(request, response, *args, **kwargs)
                response.headers["X-Final"] = "1"
                return response

            @property
            def default_response_headers(self):
                return {"X-Default": "2"}

        seen: list[Any] = []
        answer = Caller(ViewSet)("get", f"lands/{uuid7()}")
        assert seen == ["retrieve", "NotFound"]
        assert (answer.headers["X-Final"], answer.headers["X-Default"]) == ("1", "2")

    @pytest.mark.parametrize(
        "name, value",
        [
            ("get_serializer", lambda self, *args, **kwargs: None),
            ("options", lambda self, request: None),
            ("metadata_class", object),
            ("filterset_fields", ["code"]),
            ("search_fields", ["code"]),
        ],
    )
    def test_what_is_refused(self, settings, name, value):
        (problem,) = problems(settings, type("ViewSet", (LandViewSet,), {name: value}))
        assert name in problem


# --- actions and routers ----------------------------------------------------------------------------------------------


class TestActions:
    def test_an_action_of_drfs_has_no_description_and_is_refused(self, settings):
        class ViewSet(LandViewSet):
            @drf_action(detail=False)
            def plain(self, request):
                return Response({})

        assert any("has no description" in problem for problem in problems(settings, ViewSet))

    def test_mapping_url_path_and_attributes(self, lands):
        class ViewSet(LandViewSet):
            @action(detail=True, url_path="the-mark", url_name="mark", summary="See", max_body=10)
            def see(self, request, pk):
                return Response({"see": self.max_body})

            @see.mapping.post
            @describe(summary="Set", input=LandInputSerializer)
            def set_mark(self, request, pk):
                return Response(self.parse())

        call = Caller(ViewSet)
        assert call("get", f"lands/{lands[0].pk}/the-mark").data_sent == {"see": 10}
        assert call("post", f"lands/{lands[0].pk}/the-mark", {"code": "AB"}).status_code == 413
        assert [str(each.pattern) for each in call.patterns if each.name == "land-mark"] == ["lands/<pk>/the-mark"]

    def test_two_actions_of_one_path_are_refused(self):
        class ViewSet(LandViewSet):
            @action(detail=False, url_path="same", summary="A")
            def one(self, request):
                return Response({})

            @action(detail=False, url_path="same", methods=["post"], summary="B")
            def two(self, request):
                return Response({})

        with pytest.raises(ImproperlyConfigured, match="lands/same"):
            Caller(ViewSet)

    def test_an_unknown_word_in_a_description_is_refused(self):
        with pytest.raises(TypeError, match="sumary"):
            describe(sumary="Look")

    def test_a_router_of_drfs(self, lands):
        call = Caller(LandViewSet, router=lambda: DefaultRouter(trailing_slash=False))
        assert call("get", f"lands/{lands[0].pk}").data_sent["code"] == "AA"

    def test_reverse_action(self, lands):
        class ViewSet(LandViewSet):
            basename = "customer"

            @action(detail=False, summary="Where", permission=SIGNED_IN)
            def where(self, request):
                return Response({"names": [self.basename, self.detail, self.action]})

        assert Caller(ViewSet)("get", "lands/where").data_sent == {"names": ["land", False, "where"]}
        assert reverse("customer-list") == "/api/v1/customers"
