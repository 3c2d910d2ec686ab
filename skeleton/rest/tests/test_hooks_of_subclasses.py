"""Hooks that a subclass or a single action overrides, while their neighbours are inherited; see `test_hooks`."""

from typing import Any, ClassVar

import pytest
from django.test import RequestFactory
from rest_framework.permissions import BasePermission

from parties.models import Address, Country, Party
from parties.tests.factories import CustomerFactory
from skeleton.rest.actions import action
from skeleton.rest.compiled import compiled_query_of
from skeleton.rest.fields import TextField, UUIDField
from skeleton.rest.http import JsonResponse
from skeleton.rest.permissions import HasPermission
from skeleton.rest.serializers import InputSerializer, Serializer
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, actor, problems
from skeleton.rest.viewsets import ReadOnlyModelViewSet

pytestmark = pytest.mark.django_db


class OnlyId(Serializer):
    id = UUIDField()


class OnlyCode(InputSerializer):
    output_serializer_class = LandSerializer
    code = TextField(max_length=2)


class FullViewSet(LandViewSet):
    list_serializer_class = LandSerializer
    update_input_serializer_class = LandInputSerializer


class TestTheMoreDerivedDeclaration:
    def test_a_masked_object_is_masked_in_lists(self, lands, settings):
        class Masked(FullViewSet):
            serializer_class = OnlyId  # type: ignore[assignment]

        assert set(Caller(Masked)("get").data_sent["items"][0]) == {"id"}
        assert set(Caller(Masked)("get", f"lands/{lands[0].pk}").data_sent) == {"id"}
        assert problems(settings, Masked) == []

    def test_a_limited_body_is_limited_in_updates(self, lands):
        class Limited(FullViewSet):
            input_serializer_class: ClassVar[Any] = OnlyCode

        answer = Caller(Limited)("patch", f"lands/{lands[0].pk}", {"code": "ZZ", "region": "x"})
        assert (answer.data_sent["code"], answer.data_sent["region"]) == ("ZZ", "Europe")

    def test_both_in_one_class_or_by_route(self, lands):
        class Own(FullViewSet):
            serializer_class = LandSerializer
            list_serializer_class = OnlyId  # type: ignore[assignment]

        assert set(Caller(Own)("get").data_sent["items"][0]) == {"id"}
        request: Any = RequestFactory().get("/x")
        request._force_auth_user = actor()
        answer: Any = FullViewSet.as_view({"get": "list"}, serializer_class=OnlyId)(request)
        assert b"code" not in answer.content


class TestAnInputSerializerFromGetSerializerClass:
    def test_it_is_used_for_bodies(self, lands, settings):
        class ViewSet(FullViewSet):
            input_serializer_class: ClassVar[Any] = LandInputSerializer

            def get_serializer_class(self):
                return OnlyCode if self.action in ("create", "update", "partial_update") else LandSerializer

        answer = Caller(ViewSet)("patch", f"lands/{lands[0].pk}", {"code": "ZZ", "region": "x"})
        assert answer.data_sent == {"id": str(lands[0].pk), "code": "ZZ", "region": "Europe"}
        assert Caller(ViewSet)("post", body={"code": "DD", "region": "x"}).data_sent["region"] is None
        assert problems(settings, ViewSet) == []

    def test_reading_the_request_passes_the_checks(self, lands, settings):
        class ViewSet(LandViewSet):
            def get_serializer_class(self):
                return LandSerializer if self.request.user.can("countries:write") else OnlyId  # type: ignore[union-attr]

        assert problems(settings, ViewSet) == []
        assert set(Caller(ViewSet, "countries:read")("get").data_sent["items"][0]) == {"id"}

    def test_an_error_is_a_message(self, settings):
        class ViewSet(LandViewSet):
            def get_serializer_class(self):
                return {"other": LandSerializer}[self.action]

        assert any("KeyError" in problem for problem in problems(settings, ViewSet))

    def test_a_body_alone_does_not_describe_responses(self, settings):
        class Bare(InputSerializer):
            code = TextField()

        viewset = type("ViewSet", (LandViewSet,), {"serializer_class": Bare})
        assert any("only describes bodies" in problem for problem in problems(settings, viewset))


class TestGetObject:
    @pytest.mark.parametrize("method", ["get", "patch", "delete"])
    def test_another_object_than_the_one_in_the_path(self, lands, method):
        class ViewSet(LandViewSet):
            def get_object(self):
                return Country.objects.get(code="BB")

        answer = Caller(ViewSet)(method, f"lands/{lands[0].pk}", {"region": "x"} if method == "patch" else None)
        if method == "delete":
            assert sorted(Country.objects.values_list("code", flat=True)) == ["AA", "CC"]
        else:
            assert answer.data_sent["code"] == "BB"
        assert list(Country.objects.filter(region="x").values_list("code", flat=True)) == ["BB"] * (method == "patch")

    def test_without_an_id_in_the_path(self, lands):
        class Mine(LandViewSet):
            def get_object(self):
                return self.get_queryset().get(code="CC")

        view = Mine.as_view({"get": "retrieve"})
        request: Any = RequestFactory().get("/mine")
        request._force_auth_user = actor()
        assert b'"CC"' in view(request).content

    def test_it_can_use_the_id_in_the_path(self, lands):
        class ViewSet(LandViewSet):
            def get_object(self):
                asked.append(self.pk)
                return self.get_queryset().get(pk=self.pk)

        asked: list[object] = []
        call = Caller(ViewSet)
        assert call("patch", f"lands/{lands[1].pk}", {"region": "x"}).data_sent["code"] == "BB"
        assert asked == [lands[1].pk]


