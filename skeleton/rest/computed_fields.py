"""Output fields that are computed from columns or other fields, or that hold the rows of a child table."""

from collections.abc import Callable, Mapping
from typing import NoReturn

from django.db.models import Model, QuerySet
from rest_framework import serializers

from skeleton.rest.fields import AnyField

NOT_OF_INSTANCES = "Children and FromFields are read with their row, not from an instance: answer with self.show(pk)."


class FromColumns(AnyField):
    """An output field computed from columns of the row: `FromColumns(BooleanField(), "status", compute=is_active)`.

    `field` describes the result (for the OpenAPI), `columns` are what `compute` takes, in that order. The function
    must be pure and fast: it runs once per row.
    """

    def __init__(self, field: AnyField, *columns: str, compute: Callable[..., object]) -> None:
        self.field, self.columns, self.compute = field, columns, compute
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: object) -> object:
        return self.compute(*(_follow(value, column) for column in self.columns))


class FromFields(AnyField):
    """An output field computed from other fields of the same object.

    `FromFields(AddressSerializer(allow_null=True), "addresses", compute=primary)`: like FromColumns, but `compute`
    takes the finished values of the fields named, children included. They must not be `FromFields` themselves.
    """

    def __init__(self, field: AnyField, *names: str, compute: Callable[..., object]) -> None:
        self.field, self.names, self.compute = field, names, compute
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: object) -> NoReturn:
        raise TypeError(NOT_OF_INSTANCES)


class Children(AnyField):
    """The rows of a child table as a list of objects, read in the same statement as the parent.

    `rows` is the queryset of the children of one parent, related by `OuterRef("pk")` and ordered.
    """

    def __init__(self, child: type[serializers.Serializer[object]], rows: QuerySet[Model]) -> None:
        self.child, self.rows = child, rows
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: object) -> NoReturn:
        raise TypeError(NOT_OF_INSTANCES)


class Child(Children):
    """The row of a child table that `rows` finds for the parent, as an object, or null."""


def _follow(value: object, path: str) -> object:
    for part in path.split("__"):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part, None)
    return value
