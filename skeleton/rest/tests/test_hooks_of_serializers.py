"""Hooks of serializers and fields; see `test_hooks`."""

import json
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers as drf
from rest_framework import validators as drf_validators
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from parties.models import Country
from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import BooleanField, ListField, TextField, mark_stateless
from skeleton.rest.row_mappers import row_mapper
from skeleton.rest.serializers import InputSerializer, Serializer, is_shareable
from skeleton.rest.tests.newcomer import Caller, LandInputSerializer, LandSerializer, LandViewSet, problems

pytestmark = pytest.mark.django_db


# --- serializers of answers -------------------------------------------------------------------------------------------


class MaskedField(TextField):
    def to_representation(self, value):
        return f"{value[:1]}***"


def shown(lands, serializer):
    """Return the responses of a read and a list with this serializer."""
    call = Caller(type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))
    one = call("get", f"lands/{lands[0].pk}").data_sent
    listed = call("get", query={"cursor": "", "sort_order": "asc"}).data_sent["items"][0]
    assert one == listed
    return one


class TestAnswers:
    def test_to_representation_of_a_field(self, lands):
        class Masked(LandSerializer):
            region = MaskedField()
            both = MaskedField(source="code")

        found = shown(lands, Masked)
        assert (found["region"], found["both"]) == ("E***", "A***")

    def test_to_representation_of_a_nested_one(self, lands):
        class Inner(Serializer):
            region = MaskedField()

        class Outer(Serializer):
            place = Inner(source="*")

        assert shown(lands, Outer) == {"place": {"region": "E***"}}

    def test_fields_of_drfs(self, lands):
        class Plain(drf.Serializer[Any]):
            id = drf.UUIDField(format="hex")
            code = drf.CharField()
            made = drf.DateTimeField(source="created_at", format="%Y")
            names = drf.DictField(source="name")
            json = drf.JSONField(source="name")
            is_active = drf.BooleanField()
            secret = drf.CharField(write_only=True)

        found = shown(lands, Plain)
        assert found["id"] == lands[0].pk.hex
        assert found["made"] == str(lands[0].created_at.year)
        assert found["names"] == found["json"] == {"en": "AA"}
        assert "secret" not in found

    def test_a_model_serializer(self, lands):
        class Model(drf.ModelSerializer[Country]):
            class Meta:
                model = Country
                fields = ("id", "code", "name", "region", "is_active", "created_at")

        assert shown(lands, Model)["name"] == {"en": "AA"}

    def test_from_columns(self, lands):
        class Worked(Serializer):
            european = FromColumns(BooleanField(), "region", compute="Europe".__eq__)

        assert shown(lands, Worked) == {"european": True}

    @pytest.mark.parametrize(
        "field, said",
        [
            (drf.SerializerMethodField(), "FromColumns"),
            (drf.PrimaryKeyRelatedField(read_only=True), "UUIDField"),
            (drf.StringRelatedField(many=True), "Children"),
            (LandSerializer(many=True), "Children"),
            (drf.ReadOnlyField(), "column's type"),
            (drf.FileField(), "FromColumns"),
            (drf.CharField(source="*"), "FromColumns"),
            (type("Own", (drf.CharField,), {"get_attribute": lambda self, instance: 1})(), "get_attribute"),
            (type("Own", (drf.Field,), {})(), "to_representation"),
            (type("Own", (TextField,), {"to_representation": lambda self, v: self.context["x"]})(), "context"),
        ],
    )
    def test_what_cannot_be_compiled_is_refused_with_what_to_use(self, settings, field, said):
        serializer = type("Odd", (LandSerializer,), {"odd": field, "get_odd": lambda self, row: 1})
        found = problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))
        assert found
        assert all(said in problem for problem in found)

    @pytest.mark.parametrize("hook", ["to_representation", "data", "__init__", "get_fields"])
    def test_hooks_of_a_serializer_that_would_be_ignored_are_refused(self, settings, hook):
        own = {hook: lambda self, *args, **kwargs: getattr(super(LandSerializer, self), hook)(*args, **kwargs)}
        serializer = type("Own", (LandSerializer,), own)
        with pytest.raises(ImproperlyConfigured, match=hook):
            row_mapper(serializer)
        assert problems(settings, type("ViewSet", (LandViewSet,), {"serializer_class": serializer}))


# --- serializers of bodies --------------------------------------------------------------------------------------------


def refused(serializer_class, body, **kwargs):
    serializer = serializer_class(data=body, **kwargs)
    assert not serializer.is_valid()
    return serializer.errors


