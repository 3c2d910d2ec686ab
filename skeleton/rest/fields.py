"""Serializer fields that check JSON types strictly, and output fields computed from columns or other fields.

DRF's fields convert values: they accept "5" as an integer, 1 as a boolean and 7 as a text. These fields refuse a value
of another JSON type.
"""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias, TypeVar
from uuid import UUID

import email_validator
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils.formatting import lazy_format

from skeleton.kernel.characters import (
    FORBIDDEN_CHARACTER,
    ForbiddenCharacter,
    clean_text,
    clean_texts,
    has_visible_character,
)
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.money import KNOWN_CURRENCIES, MAX_AMOUNT
from skeleton.kernel.text import format_text
from skeleton.kernel.types import Values
from skeleton.kernel.units import UNIT_CODES, UNKNOWN_UNIT

for _private in ("local", "test"):  # companies use these internally; other special domains stay refused
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_private)

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


MAX_ITEMS = 500
"""The most items of a list in a body, unless the field sets `max_length`."""

_Class = TypeVar("_Class", bound=type)


def mark_stateless(cls: _Class) -> _Class:
    """Declare that the methods of a field or nested InputSerializer neither store nor read data of a request.

    They don't use `context`, `instance`, `parent` or `root`, so that one instance can serve all requests (see
    `rest.serializers`). The mark is not inherited by subclasses that define methods.
    """
    cls._stateless = cls  # type: ignore[attr-defined]
    return cls


class TranslatedBoundsMixin:
    """Renders the messages of bounds in each reader's language. DRF's remain in the language of their first reader."""

    validators: list[Any]

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for validator in self.validators:
            message = getattr(validator, "message", None)
            if isinstance(message, lazy_format):
                validator.message = format_text(message.format_string or "", **message.kwargs)


class TextField(TranslatedBoundsMixin, serializers.CharField):
    """A text, in one normal form and without invisible characters (see `kernel.characters`).

    Input with nothing to see in it becomes null if the field is nullable, and is refused otherwise.
    """

    cleaned: ClassVar[bool] = True
    """Whether characters are cleaned. Passwords are not: what is typed must stay what was hashed."""

    default_error_messages = {"invalid": _("Not a valid string."), "characters": FORBIDDEN_CHARACTER}

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)

    def run_validation(self, data: object = empty) -> Any:
        if isinstance(data, str):
            text = self._clean(data)
            if not (has_visible_character(text) if self.cleaned else text.strip()):
                if self.allow_null:
                    return None
                if not self.allow_blank:
                    self.fail("blank")
            data = text
        return super().run_validation(data)

    def _clean(self, text: str) -> str:
        try:
            return clean_text(text) if self.cleaned else text
        except ForbiddenCharacter:
            self.fail("characters")

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class EmailField(TextField):
    """An e-mail address (RFC 5321, also internationalized). Private domains such as `.local` are allowed."""

    default_error_messages = {"email": _("Invalid email format")}

    def __init__(self, *, max_length: int = 254, **kwargs: object) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.longest = max_length

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if len(text) > self.longest:  # the length validator refuses it; normalizing takes quadratic time
            return text
        try:
            parsed = email_validator.validate_email(text, check_deliverability=False, globally_deliverable=False)
        except email_validator.EmailNotValidError:
            self.fail("email")
        if "." not in parsed.domain:
            self.fail("email")
        return parsed.normalized


class IntegerField(TranslatedBoundsMixin, serializers.IntegerField):
    """A JSON integer: not 5.0, "5" or true."""

    def to_internal_value(self, data: object) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class MoneyField(IntegerField):
    """An amount in minor units (cents): a JSON integer, from 0 (or `min_value`) to 2^63-1."""

    default_error_messages = {"invalid": _("Must be an integer number of minor units (cents), within 2^63 - 1.")}

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", MAX_AMOUNT)
        if kwargs["min_value"] == 1:  # "at least 1" would be read as one whole unit
            kwargs.setdefault("error_messages", {"min_value": _("Must be over 0.")})
        super().__init__(**kwargs)