class TestPerformCreate:
    def test_without_a_result(self, lands, settings):
        class ByInstance(LandViewSet):
            def perform_create(self, serializer):
                serializer.instance = super().perform_create(serializer)

        class Nothing(LandViewSet):
            def perform_create(self, serializer):
                super().perform_create(serializer)

        assert Caller(ByInstance)("post", body={"code": "DD"}).data_sent["code"] == "DD"
        assert problems(settings, ByInstance) == []
        assert any("return the object or its id" in problem for problem in problems(settings, Nothing))
        assert Caller(Nothing)("post", body={"code": "EE"}).status_code == 500

    def test_save_is_refused(self, settings):
        class ViewSet(LandViewSet):
            def perform_create(self, serializer):
                return serializer.save(region="R")

            def perform_update(self, serializer):
                serializer.save()

        found = problems(settings, ViewSet)
        assert [problem.split()[1] for problem in found] == ["perform_create", "perform_update"]
        assert all("serializer.save()" in problem for problem in found)
        with pytest.raises(TypeError, match="do not write"):
            LandInputSerializer(data={}).save()

    def test_saving_a_model_is_allowed(self, settings):
        class ViewSet(LandViewSet):
            def perform_update(self, serializer):
                land = serializer.instance
                land.save()

        assert problems(settings, ViewSet) == []


class Mask(TextField):
    def may(self):
        request = self.context.get("request")
        return request is None or request.user.can("x:y")

    def to_representation(self, value):
        return value if self.may() else "***"


class Deeper(Mask):
    def to_representation(self, value):
        return super().to_representation(value)


def helper(field):
    return field.context


class TestContext:
    @pytest.mark.parametrize("field", [Mask, Deeper])
    def test_an_indirect_use_is_refused(self, settings, field):
        masked = type("Masked", (LandSerializer,), {"code": field()})
        found = problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": masked}))
        assert found
        assert all("context" in problem for problem in found)

    def test_a_method_of_the_serializer(self, settings):
        class Masked(LandSerializer):
            code = type("Asking", (TextField,), {"to_representation": lambda self, value: self.parent.mask(value)})()

            def mask(self, value):
                return self.context["mask"]

        assert problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": Masked}))

    def test_what_the_check_cannot_see_shows_nothing(self, lands):
        class Hidden(TextField):
            def to_representation(self, value):
                return "***" if helper(self).get("request") else value

        masked = type("Masked", (LandSerializer,), {"code": Hidden()})
        assert Caller(type("ViewSet", (LandViewSet,), {"serializer_class": masked}))("get").status_code == 500


class TestPermissionsOfAnAction:
    def test_a_permission_that_nothing_asks_for_is_refused(self, settings):
        class Anyone(BasePermission):
            pass

        class ViewSet(LandViewSet):
            permission_classes = [Anyone]

            @action(detail=False, summary="Secret", permission="parties:manage_everything")
            def secret(self, request):
                return JsonResponse({})

        class Chosen(ViewSet):
            permission_classes = [HasPermission("countries")]

            def get_permissions(self):
                return [Anyone()]

        class Asked(ViewSet):
            permission_classes = [HasPermission("countries") & Anyone]

        for viewset in (ViewSet, Chosen):
            assert any("would not ask for its `permission`" in problem for problem in problems(settings, viewset))
        assert [problem for problem in problems(settings, Asked) if "would not ask" in problem] == []


# --- nested objects ---------------------------------------------------------------------------------------------------


class CountryInside(Serializer):
    id = UUIDField()
    code = TextField()


class AddressSerializer(Serializer):
    city = TextField()
    land = CountryInside(source="country", allow_null=True)


class TestNestedObjects:
    def test_a_missing_one_is_null(self, lands):
        customer = CustomerFactory.create()
        Address.objects.filter(party=customer).delete()
        rows = Address.objects.order_by()
        for city, land in (("Aarhus", lands[0]), ("Nowhere", None)):
            Address.objects.create(party_id=customer.pk, city=city, country=land)
        found = {row.city: compiled_query_of(AddressSerializer).one(rows, row.pk)["land"] for row in rows}
        assert found == {"Aarhus": {"id": lands[0].pk, "code": "AA"}, "Nowhere": None}

    def test_one_of_many_is_refused(self, settings):
        class Cities(Serializer):
            city = TextField(source="addresses.city")

        class ViewSet(ReadOnlyModelViewSet):
            permission_classes = [HasPermission("parties")]
            serializer_class = Cities
            queryset = Party.objects.all()

        assert any("use Children" in problem for problem in problems(settings, ViewSet))
