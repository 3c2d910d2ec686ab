"""Wrong values for every kind of field of a request body. A kind that is not known here is given all of them."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from rest_framework import serializers

from skeleton.rest.fields import JsonObjectField, NumberField, TimeOfDayField

MISSING: Final = object()
"""A field that is left out."""

WORD = "n0nsens3"
NOBODY = str(UUID(int=0x0190_0000_0000_7000_8000_000000000001))
"""The id of no record."""

LONG = "x1" * 6_000
TEXTS = ("", LONG, WORD, "\x00", "?")
NUMBERS = (WORD, -1, 10**30, 0.123456789, 0, 10**15)
DAYS = (WORD, "2026-02-30", 20260101, "0001-01-01", "9999-12-31", "2020-01-01")
MOMENTS = (*DAYS, "2026-01-01T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2020-01-01T00:00Z")

KINDS: tuple[tuple[type, tuple[Any, ...]], ...] = (
    (serializers.BooleanField, (WORD, 1)),
    (serializers.IntegerField, NUMBERS),
    (NumberField, NUMBERS),
    (serializers.DateTimeField, MOMENTS),
    (serializers.DateField, DAYS),
    (TimeOfDayField, (WORD, "25:00", 7)),
    (serializers.ChoiceField, (WORD, 7, "")),
    (serializers.UUIDField, (WORD, NOBODY, 7)),
    (serializers.CharField, (7, *TEXTS)),
    (JsonObjectField, (WORD, {"a": 7}, {"a": LONG}, {str(n): WORD for n in range(200)}, {}, {"en": ""}, {"\x00": ""})),
)


def wrong_values(field: Any) -> list[Any]:
    """Return wrong values for a serializer field: left out, null, and what is wrong by its kind."""
    return [MISSING, None, *_by_kind(field)]


def _by_kind(field: Any) -> list[Any]:
    if isinstance(field, serializers.BaseSerializer):
        return [WORD, *wrong_bodies(field)]
    if isinstance(getattr(field, "child", None), serializers.Field):
        items = [value for value in wrong_values(field.child) if value is not MISSING]
        return [WORD, [], items, [WORD] * 600]
    for kind, values in KINDS:
        if isinstance(field, kind):
            return [*values]
    return [value for _, values in KINDS for value in values]


def writable(serializer: Any) -> dict[str, Any]:
    """Return the fields that may be sent."""
    return {name: field for name, field in serializer.fields.items() if not field.read_only}


def wrong_bodies(serializer: Any) -> list[dict[str, Any]]:
    """Return bodies in which every field is wrong, each in another way."""
    by_field = {name: wrong_values(field) for name, field in writable(serializer).items()}
    rounds = zip_longest(*by_field.values(), fillvalue=MISSING)
    return [{n: v for n, v in zip(by_field, values, strict=True) if v is not MISSING} for values in rounds]


def nearly_right(serializer: Any, right: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield `right` with one field wrong, in each way that the field itself accepts: the rest has to refuse it."""
    for name, field in writable(serializer).items():
        for value in wrong_values(field):
            body = {key: kept for key, kept in right.items() if key != name}
            if value is MISSING:
                yield body
            elif _is_accepted(field, value):
                yield {**body, name: value}


def _is_accepted(field: Any, value: object) -> bool:
    try:
        field.run_validation(value)
    except (serializers.ValidationError, ValidationError):
        return False
    return True