class CurrencyField(TextField):
    """An ISO 4217 code in capitals, current or withdrawn. Services decide which ones new documents may use."""

    default_error_messages = {"currency": _("Unknown currency: use an ISO 4217 code.")}

    def __init__(self, **kwargs: object) -> None:
        super().__init__(max_length=3, **kwargs)

    def to_internal_value(self, data: object) -> str:
        code = super().to_internal_value(data)
        if code not in KNOWN_CURRENCIES:
            self.fail("currency")
        return code


class UnitField(TextField):
    """A unit of measure by UN/ECE Recommendation 20, or a package by Recommendation 21."""

    default_error_messages = {"unit": UNKNOWN_UNIT}

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("help_text", "The unit by UN/ECE Recommendation 20, such as `C62` (piece) or `HUR` (hour).")
        super().__init__(max_length=3, **kwargs)

    def to_internal_value(self, data: object) -> str:
        code = super().to_internal_value(data).upper()
        if code not in UNIT_CODES:
            self.fail("unit")
        return code


class NumberField(serializers.Field[Decimal, object, object, object]):
    """A JSON number, stored as an exact decimal with at most `places` decimals (quantities: 3, percentages: 4)."""

    default_error_messages = {
        "invalid": _("Must be a number."),
        "places": _("At most {places} decimals."),
        "over": _("Must be over {bound}."),
        "min": _("Must be at least {bound}."),
        "max": _("Must be at most {bound}."),
    }

    def __init__(
        self,
        *,
        places: int = 3,
        over: int | None = None,
        at_least: int | None = None,
        at_most: int = 999_999_999_999,
        **kwargs: Any,
    ) -> None:
        self.places, self.over, self.at_least, self.at_most = places, over, at_least, at_most
        super().__init__(**kwargs)

    def to_internal_value(self, data: object) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data:  # noqa: PLR0124 (NaN)
            self.fail("invalid")
        value = Decimal(str(data))  # the shortest representation of the float is what the client sent
        if self.over is not None and value <= self.over:
            self.fail("over", bound=self.over)
        if self.at_least is not None and value < self.at_least:
            self.fail("min", bound=self.at_least)
        if abs(value) > self.at_most:
            self.fail("max", bound=self.at_most)
        if value != round(value, self.places):
            self.fail("places", places=self.places)
        return value

    def to_representation(self, value: Decimal) -> int | float:
        whole = int(value)
        return whole if whole == value else float(value)


class BooleanField(serializers.BooleanField):
    """A JSON boolean: true or false only."""

    default_error_messages = {"invalid": _("Must be a valid boolean.")}

    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class DateField(serializers.DateField):
    """`YYYY-MM-DD`."""

    def to_internal_value(self, value: object) -> dt.date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):  # Python also accepts 20260228 and 2026-W09-6
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class DateTimeField(serializers.DateTimeField):
    """An RFC 3339 time. Input may have any offset (default: UTC); output is in UTC with Z."""

    default_error_messages = {
        "invalid": _("Must be a date and time such as 2026-01-31T09:30:00Z."),
        "overflow": _("Datetime value out of range."),
    }

    def to_internal_value(self, value: object) -> dt.datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            self.fail("invalid")
        try:
            return super().to_internal_value(value.upper()).astimezone(dt.UTC)
        except OverflowError:
            self.fail("overflow")


class TimeOfDayField(serializers.Field[dt.time, object, object, object]):
    """A time of day, `HH:MM`. An empty text becomes null if the field is nullable."""

    default_error_messages = {"invalid": _("Must be a time of day, HH:MM, from 00:00 to 23:59.")}

    def run_validation(self, data: object = empty) -> object:
        return super().run_validation(None if data == "" and self.allow_null else data)

    def to_internal_value(self, data: object) -> dt.time:
        if not isinstance(data, str) or not _CLOCK.fullmatch(data):
            self.fail("invalid")
        return dt.time.fromisoformat(data)


