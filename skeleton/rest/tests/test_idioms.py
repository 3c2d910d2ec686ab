"""Idioms of DRF and Django that work otherwise here: they work as documented, or are refused with what to write."""

import zoneinfo
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import OuterRef
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, permissions, throttling
from rest_framework import serializers as drf
from rest_framework.response import Response

from parties.models import Country
from skeleton.identity.models import User
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.rest.actions import action
from skeleton.rest.computed_fields import Children
from skeleton.rest.fields import DateTimeField, TextField
from skeleton.rest.handler import handle
from skeleton.rest.permissions import PUBLIC, SIGNED_IN, HasPermission
from skeleton.rest.serializers import InputSerializer
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, actor, problems
from skeleton.rest.viewsets import DestroyMixin, ModelViewSet, ReadOnlyModelViewSet

pytestmark = pytest.mark.django_db


def derived(base: Any = LandViewSet, **own: object) -> Any:
    return type("ViewSet", (base,), own)


# --- the actor --------------------------------------------------------------------------------------------------------


class TestActor:
    def test_it_is_never_compared_with_a_user(self):
        one = Actor(uuid4(), "a@example.com", "A", frozenset())
        user = User(id=one.id)
        for compare in (
            lambda: user == one,
            lambda: one == user,
            lambda: user != one,
            lambda: one != user,
            lambda: one in [user],
        ):
            with pytest.raises(TypeError, match="owner_id == request.user.id"):
                compare()

    def test_actors_are_equal_by_their_values(self):
        one = actor("a:read")
        assert one == actor("a:read")
        assert hash(one) == hash(actor("a:read"))
        assert one not in (actor("b:read"), None, "a")

    def test_its_text_shows_no_permissions(self):
        one = Actor(uuid4(), "a@example.com", "A", frozenset({"a:read"}), uuid4())
        assert repr(one) == str(one) == f"Actor({one.id})"

    def test_it_is_no_value_of_a_query(self):
        for query in ({"pk": SYSTEM}, {"pk__in": [SYSTEM]}):
            with pytest.raises(TypeError, match=r"owner_id=request\.user\.id"):
                list(User.objects.filter(**query))
        with pytest.raises(TypeError, match="not a value"):
            Country(code="ZZ", name={}, **{"region": SYSTEM}).save()

    @pytest.mark.parametrize("name", ["is_staff", "has_perm", "username"])
    def test_attributes_of_djangos_users(self, name):
        assert not hasattr(SYSTEM, name)
        with pytest.raises(AttributeError, match="can"):
            getattr(SYSTEM, name)

    def test_they_are_refused_at_startup(self, settings):
        class OwnRows(LandViewSet):
            def get_queryset(self):
                user: Any = self.request.user
                return Country.objects.all() if user.is_staff else Country.objects.none()

        class Staff(permissions.BasePermission):
            def has_permission(self, request, view):
                return bool(request.user and request.user.has_perm("x"))

        class IsOwner(permissions.BasePermission):
            def has_object_permission(self, request, view, obj):
                return obj.owner == request.user

        assert any("is_staff" in line and "can(" in line for line in problems(settings, OwnRows))
        for permission, word in ((Staff, "has_perm"), (IsOwner, "owner_id == request.user.id")):
            found = problems(settings, derived(permission_classes=[HasPermission("countries"), permission]))
            assert any(word in line for line in found)

    def test_get_queryset_by_the_actor_itself_is_refused_at_startup(self, settings):
        class OwnRows(LandViewSet):
            def get_queryset(self):
                return Country.objects.filter(**{"pk": self.request.user})

        assert any("owner_id=request.user.id" in line for line in problems(settings, OwnRows))

    def test_an_anonymous_change_by_the_standard_method_is_a_401(self, lands):
        class Open(DestroyMixin, ModelViewSet):
            permission_classes = [permissions.AllowAny]
            serializer_class = LandSerializer
            input_serializer_class = LandInputSerializer
            queryset = Country.objects.all()

        call = Caller(Open, anonymous=True)
        assert call("get").status_code == 200
        for method, route in (("patch", f"lands/{lands[0].pk}"), ("delete", f"lands/{lands[0].pk}")):
            assert call(method, route, {"region": "x"}).status_code == 401


# --- bodies -----------------------------------------------------------------------------------------------------------


class ItemSerializer(InputSerializer):
    title = TextField()
    done = TextField(required=False)


