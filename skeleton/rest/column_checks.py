"""Finds output fields whose column has another type: its value is answered unconverted. Called by `rest.checks`."""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

from skeleton.rest.contexts import NoContext
from skeleton.rest.row_mappers import is_native

_NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField, models.BooleanField)
_NO_TEXTS = (*_NUMBERS, models.DateTimeField, models.JSONField, ArrayField)


def unconverted_fields(output: type[serializers.BaseSerializer[object]], model: type[models.Model]) -> Iterator[str]:
    """Yield a sentence for each field of the serializer that would not convert the value of its column."""
    serializer: Any = output(context=NoContext())
    for name, field in serializer.fields.items():
        if field.write_only or not is_native(field):
            continue
        column = _column_of(model, (field.source or name).replace(".", "__"))
        if column is not None and not _fits(field, column):
            kinds = f"{type(field).__name__}, but the column a {type(column).__name__}"
            yield f"{output.__name__}.{name} is a {kinds}, which is not converted: use FromColumns."


def _fits(field: object, column: object) -> bool:
    if isinstance(field, serializers.BooleanField):
        return isinstance(column, models.BooleanField)
    if isinstance(field, serializers.IntegerField):
        return isinstance(column, models.IntegerField)
    if isinstance(field, serializers.DateTimeField):
        return isinstance(column, models.DateTimeField)
    if isinstance(field, serializers.DateField):
        return isinstance(column, models.DateField) and not isinstance(column, models.DateTimeField)
    return not (isinstance(field, (serializers.CharField, serializers.ChoiceField)) and isinstance(column, _NO_TEXTS))


def _column_of(model: type[models.Model], path: str) -> object:
    """Return the model field at the end of a path of relations, or None if it is no column of a model."""
    column: Any = None
    for name in path.split("__"):
        try:
            column = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if column.remote_field is not None:
            model = column.related_model
            column = column.target_field if hasattr(column, "target_field") else None
    return column