class ChoiceField(serializers.ChoiceField):
    """One of a fixed set of texts."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str) or data not in self.choices:
            allowed = ", ".join(str(choice) for choice in self.choices)
            raise serializers.ValidationError(
                format_text(_("Must be one of: {allowed}."), allowed=allowed), code="invalid_choice"
            )
        return data


class UUIDField(serializers.UUIDField):
    """A UUID in the form with hyphens."""

    default_error_messages = {"invalid": _("Must be a valid UUID.")}

    def to_internal_value(self, data: object) -> UUID:
        value = parse_uuid(data)
        if value is None:
            self.fail("invalid", value=data)
        return value


class ReferenceField(UUIDField):
    """The id of another record, checked to exist. Yields the id, not the record.

    `to` is a model, or a queryset of the allowed rows.
    """

    default_error_messages = {"unknown": _("Unknown {what}.")}

    def __init__(self, *, to: type[Model] | QuerySet[Model], **kwargs: Any) -> None:
        self.to = to
        super().__init__(**kwargs)

    def to_internal_value(self, data: object) -> UUID:
        value = super().to_internal_value(data)
        rows: QuerySet[Model] = self.to if isinstance(self.to, QuerySet) else self.to._default_manager.all()
        if not rows.filter(pk=value).exists():
            self.fail("unknown", what=str(rows.model._meta.verbose_name))
        return value


class JsonObjectField(serializers.Field[Values, object, object, object]):
    """A JSON object that is replaced as a whole. `texts=True` requires all values to be texts."""

    default_error_messages = {
        "invalid": _("Must be an object."),
        "texts": _("Must be an object of texts."),
        "size": _("Must have at most {limit} entries."),
        "characters": FORBIDDEN_CHARACTER,
    }
    limit = 100

    def __init__(self, *, texts: bool = False, **kwargs: Any) -> None:
        self.texts = texts
        super().__init__(**kwargs)

    def to_internal_value(self, data: object) -> Values:
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(data) > self.limit:
            self.fail("size", limit=self.limit)
        if self.texts and not all(isinstance(value, str) for value in data.values()):
            self.fail("texts")
        try:
            return clean_texts(data)
        except ForbiddenCharacter:
            self.fail("characters")

    def to_representation(self, value: dict[str, object]) -> dict[str, object]:
        return value


class NestedJsonField(JsonObjectField):
    """A JSON object in a column, described by a serializer. It is output unchanged."""

    def __init__(self, child: type[serializers.Serializer[object]], **kwargs: Any) -> None:
        self.child = child()
        super().__init__(**kwargs)


class ListField(serializers.ListField):
    """DRF's list field, strict: a JSON list of at most `max_length` items, whose number is asked before the items are.

    A serializer as its `child` is a body of its own: each item is complete, also in a partial update, where the list
    replaces the former one.
    """

    default_error_messages = {
        "not_a_list": _("Must be a list."),
        "min_length": _("At least {min_length} needed."),
        "max_length": _("At most {max_length} allowed."),
    }

    def __init__(self, *, min_length: int = 0, max_length: int = MAX_ITEMS, **kwargs: Any) -> None:
        super().__init__(min_length=min_length, max_length=max_length, **kwargs)
        self.fewest, self.most = min_length, max_length
        if isinstance(self.child, serializers.BaseSerializer):
            self.child.parent = None  # type: ignore[assignment]

    def to_internal_value(self, data: object) -> list[object]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) < self.fewest:
            self.fail("min_length", min_length=self.fewest)
        if len(data) > self.most:
            self.fail("max_length", max_length=self.most)
        if self.child.parent is None and self.child._context is not self.context:
            self.child._context = self.context
        values, errors = [], {}
        for index, item in enumerate(data):
            try:
                values.append(self.child.run_validation(item))
            except serializers.ValidationError as exc:
                errors[str(index)] = exc.detail
        if errors:
            raise serializers.ValidationError(errors)
        return values


AnyField: TypeAlias = serializers.Field[Any, Any, Any, object]
"""A field of any kind. DRF's fields have four type parameters, which are irrelevant here."""


def text_of(choices: Sequence[tuple[str, object]]) -> str:
    """Return the values of `choices` for a message: "draft, sent"."""
    return ", ".join(str(value) for value, _ in choices)
