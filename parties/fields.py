"""Serializer fields of parties and countries: social media, country references and ISO codes."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.fields import empty

from parties.queries import country_ids
from skeleton.kernel.characters import has_visible_character
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.translation import Text
from skeleton.rest.fields import JsonObjectField, TextField, mark_stateless


@mark_stateless
class TextsField(JsonObjectField):
    """An object of short strings. If null is allowed, it means an empty object."""

    default_error_messages: ClassVar[dict[str, Any]] = {"long": _("Names and texts have at most {limit} characters.")}
    longest = 255

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(texts=True, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and self.allow_null:
            return {}
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        texts = super().to_internal_value(data)
        if any(max(len(name), len(text)) > self.longest for name, text in texts.items()):
            self.fail("long", limit=self.longest)
        return texts


@mark_stateless
class NamesField(TextsField):
    """A name by language (`en`, `uk`, …). English is required."""

    default_error_messages: ClassVar[dict[str, Any]] = {"en": _("Needs a non-empty name in English (en).")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        names = super().to_internal_value(data)
        if not has_visible_character(names.get("en", "")):
            self.fail("en")
        return names


@mark_stateless
class CountryField(TextField):
    """A country, given by id, alpha-2 or alpha-3 code. Returns the id."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("Unknown country: use an id, an alpha-2 or an alpha-3 code.")
    }

    def run_validation(self, data: Any = empty) -> UUID | None:
        text = super().run_validation(data)
        if text is None:
            return None
        found = country_ids(parse_uuid(text) or text)
        if not found:
            self.fail("unknown")
        return found[0]


@mark_stateless
class CodeField(TextField):
    """A code with a fixed format, which `refusal` describes. Letters are converted to upper case."""

    def __init__(self, pattern: str, refusal: Text, **kwargs: Any) -> None:
        self.pattern = re.compile(pattern)
        super().__init__(error_messages={"form": refusal}, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).upper()
        if not self.pattern.fullmatch(code):
            self.fail("form")
        return code