class PlainItem(drf.Serializer[Any]):
    title = TextField()


class TestBodies:
    def parse(self, body, *, partial=True, **own):
        serializer: Any = type("Own", (InputSerializer,), own)
        return serializer.parse(body, partial=partial)

    def test_items_of_many_are_complete_in_partial_updates(self):
        many: Any = {"items": ItemSerializer(many=True)}
        assert self.parse({"items": [{"title": "a"}]}, **many) == {"items": [{"title": "a"}]}
        assert self.parse({}, **many) == {}
        for body, path in (({"items": [{"done": "x"}]}, "title"), ({"items": [{"title": "a", "x": 1}]}, "x")):
            with pytest.raises(exceptions.ValidationError) as caught:
                self.parse(body, **many)
            assert f'"items.0.{path}"'.encode() in handle(caught.value).content
        wrong: Any
        for wrong in ({}, "x", [{"title": "a"}] * 501):
            with pytest.raises(exceptions.ValidationError):
                self.parse({"items": wrong}, **many)

    def test_items_of_many_know_the_context(self):
        class Asking(ItemSerializer):
            def validate(self, attrs):
                return {**attrs, "who": self.context["request"].user.email}

        found = self.parse({"items": [{"title": "a"}]}, items=Asking(many=True))
        assert found == {"items": [{"title": "a", "who": SYSTEM.email}]}

    def test_several_bodies_at_the_top_may_still_be_partial(self):
        serializer = ItemSerializer(data=[{"done": "x"}], many=True, partial=True)
        assert serializer.is_valid()
        assert serializer.validated_data == [{"done": "x"}]

    def test_another_list_serializer_is_refused(self):
        class Own(ItemSerializer):
            class Meta:
                list_serializer_class = type("Listed", (drf.ListSerializer,), {})

        with pytest.raises(ImproperlyConfigured, match="InputListSerializer"):
            Own(many=True)

    @pytest.mark.parametrize(
        "field, message",
        [
            (PlainItem(many=True), "derive PlainItem from InputSerializer"),
            (type("Inner", (InputSerializer,), {"items": PlainItem(many=True)})(), "derive PlainItem"),
            (drf.HiddenField(default=drf.CurrentUserDefault()), r"self.actor.id"),
        ],
    )
    def test_fields_that_would_validate_wrongly(self, settings, field, message):
        own = type("Own", (LandInputSerializer,), {"extra": field})
        found = problems(settings, derived(input_serializer_class=own))
        assert any(message in line for line in found)

    def test_values_that_are_no_columns_need_a_method_of_its_own(self, settings):
        class Own(LandInputSerializer):
            notify = TextField(required=False)

        class Writing(ModelViewSet):
            permission_classes = [HasPermission("countries")]
            serializer_class = LandSerializer
            input_serializer_class = Own
            queryset = Country.objects.all()

        found = problems(settings, Writing)
        for method in ("perform_create", "perform_update"):
            assert any("Own.notify" in line and f"override {method}" in line for line in found)
        own = {name: lambda self, serializer: 1 for name in ("perform_create", "perform_update")}
        assert problems(settings, derived(Writing, **own)) == []
        assert problems(settings, derived(Writing, input_serializer_class=LandInputSerializer)) == []

    def test_an_object_that_leaves_its_queryset_by_a_change_is_answered(self, lands):
        class Europe(LandViewSet):
            def get_queryset(self):
                return Country.objects.filter(region="Europe")

        call, one = Caller(Europe), f"lands/{lands[0].pk}"
        assert call("patch", one, {"region": "Asia"}).data_sent["region"] == "Asia"
        assert call("get", one).status_code == 404
        assert call("patch", one, {"region": "Africa"}).status_code == 404
        made = call("post", body={"code": "DD", "region": "Asia"})
        assert (made.status_code, made.data_sent["region"]) == (201, "Asia")


# --- answers ----------------------------------------------------------------------------------------------------------


