"""Partial updates and strict JSON types, which apply to every request body."""

import contextlib
import datetime as dt
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from skeleton.kernel.characters import has_visible_character
from skeleton.rest import fields
from skeleton.rest.handler import flatten_details
from skeleton.rest.serializers import InputSerializer, Serializer, is_shareable
from skeleton.testkit.strategies import clean_texts

ID = "01972b15-8000-7000-8000-000000000001"


class PlaceInputSerializer(InputSerializer):
    city = fields.TextField(required=False, allow_null=True)
    region = fields.TextField(required=False, allow_null=True)


class ThingSerializer(Serializer):
    id = fields.UUIDField()
    total = fields.MoneyField()


class ThingInputSerializer(InputSerializer):
    output_serializer_class = ThingSerializer
    name = fields.TextField()
    phone = fields.TextField(required=False, allow_null=True)
    amount = fields.MoneyField(required=False)
    place = PlaceInputSerializer(required=False)


def refused(call):
    with pytest.raises(ValidationError) as caught:
        call()
    return dict(flatten_details(caught.value.detail))


class TestPartialUpdate:
    def test_absent_stays_absent(self):
        assert ThingInputSerializer.parse({}, partial=True) == {}

    def test_a_value_sets(self):
        assert ThingInputSerializer.parse({"phone": "1"}, partial=True) == {"phone": "1"}

    def test_null_clears_what_may_be_empty(self):
        assert ThingInputSerializer.parse({"phone": None}, partial=True) == {"phone": None}

    @pytest.mark.parametrize("field", ["name", "amount"])
    def test_null_is_refused_elsewhere(self, field):
        assert refused(lambda: ThingInputSerializer.parse({field: None}, partial=True)).keys() == {field}

    @pytest.mark.parametrize("empty", ["", "   ", "\n\t"])
    def test_an_empty_text_is_null_or_refused(self, empty):
        assert ThingInputSerializer.parse({"phone": empty}, partial=True) == {"phone": None}
        assert refused(lambda: ThingInputSerializer.parse({"name": empty}, partial=True)).keys() == {"name"}

    def test_an_unknown_field_is_refused_on_creation_and_change(self):
        for partial in (True, False):
            found = refused(
                lambda partial=partial: ThingInputSerializer.parse({"name": "x", "phnoe": 1}, partial=partial)
            )
            assert found == {"phnoe": "Unknown field"}

    def test_a_read_only_field_is_ignored(self):
        assert ThingInputSerializer.parse({"id": "whatever", "total": -1, "name": "x"}) == {"name": "x"}

    def test_nested_objects_merge_by_the_same_rules(self):
        parsed = ThingInputSerializer.parse({"place": {"city": "Boston", "region": None}}, partial=True)
        assert parsed == {"place": {"city": "Boston", "region": None}}
        assert ThingInputSerializer.parse({"place": {}}, partial=True) == {"place": {}}
        assert refused(lambda: ThingInputSerializer.parse({"place": {"town": "x"}}, partial=True)) == {
            "place.town": "Unknown field"
        }
        assert refused(lambda: ThingInputSerializer.parse({"place": 5}, partial=True)).keys() == {"place"}

    def test_required_on_creation_only(self):
        assert refused(lambda: ThingInputSerializer.parse({})) == {"name": "This field is required."}

    def test_every_mistake_is_named_at_once(self):
        body = {"name": None, "phone": 5, "amount": "1", "place": {"city": 7}, "x": 1}
        assert refused(lambda: ThingInputSerializer.parse(body)).keys() == {
            "name",
            "phone",
            "amount",
            "place.city",
            "x",
        }

    def test_one_instance_serves_all(self):
        """Data of one request body must not appear in the next."""
        refused(lambda: ThingInputSerializer.parse({"x": 1}, partial=True))
        assert ThingInputSerializer.parse({"phone": "1"}, partial=True) == {"phone": "1"}
        assert ThingInputSerializer.parse({}, partial=True) == {}
        assert is_shareable(ThingInputSerializer)
        assert refused(lambda: ThingInputSerializer.parse({})).keys() == {"name"}


texts = st.one_of(st.none(), clean_texts(max_size=20))
bodies = st.fixed_dictionaries(
    {},
    optional={
        "name": texts,
        "phone": texts,
        "place": st.fixed_dictionaries({}, optional={"city": texts, "region": texts}),
    },
)


@given(bodies)
def test_a_partial_update_touches_exactly_what_is_sent(body):
    """Applied to any state, a patch sets the fields sent, clears those sent as null, and keeps the rest."""
    state: dict[str, Any] = {"name": "Old", "phone": "1", "place": {"city": "Lviv", "region": "LV"}}
    try:
        values = ThingInputSerializer.parse(body, partial=True)
    except ValidationError:
        assert "name" in body
        assert not has_visible_character(body["name"] or "")
        return
    place = {**state["place"], **values.pop("place", {})}
    after = {**state, **values, "place": place}

    def expected(sent, name, old):
        if name not in sent:
            return old
        text = sent[name] or ""
        return text.strip() if has_visible_character(text) else None

    assert after["name"] == (body["name"].strip() if "name" in body else "Old")
    assert after["phone"] == expected(body, "phone", "1")
    assert after["place"]["city"] == expected(body.get("place", {}), "city", "Lviv")
    assert after["place"]["region"] == expected(body.get("place", {}), "region", "LV")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
