"""Finds fields of a viewset's input serializers that validate wrongly, or whose value can't be written.

Called by `rest.checks`.
"""

from collections.abc import Iterator

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from rest_framework import serializers

from skeleton.rest.fields import AnyField
from skeleton.rest.serializers import InputListSerializer, InputSerializer
from skeleton.rest.viewsets import ApiViewSet, CreateMixin, UpdateMixin

_WRITING = {
    "create": (CreateMixin, ("create", "perform_create")),
    "update": (UpdateMixin, ("update", "perform_update")),
    "partial_update": (UpdateMixin, ("partial_update", "update", "perform_update")),
}
"""The class and the methods that write the values of a standard action, unless one of them is overridden."""


def unusable_fields(serializer: type[serializers.Serializer[object]]) -> Iterator[str]:
    """Yield a sentence for each field, also of nested serializers, that validates otherwise than it reads."""
    for name, field in _fields_of(serializer):
        label = f"{serializer.__name__}.{name}"
        default: object = field.default
        if serializers.CurrentUserDefault in (default, type(default)):
            yield f"{label}: CurrentUserDefault() is an actor, not a User: set self.actor.id in perform_create."
        if isinstance(field, serializers.ListSerializer) and not isinstance(field, InputListSerializer):
            child = type(field.child).__name__
            yield f"{label} would validate its items as partial in PUT and PATCH: derive {child} from InputSerializer."
        nested: object = getattr(field, "child", field)
        if isinstance(nested, serializers.Serializer):
            yield from unusable_fields(type(nested))


def unwritable_fields(view: ApiViewSet, serializer: type[InputSerializer]) -> Iterator[str]:
    """Yield a sentence for each field without a column of the model that the standard methods would write."""
    base, methods = _WRITING.get(str(view.action), (None, ()))
    if base is None or any(getattr(type(view), name, None) is not getattr(base, name) for name in methods):
        return
    if serializer.validate is not InputSerializer.validate:
        return  # it may take values out
    try:
        model = view.get_queryset().model
    except Exception:  # noqa: BLE001  # it needs more of the request
        return
    for name, field in _fields_of(serializer):
        if not field.read_only and not _is_column(model, field.source or name):
            yield (
                f": {serializer.__name__}.{name} is not a column of {model.__name__}: override {methods[-1]}, and take"
                " it out of the values there."
            )


def _fields_of(serializer: type[serializers.Serializer[object]]) -> list[tuple[str, AnyField]]:
    return list(serializer._declared_fields.items())


def _is_column(model: type[Model], source: str) -> bool:
    try:
        field = model._meta.get_field(source)
    except FieldDoesNotExist:
        return source in ("*", "pk")
    return bool(field.concrete and not field.many_to_many)