class TestAnswers:
    def test_a_time_zone_of_a_field(self, lands):
        class Own(LandSerializer):
            created_at = DateTimeField(default_timezone=zoneinfo.ZoneInfo("Europe/Kyiv"))

        text = Caller(derived(serializer_class=Own))("get").data_sent["items"][0]["created_at"]
        assert text.endswith(("+02:00", "+03:00"))

    def test_a_default_for_a_missing_relation_is_refused(self, settings):
        own = type("Own", (LandSerializer,), {"party": TextField(source="party.name", default="nobody")})
        assert any("default" in line for line in problems(settings, derived(serializer_class=own)))

    def test_a_property_of_the_model_is_refused_with_what_to_write(self, settings):
        own = type("Own", (LandSerializer,), {"label": TextField(source="upper_name")})
        assert any("FromColumns" in line for line in problems(settings, derived(serializer_class=own)))

    def test_an_instance_with_children_is_refused(self, lands, settings):
        class Own(LandSerializer):
            twins = Children(LandSerializer, Country.objects.filter(pk=OuterRef("pk")))

        class ViewSet(LandViewSet):
            serializer_class = Own

            @action(detail=True, methods=["get"], summary="Name it")
            def name_it(self, request, pk):
                return Response(self.get_serializer(self.get_object()).data)

            @action(detail=True, methods=["get"], summary="Check it", input=LandInputSerializer)
            def check_it(self, request, pk):
                serializer = self.get_serializer(data=request.data)
                serializer.is_valid(raise_exception=True)
                return self.show(self.pk)

        found = problems(settings, ViewSet)
        assert (
            [line for line in found if "self.show(pk)" in line] == [line for line in found if "name_it" in line] != []
        )
        with pytest.raises(TypeError, match=r"self\.show"):
            Own(lands[0]).data  # noqa: B018

    def test_declared_parameters_of_a_list_are_accepted(self, lands, settings):
        class ByCode(ReadOnlyModelViewSet):
            permission_classes = [HasPermission("countries")]
            serializer_class = LandSerializer

            def get_queryset(self):
                code = self.request.query_params.get("code")
                return Country.objects.filter(code=code) if code else Country.objects.all()

        assert any("extra_parameters" in line for line in problems(settings, ByCode))
        assert Caller(ByCode)("get", query={"code": "BB"}).status_code == 400
        declared = derived(ByCode, extra_parameters={"list": [OpenApiParameter("code", str)]})
        assert problems(settings, declared) == []
        assert Caller(declared).codes(code="BB") == ["BB"]
        assert Caller(declared)("get", query={"other": "BB"}).status_code == 400

    def test_details_of_an_exception_of_its_own(self):
        class Pay(exceptions.APIException):
            status_code = 402
            default_detail: Any = {"reason": "pay"}
            default_code = "pay_up"

        body = handle(Pay()).content
        assert b'"message":"Payment Required"' in body
        assert b'"reason":"pay"' in body

    def test_a_wrong_value_in_the_code_is_not_the_clients_error(self):
        assert handle(DjangoValidationError("“x” is not a valid UUID.")).status_code == 500
        assert handle(DjangoValidationError({"name": ["Bad."]})).status_code == 422


# --- permissions and throttles ----------------------------------------------------------------------------------------


class TestAccess:
    @pytest.mark.parametrize("wrong", [SIGNED_IN, PUBLIC, permissions.IsAuthenticated()])
    def test_instances_are_refused(self, settings, wrong):
        found = problems(settings, derived(permission_classes=[wrong]))
        assert any("permission_classes can't contain" in line for line in found)

    def test_get_permissions_alone(self, lands, settings):
        class ViewSet(ReadOnlyModelViewSet):
            serializer_class = LandSerializer
            queryset = Country.objects.all()

            def get_permissions(self):
                return [permissions.AllowAny()] if self.action == "list" else [HasPermission("countries")]

        assert problems(settings, ViewSet) == []
        call = Caller(ViewSet, anonymous=True)
        assert call("get").status_code == 200
        assert call("get", f"lands/{lands[0].pk}").status_code == 401
        assert Caller(ViewSet, "x:read")("get", f"lands/{lands[0].pk}").status_code == 403

    def test_a_scope_without_a_rate_is_refused(self, settings):
        class Burst(throttling.UserRateThrottle):
            scope = "burst"

        class Scoped(throttling.ScopedRateThrottle):
            THROTTLE_RATES = {"known": "1/day"}

        for own in (
            {"throttle_classes": [Burst]},
            {"throttle_classes": [Scoped], "throttle_scope": "unknown"},
        ):
            assert any("THROTTLE_RATES" in line for line in problems(settings, derived(**own)))
        assert problems(settings, derived(throttle_classes=[Scoped], throttle_scope="known")) == []