@pytest.mark.parametrize(
    "field",
    [
        fields.TextField(),
        fields.EmailField(),
        fields.IntegerField(),
        fields.MoneyField(),
        fields.CurrencyField(),
        fields.NumberField(),
        fields.BooleanField(),
        fields.DateField(),
        fields.DateTimeField(),
        fields.ChoiceField(choices=[("a", "A")]),
        fields.UUIDField(),
        fields.JsonObjectField(),
        fields.ListField(child=fields.TextField()),
    ],
    ids=lambda field: type(field).__name__,
)
def test_any_json_is_taken_or_refused_but_nothing_else_happens(field, value):
    with contextlib.suppress(ValidationError):
        field.run_validation(value)


BIG = 2**63


@pytest.mark.parametrize(
    "field, good, bad",
    [
        (fields.TextField(), ["x", "Їжак"], [7, True, 1.5, [], {}, None, "x" * 256]),
        (
            fields.EmailField(),
            ["a@example.com", "a@skeleton.local", "пошта@приклад.укр", "a+b@x.example.com"],
            ["a", "a@", "@b.com", "a@b", "a b@c.de", "a@b..c", 7, None, "a@" + "b" * 250 + ".com"],
        ),
        (fields.IntegerField(), [0, -5], ["5", 5.0, True, None, [], 1e300]),
        (fields.MoneyField(), [0, 10000, BIG - 1], [-1, BIG, 1.0, "1", True, None, float("inf")]),
        (fields.MoneyField(min_value=-10), [-10], [-11]),
        (fields.CurrencyField(), ["USD", "UAH"], ["usd", "XYZZY", "QQQ", "", 840, None]),
        (
            fields.NumberField(places=3, over=0),
            [1, 0.5, 1.125, 1e3],
            [0, -1, 0.0001, "1", True, None, 1e300, float("inf"), float("nan")],
        ),
        (fields.NumberField(places=4, at_least=0, at_most=100), [0, 19.5, 100], [-0.1, 100.1, 0.00001]),
        (fields.BooleanField(), [True, False], ["true", 1, 0, "", None, []]),
        (
            fields.DateField(),
            ["2026-02-28"],
            ["2026-02-30", "28.02.2026", "2026-2-3", "2026-02-28T00:00:00Z", "20260228", "2026-W09-6", 7, None],
        ),
        (
            fields.DateTimeField(),
            ["2026-01-01t00:00:00.123456z", "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00"],
            ["2026-01-01", "yesterday", 1767225600, None, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
        ),
        (fields.ChoiceField(choices=[("a", "A"), ("b", "B")]), ["a", "b"], ["A", "c", "", 1, None, ["a"], {}]),
        (fields.UUIDField(), [ID, ID.upper()], [ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}", "x", 7, None]),
        (fields.JsonObjectField(), [{}, {"a": [1]}], [[], "x", 7, None, {str(n): 1 for n in range(101)}]),
        (fields.JsonObjectField(texts=True), [{"a": "b"}], [{"a": 1}, {"a": None}, {"a": ["b"]}]),
        (
            fields.ListField(child=fields.TextField(), min_length=1, max_length=2),
            [["a"], ["a", "b"]],
            [[], ["a"] * 3, {}, "a", None],
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_types_are_strict(field, good, bad):
    for value in good:
        field.run_validation(value)
    for value in bad:
        with pytest.raises(ValidationError):
            field.run_validation(value)


def test_values_come_out_as_the_database_takes_them():
    assert fields.NumberField().run_validation(0.1) == Decimal("0.1")
    assert fields.DateTimeField().run_validation("2026-01-01T02:00:00+02:00") == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert fields.DateTimeField().run_validation("2026-01-01T00:00:00") == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert fields.TextField().run_validation(" x ") == "x"


def test_messages_say_what_is_allowed():
    found = refused(lambda: fields.ChoiceField(choices=[("a", "A"), ("b", "B")]).run_validation("c"))
    assert found == {"body": "Must be one of: a, b."}
    assert refused(lambda: fields.NumberField(places=3).run_validation(0.0001)) == {"body": "At most 3 decimals."}


def test_mistakes_in_a_list_have_their_place():
    class LinesInput(InputSerializer):
        lines = fields.ListField(child=PlaceInputSerializer())

    body = {"lines": [{}, {"city": 7}, {"town": "x"}]}
    assert refused(lambda: LinesInput.parse(body)).keys() == {"lines.1.city", "lines.2.town"}


def test_a_long_address_is_refused_by_its_length_not_by_its_parser():
    """Normalizing combining marks takes quadratic time while holding the GIL: hours for one megabyte."""

    class AddressInputSerializer(InputSerializer):
        email = fields.EmailField()

    started = time.process_time()
    long = "a" + "\u0301\u0323" * 200_000 + "@b.cc"
    assert refused(lambda: AddressInputSerializer.parse({"email": long})).keys() == {"email"}
    assert time.process_time() - started < 5