def valid(serializer_class, body, **kwargs):
    serializer = serializer_class(data=body, **kwargs)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class TestBodies:
    def test_validate_and_validate_field(self):
        class Own(LandInputSerializer):
            def validate_code(self, value):
                if value == "XX":
                    raise ValidationError("Not that one.")
                return value.lower()

            def validate(self, attrs):
                return {**attrs, "checked": True}

        assert valid(Own, {"code": "AB"}) == {"code": "ab", "checked": True}
        assert refused(Own, {"code": "XX"}) == {"code": ["Not that one."]}
        with pytest.raises(ValidationError):
            Own(data={"code": "XX"}).is_valid(raise_exception=True)

    def test_sources(self):
        class Inner(InputSerializer):
            a = TextField()

        class Own(InputSerializer):
            deep = TextField(source="one.two")
            flat = Inner(source="*")

        assert valid(Own, {"deep": "x", "flat": {"a": "y"}}) == {"one": {"two": "x"}, "a": "y"}

    def test_required_default_and_partial(self):
        class Own(InputSerializer):
            needed = TextField()
            given = TextField(default="d")
            called = TextField(default=lambda: "c")

        assert valid(Own, {"needed": "x"}) == {"needed": "x", "given": "d", "called": "c"}
        assert valid(Own, {}, partial=True) == {}
        assert set(refused(Own, {})) == {"needed"}

    def test_validators(self):
        def no_x(value):
            if "x" in value:
                raise ValidationError("No x.")

        def of_all(attrs):
            if len(attrs) < 2:
                raise ValidationError("Too few.")

        class Own(InputSerializer):
            a = TextField(validators=[no_x])
            b = TextField(required=False)

            class Meta:
                validators = (of_all,)

        assert refused(Own, {"a": "x"}) == {"a": ["No x."]}
        assert refused(Own, {"a": "a"}) == {"non_field_errors": ["Too few."]}

    def test_to_internal_value_and_run_validation(self):
        class Own(LandInputSerializer):
            def to_internal_value(self, data):
                return super().to_internal_value({"code": data.get("short", "")})

            def run_validation(self, data=empty):
                return {**super().run_validation(data), "ran": True}

        assert valid(Own, {"short": "AB"}) == {"code": "AB", "ran": True}

    def test_a_unique_validator_knows_the_row(self, lands):
        class Own(LandInputSerializer):
            code = TextField(validators=[drf_validators.UniqueValidator(Country.objects.all())])

        assert not is_shareable(Own)
        assert set(refused(Own, {"code": "AA"})) == {"code"}
        assert valid(Own, {"code": "AA"}, instance=lands[0]) == {"code": "AA"}
        call = Caller(type("ViewSet", (LandViewSet,), {"input_serializer_class": Own}))
        assert call("patch", f"lands/{lands[0].pk}", {"code": "AA"}).status_code == 200
        assert call("patch", f"lands/{lands[0].pk}", {"code": "BB"}).status_code == 422

    def test_context_reaches_fields_defaults_and_nested_ones(self):
        class Asking(TextField):
            def to_internal_value(self, data):
                return f"{super().to_internal_value(data)} {self.context['who']}"

        class Mine(drf.CurrentUserDefault):
            def __call__(self, serializer_field):
                return serializer_field.context["who"]

        class Inner(InputSerializer):
            word = Asking()

            def validate(self, attrs):
                return {**attrs, "who": self.context["who"]}

        class Own(InputSerializer):
            word = Asking()
            owner = drf.HiddenField(default=Mine())
            inner = Inner()
            inners = ListField(child=Inner())

        assert not is_shareable(Own)
        inner = {"word": "hi me", "who": "me"}
        body = {"word": "hi", "inner": {"word": "hi"}, "inners": [{"word": "hi"}]}
        for who in ("me", "you"):
            found = valid(Own, body, context={"who": who})
            expected = json.loads(json.dumps(inner).replace("me", who))
            assert found == {"word": f"hi {who}", "owner": who, "inner": expected, "inners": [expected]}

    def test_what_is_nested_is_partial_with_its_root(self):
        """This also holds if only the nested serializer shares fields."""

        class Asking(TextField):
            def to_internal_value(self, data):
                return self.context["who"]

        class Own(InputSerializer):
            asking = Asking(required=False)
            land = LandInputSerializer(required=False)
            lands = ListField(child=LandInputSerializer(), required=False)

        assert not is_shareable(Own)
        assert valid(Own, {"land": {"region": "x"}}, partial=True) == {"land": {"region": "x"}}
        assert set(refused(Own, {"land": {"region": "x"}})["land"]) == {"code"}
        assert set(refused(Own, {"lands": [{"region": "x"}]}, partial=True)["lands"]["0"]) == {"code"}

    def test_fields_of_an_instance_are_its_own(self):
        changed = LandInputSerializer(data={})
        changed.fields["code"].required = False
        assert changed.is_valid()
        assert set(refused(LandInputSerializer, {})) == {"code"}

    def test_fields_made_for_an_instance(self):
        class Own(LandInputSerializer):
            def __init__(self, *args, more=False, **kwargs):
                super().__init__(*args, **kwargs)
                if more:
                    self.fields["more"] = TextField()

        class ByContext(LandInputSerializer):
            output_serializer_class: ClassVar[Any] = None

            def get_fields(self):
                return {name: field for name, field in super().get_fields().items() if name != self.context.get("not")}

        assert valid(Own, {"code": "AB", "more": "x"}, more=True) == {"code": "AB", "more": "x"}
        assert set(refused(Own, {"code": "AB", "more": "x"})) == {"more"}
        assert set(refused(ByContext, {"code": "AB"}, context={"not": "code"})) == {"code"}

    def test_many(self):
        assert valid(LandInputSerializer, [{"code": "AB"}, {"code": "CD"}], many=True) == [
            {"code": "AB"},
            {"code": "CD"},
        ]

    def test_what_is_shared_and_what_is_not(self):
        class Holding(TextField):
            def to_internal_value(self, data):
                self.last = data
                return data

        @mark_stateless
        class Clean(TextField):
            def to_internal_value(self, data):
                return super().to_internal_value(data).upper()

        class Below(Clean):
            def to_internal_value(self, data):
                return self.context

        def own(field):
            return type("Own", (InputSerializer,), {"a": field})

        assert is_shareable(LandInputSerializer)
        assert is_shareable(own(Clean()))
        assert is_shareable(own(ListField(child=Clean())))
        assert is_shareable(own(own(Clean())()))
        for field in (Holding(), Below(), ListField(child=Below()), own(Holding())()):
            assert not is_shareable(own(field)), field

    @pytest.mark.parametrize("name", ["create", "update", "save"])
    def test_serializers_that_write_are_refused(self, name):
        with pytest.raises(ImproperlyConfigured, match=name):
            type("Own", (LandInputSerializer,), {name: lambda self, *args: None})
