"""Serializer bases. An `Output` says what a resource looks like; an `Input` what may be sent to change it.

An Input knows the partial-update rules, so that no resource has to: absent keeps, a value sets, null clears where the
field may be empty, nested objects merge, an unknown field is refused, a read-only one ignored. It is used through
`Input.parse(body, partial=…)`: one instance per class and mode is built and kept, because building one costs more than
using it, and none holds anything of a request.
"""

from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Self

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty

UNKNOWN = "Unknown field"
MOST_UNKNOWN = 50
"""How many unknown fields are named: a body of nothing else must not cost seconds."""


class Output(serializers.Serializer[Any]):
    """The shape of a resource in answers. Compiled to a read plan (`rest.plans`); every field must be compilable."""


class Input(serializers.Serializer[Any]):
    """The shape of a body. `output` names the Output whose further fields a client may send back unharmed."""

    output: ClassVar[type[Output] | None] = None
    also_ignored: ClassVar[tuple[str, ...]] = ()
    default_error_messages = {"invalid": _("Must be an object.")}

    @classmethod
    def parse(cls, body: Any, *, partial: bool = False) -> dict[str, Any]:
        """The validated values of `body`, keyed by each field's source.

        With `partial`, absent fields stay absent. Raises DRF's ValidationError (422).
        """
        values: dict[str, Any] = cls.prototype(partial).run_validation(body)
        return values

    @classmethod
    def prototype(cls, partial: bool) -> Self:
        """The one instance that validates bodies of this class in this mode. It must not be changed."""
        kept: Self = _prototype(cls, partial)
        return kept

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        fields = self._writable
        unknown = (name for name in data if name not in fields and name not in self._ignored)
        errors: dict[str, Any] = dict.fromkeys(islice(unknown, MOST_UNKNOWN), [UNKNOWN])
        values: dict[str, Any] = {}
        for name, field in fields.items():
            try:
                values[field.source or name] = field.run_validation(data.get(name, empty))
            except ValidationError as exc:
                errors[name] = exc.detail
            except SkipField:
                pass
        if errors:
            raise ValidationError(errors)
        return values

    @property
    def _writable(self) -> dict[str, Any]:
        return _writable(self)

    @property
    def _ignored(self) -> frozenset[str]:
        return _ignored(type(self))


def _writable(serializer: Input) -> dict[str, Any]:
    found: dict[str, Any] | None = serializer.__dict__.get("_writable_cache")
    if found is None:
        found = {name: field for name, field in serializer.fields.items() if not field.read_only}
        serializer.__dict__["_writable_cache"] = found
    return found


@cache
def _ignored(serializer_class: type[Input]) -> frozenset[str]:
    known = serializer_class.output._declared_fields if serializer_class.output else {}
    return frozenset((*known, *serializer_class.also_ignored))


@cache
def _prototype(serializer_class: type[Any], partial: bool) -> Any:
    serializer = serializer_class(partial=partial)
    _ = serializer.fields  # bind them now, while nobody else can see the instance
    return serializer


class Empty(Input):
    """A body with nothing in it: what verbs without arguments take."""
