"""Serializer base classes: `Serializer` for responses, `InputSerializer` for request bodies.

A `Serializer` is compiled to a row mapper (`rest.row_mappers`). An `InputSerializer` is used as DRF documents it:
`is_valid`, `validated_data`, `validate`, `validate_<field>`, `context`. It knows the partial-update rules, so that no
resource has to: absent keeps, a value sets, null clears where the field may be empty, nested objects merge, an unknown
field is refused, a read-only one ignored.

DRF copies every declared field for each instance, which is most of what validating a small body costs. So an instance
uses one set of fields per class and mode as long as nobody asks for its own (`fields`), where all of the fields hold
nothing of a request: see `is_shareable`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import Any, ClassVar, NoReturn, Self

from django.core.exceptions import ImproperlyConfigured
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, get_error_detail

from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.rest.fields import MAX_ITEMS, AnyField
from skeleton.rest.scopes import UserScope

UNKNOWN = "Unknown field"
MAX_REPORTED_UNKNOWN = 50
"""Maximum number of unknown fields in an error, so that a body with many of them stays cheap."""

WRITES = ("create", "update", "save")
NO_WRITES = "serializers do not write. Call a service from the viewset's perform_create or perform_update."


class Serializer(serializers.Serializer[object]):
    """Describes a resource in responses. All fields must be compilable (see `rest.row_mappers`)."""


class InputListSerializer(serializers.ListSerializer[object]):
    """A list of bodies, by `many=True`.

    As a field of another body it is like a ListField: each item is complete, also in a partial update, where the list
    replaces the former one, and there are at most 500.
    """

    default_error_messages = {
        "not_a_list": _("Must be a list."),
        "min_length": _("At least {min_length} needed."),
        "max_length": _("At most {max_length} allowed."),
    }
    child: Any
    max_length: int | None
    _is_field = False

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        if self.max_length is None:
            self.max_length = MAX_ITEMS
        self.child.parent = None  # a body of its own: `partial` is asked of the root
        self._is_field = True

    def run_child_validation(self, data: Any) -> Any:
        if self._is_field and self.child._context is not self.context:
            self.child._context = self.context
        return super().run_child_validation(data)


class InputSerializer(serializers.Serializer[object]):
    """Validates a body. Other fields of `output_serializer_class` and `also_ignored` are ignored, others refused.

    `refused` are fields of `output_serializer_class` that are not ignored, with the message.
    """

    output_serializer_class: ClassVar[type[serializers.Serializer[object]] | None] = None
    also_ignored: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar[Mapping[str, Text]] = {}
    default_error_messages = {"invalid": _("Must be an object.")}
    _instance: object
    find_instance: Callable[[], object] | None = None
    """In an update, returns `instance` at its first use."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        for name in WRITES:
            if name in vars(cls):
                raise ImproperlyConfigured(f"{cls.__name__}.{name}: {NO_WRITES}")

    @classmethod
    def parse(
        cls,
        body: object,
        *,
        partial: bool = False,
        actor: Actor = SYSTEM,
        find_instance: Callable[[], object] | None = None,
    ) -> Values:
        """Validate `body` outside of a request, and return its values. Raises DRF's ValidationError (422).

        The `actor` is the user of the context's request. `find_instance` reads the object that is being changed.
        """
        serializer = cls.for_actor(actor, data=body, partial=partial)
        serializer.find_instance = find_instance
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer for `many=True`. Raises ImproperlyConfigured if the Meta names one of DRF's."""
        found: Any = super().many_init(*args, **kwargs)
        given = found._args, found._kwargs
        if type(found) is serializers.ListSerializer:
            given[1]["child"].source = None  # it is bound again
            return InputListSerializer(*given[0], **given[1])
        if not isinstance(found, InputListSerializer):
            raise ImproperlyConfigured(f"{cls.__name__}.Meta.list_serializer_class must be an InputListSerializer.")
        return found

    @classmethod
    def for_actor(cls, actor: Actor, **options: Any) -> Self:
        """Return a serializer outside of a request. The `actor` is the user of the context's request."""
        return cls(context={"request": UserScope(actor), "format": None, "view": None}, **options)

    def save(self, **kwargs: object) -> NoReturn:
        """Raise TypeError: serializers don't write."""
        raise TypeError(f"{type(self).__name__}.save: {NO_WRITES}")

    @property
    def data(self) -> NoReturn:
        """Raise TypeError: it may show fields that the serializer of responses does not."""
        raise TypeError(f"{type(self).__name__}.data: it only describes bodies. Answer with self.show(pk).")

    @property
    def instance(self) -> Any:
        """Return the object that is being changed, read at its first use, or None for a new one."""
        if self._instance is None and self.find_instance:
            self._instance = self.find_instance()
        return self._instance

    @instance.setter
    def instance(self, value: object) -> None:
        self._instance = value

    def to_internal_value(self, data: object) -> Values:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        fields = self._fields_by_name
        unknown = (name for name in data if name not in fields and name not in self._ignored)
        errors: Values = dict.fromkeys(islice(unknown, MAX_REPORTED_UNKNOWN), [UNKNOWN])
        errors |= {name: [message] for name, message in self.refused.items() if name in data}
        values: Values = {}
        own = _validated_by_name(type(self))
        for name, field in fields.items():
            try:
                value = field.run_validation(field.get_value(data))
                if name in own:
                    value = getattr(self, f"validate_{name}")(value)
            except ValidationError as exc:
                errors[name] = exc.detail
            except DjangoValidationError as exc:
                errors[name] = get_error_detail(exc)
            except SkipField:
                pass
            else:
                self.set_value(values, field.source_attrs, value)
        if errors:
            raise ValidationError(errors)
        return values

    def run_validators(self, value: object) -> None:
        if self.validators:  # DRF would create the fields of the instance
            super().run_validators(value)

    @property
    def _fields_by_name(self) -> dict[str, AnyField]:
        if "fields" in self.__dict__ or not is_shareable(type(self)):
            return {name: field for name, field in self.fields.items() if not field.read_only}
        return _shared_fields(type(self), getattr(self.root, "partial", False))

    @property
    def _ignored(self) -> frozenset[str]:
        return _ignored(type(self))


