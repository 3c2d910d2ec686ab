"""Hooks of serializers and fields that hide a part of what is stored; see `test_hooks`."""

from typing import Any

import pytest
from rest_framework import serializers as drf

from parties.models import Country
from skeleton.rest.computed_fields import FromColumns, FromFields
from skeleton.rest.fields import BooleanField, ListField, TextField
from skeleton.rest.row_mappers import row_mapper
from skeleton.rest.serializers import Serializer
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, problems
from skeleton.rest.tests.test_hooks_of_serializers import shown

pytestmark = pytest.mark.django_db


# --- what shows less than is stored -----------------------------------------------------------------------------------


class HiddenField(TextField):
    def to_representation(self, value):
        return "***"


class ShownField(TextField):
    def to_representation(self, value):
        return value if self.context["request"] else "***"


class NameSerializer(Serializer):
    en = TextField()
    secret = TextField(write_only=True)


class OwnNameSerializer(Serializer):
    def to_representation(self, instance):
        return {"own": instance["en"]}


STORED = '[{"en": "a", "secret": "s", "other": "o"}]'


class TestMasks:
    def test_a_child_of_a_dict(self, lands):
        class Names(LandSerializer):
            name = drf.DictField(child=HiddenField())

        assert shown(lands, Names)["name"] == {"en": "***"}

    @pytest.mark.parametrize(
        "child, expected",
        [
            (drf.DictField(child=HiddenField()), [{"en": "***", "secret": "***", "other": "***"}]),
            (NameSerializer(), [{"en": "a"}]),
            (OwnNameSerializer(), [{"own": "a"}]),
            (type("Masked", (Serializer,), {"en": HiddenField()})(), [{"en": "***"}]),
            (type("Renamed", (Serializer,), {"other": TextField(source="en")})(), [{"other": "a"}]),
        ],
    )
    def test_a_child_of_a_list(self, child, expected):
        serializer = type("Lists", (Serializer,), {"tags": ListField(child=child)})
        assert row_mapper(serializer).build([STORED]) == {"tags": expected}

    @pytest.mark.parametrize(
        "field, said",
        [
            (FromColumns(HiddenField(), "region", compute=str), "in compute"),
            (FromColumns(ListField(child=HiddenField()), "region", compute=list), "in compute"),
            (FromFields(HiddenField(), "code", compute=str), "in compute"),
            (
                type("Own", (FromColumns,), {"to_representation": lambda self, value: "***"})(
                    TextField(), "region", compute=str
                ),
                "in compute",
            ),
            (
                type("Own", (FromColumns,), {"helper": lambda self, value: self.context})(
                    TextField(), "region", compute=str
                ),
                "context",
            ),
            (drf.DictField(source="name", child=ShownField()), "context"),
            (drf.JSONField(source="name", binary=True), "binary=True"),
        ],
    )
    def test_what_would_not_be_called_is_refused(self, settings, field, said):
        serializer = type("Odd", (LandSerializer,), {"odd": field})
        found = problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))
        assert found
        assert all(said in problem for problem in found)


# --- which serializer is used -----------------------------------------------------------------------------------------


class CodeSerializer(Serializer):
    id = drf.UUIDField()
    code = TextField()


def test_the_answer_to_a_write_shows_no_more_than_serializer_class(lands):
    class ViewSet(LandViewSet):
        serializer_class: Any = CodeSerializer

        def get_serializer_class(self):
            return LandInputSerializer if self.action == "partial_update" else super().get_serializer_class()

    answer = Caller(ViewSet)("patch", f"lands/{lands[0].pk}", {"region": "Asia"})
    assert answer.data_sent == {"id": str(lands[0].pk), "code": "AA"}


class StockViewSet(LandViewSet):
    """Methods as in DRF's mixins."""

    def partial_update(self, request, *args, **kwargs):
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        return self.show(self.pk)


def test_get_serializer_of_a_body_is_the_input_serializer(lands):
    class AllSerializer(LandSerializer):
        is_active = BooleanField()

    call = Caller(type("ViewSet", (StockViewSet,), {"serializer_class": AllSerializer}))
    answer = call("patch", f"lands/{lands[0].pk}", {"is_active": False})
    assert answer.status_code == 422
    assert Country.objects.get(pk=lands[0].pk).is_active
    assert call("patch", f"lands/{lands[0].pk}", {"region": "Asia"}).data_sent["region"] == "Asia"


def test_the_serializer_of_a_body_is_no_answer():
    serializer = LandInputSerializer(data={"code": "AA"})
    serializer.is_valid(raise_exception=True)
    with pytest.raises(TypeError, match="self.show"):
        _ = serializer.data