@cache
def _validated_by_name(serializer_class: type[InputSerializer]) -> frozenset[str]:
    """Return the fields that have a `validate_<field>`."""
    return frozenset(name.removeprefix("validate_") for name in dir(serializer_class) if name.startswith("validate_"))


@cache
def _ignored(serializer_class: type[InputSerializer]) -> frozenset[str]:
    output = serializer_class.output_serializer_class
    known = output._declared_fields if output else {}
    return frozenset((*known, *serializer_class.also_ignored))


@cache
def _shared_fields(serializer_class: type[InputSerializer], partial: bool) -> dict[str, AnyField]:
    """Return the writable fields of the class, bound to a private instance. They must not be changed."""
    fields = serializer_class(partial=partial).fields
    return {name: field for name, field in fields.items() if not field.read_only}


# --- which fields can be shared ---------------------------------------------------------------------------------------

OURS = ("rest_framework.", "skeleton.rest.fields", "skeleton.rest.computed_fields", "skeleton.rest.serializers")
"""Modules whose fields store no data of a request."""

_DECLARATIONS = ("Meta", "default_error_messages", "initial", "_declared_fields")


@cache
def is_shareable(serializer_class: type[serializers.BaseSerializer[object]]) -> bool:
    """Return whether the declared fields of a class store no data of a request, so that requests can share them.

    That is so where each class is DRF's or ours, has no methods of its own, or is marked `@mark_stateless`; and where
    no validator or default requires a context. A serializer that makes its fields per instance shares none.
    """
    base = serializers.Serializer
    made_elsewhere = any(
        getattr(serializer_class, name) is not getattr(base, name) for name in ("__init__", "get_fields", "fields")
    )
    if made_elsewhere or not issubclass(serializer_class, base):
        return False
    return all(_field_is_shareable(field) for field in serializer_class._declared_fields.values())


def _field_is_shareable(field: Any) -> bool:
    if isinstance(field, (serializers.RelatedField, serializers.ManyRelatedField)):
        return False
    parts = (*(field._kwargs.get("validators") or field.default_validators), field.default)
    if any(getattr(part, "requires_context", False) for part in parts):
        return False
    child = getattr(field, "child", None)
    if isinstance(child, serializers.Field) and not _field_is_shareable(child):
        return False
    if isinstance(field, serializers.Serializer) and not is_shareable(type(field)):
        return False
    return all(_is_stateless(base) for base in type(field).__mro__)


def _is_stateless(base: type) -> bool:
    if base is object or base.__module__.startswith(("builtins", "typing", *OURS)):
        return True
    own = vars(base)
    return own.get("_stateless") is base or not any(
        callable(value) or isinstance(value, (property, classmethod, staticmethod))
        for name, value in own.items()
        if name not in _DECLARATIONS and not isinstance(value, (type, serializers.Field))
    )


class EmptySerializer(InputSerializer):
    """An empty body, for actions without arguments."""
