"""Compiles a serializer to a row mapper: the columns to read, and a function that converts a row to a dict.

So lists need no model instances, and call `to_representation` only for fields that override it, with the value of the
column. A system check refuses what cannot be compiled, and names the alternative.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db.models import JSONField, Subquery
from django.db.models.functions import JSONArray
from rest_framework import fields as drf
from rest_framework import serializers

from skeleton.rest.computed_fields import Child, Children, FromColumns, FromFields
from skeleton.rest.contexts import WITHOUT_CONTEXT, NoContext, uses_context
from skeleton.rest.fields import AnyField, JsonObjectField, NumberField
from skeleton.rest.http import number

Row = Sequence[Any]
ReadValue = Callable[[Row], object]
Convert = Callable[[Any], object]
"""A function that converts the value of a column of a certain type."""

Step = tuple[str, ReadValue]
Finish = tuple[str, Callable[[dict[str, object]], object]]
"""A function that computes a field from the other fields of the object."""

AS_IS_FIELDS = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.UUIDField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.ChoiceField,
)
"""Fields whose column values orjson serializes like the field, unless the field has a format."""

SAME_IN_JSON_FIELDS = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.ChoiceField,
)
"""Fields whose values are the same in a JSON array as in a column, so that `to_representation` works for both."""

JSON_FIELDS = (JsonObjectField, serializers.ListField, serializers.DictField, serializers.JSONField)
"""Fields of columns that may contain JSON, which is read as text."""

_LIBRARIES = ("rest_framework.", "skeleton.rest.fields", "skeleton.rest.computed_fields")
"""Modules whose `to_representation` makes no difference to a computed value."""

HYPHENS = "hex_verbose"
"""The default format of a UUIDField."""

REFUSED_FIELDS = (
    (serializers.SerializerMethodField, "use FromColumns or FromFields, which say what they need"),
    (serializers.ManyRelatedField, "use Children"),
    (serializers.HyperlinkedIdentityField, "use FromColumns with 'pk', or leave it out: clients build paths from ids"),
    (serializers.RelatedField, "use UUIDField(source='…_id'), or the column itself (source='category.name')"),
    (serializers.ListSerializer, "use Children(ChildSerializer, rows), which says which rows in which order"),
    (serializers.FileField, "use FromColumns with the column of the file's name"),
    (serializers.MultipleChoiceField, "use ListField(child=ChoiceField(…))"),
    (serializers.ReadOnlyField, "use the field of the column's type"),
    (serializers.ModelField, "use the field of the column's type"),
)
"""DRF fields that cannot be compiled, and their alternatives. The first match applies."""


@dataclass(frozen=True, slots=True)
class RowMapper:
    """Converts rows of `columns` to dicts. The queryset needs `annotations`."""

    columns: tuple[str, ...]
    annotations: dict[str, object]
    build: Callable[[Row], dict[str, object]]


class _Compiler:
    """Collects columns from the fields. `json` is true if the values are read from a JSON array."""

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.columns: list[str] = []
        self.annotations: dict[str, object] = {}

    def object(self, serializer: Any, prefix: str = "") -> Callable[[Row], dict[str, object]]:
        """Return the function that builds the serializer's object from a row."""
        _refuse_serializer(serializer)
        fields = {name: field for name, field in serializer.fields.items() if not field.write_only}
        names = tuple(fields)
        indexes = [self._column(name, field, prefix) for name, field in fields.items()]
        steps: list[Step] = []
        for (name, field), index in zip(fields.items(), indexes, strict=True):
            step = self._step(field, index, prefix)
            if step:
                steps.append((name, step))
        finishes = [(name, _finish(field)) for name, field in fields.items() if isinstance(field, FromFields)]
        return _builder(names, indexes, steps, finishes)

    def _column(self, name: str, field: AnyField, prefix: str) -> int:
        """Return the index of the (first) column of the field."""
        _refuse_field(name, field, json=self.json)
        if isinstance(field, FromColumns):
            return self._index(prefix + field.columns[0])
        if isinstance(field, serializers.BaseSerializer):
            nested_name, nested = next(iter(field.fields.items()))  # type: ignore[attr-defined]
            return self._column(nested_name, nested, _inner(field, prefix))
        if isinstance(field, Children):
            return self._index(self._children(name, field))
        if isinstance(field, FromFields):
            return 0  # keeps its position in the object until it is computed
        return self._index(prefix + (field.source or name).replace(".", "__"))

    def _index(self, column: str) -> int:
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)

    def _step(self, field: AnyField, index: int, prefix: str) -> ReadValue | None:
        if isinstance(field, FromColumns):
            return self._computed(field, prefix)
        if isinstance(field, serializers.BaseSerializer):
            return self._nested(field, _inner(field, prefix), prefix)
        if isinstance(field, Children):
            return _children_step(field, index, json=self.json)
        if isinstance(field, FromFields):
            return None
        convert = self._converter(field)
        return _converted(convert, index) if convert else None

    def _nested(self, field: Any, inner: str, prefix: str) -> ReadValue:
        """Return the function that builds a nested object, or null if the row has none."""
        build = self.object(field, inner)
        if inner == prefix:  # source="*"
            return build
        pick = itemgetter(self._index(f"{inner}pk"), *(self.columns.index(name) for name in self._below(inner)))
        return lambda row: None if not any(value is not None for value in pick(row)) else build(row)

    def _below(self, prefix: str) -> list[str]:
        return [name for name in self.columns if name.startswith(prefix)]

    def _converter(self, field: AnyField) -> Convert | None:
        """Return the function that converts the column's value, or None if orjson serializes it."""
        if not is_native(field):
            written: Callable[[object], object] = field.to_representation
            return _after_loading(written) if isinstance(field, JSON_FIELDS) else written
        if isinstance(field, NumberField):
            return number
        if isinstance(field, serializers.ListField) and isinstance(field.child, serializers.BaseSerializer):
            return _narrowed(field.child)
        if isinstance(field, JSON_FIELDS) and not self.json:
            return _loaded
        if isinstance(field, serializers.DateTimeField) and self.json:
            return _utc
        return None

    def _computed(self, field: FromColumns, prefix: str) -> ReadValue:
        compute = field.compute
        indexes = [self._index(prefix + column) for column in field.columns]
        if len(indexes) == 1:
            index = indexes[0]
            return lambda row: compute(row[index])
        return lambda row: compute(*(row[i] for i in indexes))

    def _children(self, name: str, field: Children) -> str:
        alias = f"{name}_rows"
        child = row_mapper(field.child, json=True)
        rows = field.rows.annotate(**child.annotations) if child.annotations else field.rows
        self.annotations[alias] = JsonRows(rows.values_list(JSONArray(*child.columns)))
        return alias


def is_native(field: AnyField) -> bool:
    """Return whether orjson or a converter of this module serializes the column like the field."""
    overridden = type(field).to_representation
    for kind in (*AS_IS_FIELDS, NumberField, JsonObjectField):
        if isinstance(field, kind) and overridden is kind.to_representation:
            formatted = hasattr(field, "format") or hasattr(field, "timezone")
            return not formatted and getattr(field, "uuid_format", HYPHENS) == HYPHENS
    if isinstance(field, serializers.ListField) and overridden is serializers.ListField.to_representation:
        if isinstance(field.child, serializers.BaseSerializer):
            return _is_native_object(field.child)
        return type(field.child) is drf._UnvalidatedField or is_native(field.child)
    if isinstance(field, serializers.DictField) and overridden is serializers.DictField.to_representation:
        return type(field.child) is drf._UnvalidatedField or is_native(field.child)
    return type(field) is serializers.JSONField


def _is_native_object(serializer: Any) -> bool:
    """Return whether a JSON object of this serializer needs no more than to be limited to its fields."""
    own = type(serializer).to_representation is not serializers.Serializer.to_representation
    return not own and all(
        is_native(field) and field.source in (None, name) for name, field in serializer.fields.items()
    )


def _narrowed(serializer: Any) -> Callable[[object], object]:
    """Return the function that limits a JSON list of objects to the fields that the serializer shows."""
    names = {name for name, field in serializer.fields.items() if not field.write_only}

    def narrow(value: object) -> object:
        items: Any = _loaded(value)
        for item in items:
            if item.keys() != names:
                return [{name: item[name] for name in item if name in names} for item in items]
        return items

    return narrow


def _refuse_serializer(serializer: object) -> None:
    """Raise ImproperlyConfigured for a serializer with an override that would be ignored."""
    name = type(serializer).__name__
    if uses_context(type(serializer)):
        raise ImproperlyConfigured(f"{name} {WITHOUT_CONTEXT}.")
    if not isinstance(serializer, serializers.Serializer):
        raise ImproperlyConfigured(f"{name} is not a Serializer with fields, and cannot be compiled.")
    for hook in ("to_representation", "data", "__init__", "get_fields", "fields"):
        if inspect.getattr_static(type(serializer), hook) not in (
            inspect.getattr_static(serializers.Serializer, hook),
            inspect.getattr_static(serializers.ModelSerializer, hook),
        ):
            raise ImproperlyConfigured(
                f"{name}.{hook} would not be called: rows are mapped without instances. Override to_representation of a"
                " field, or use FromColumns or FromFields."
            )


def _refuse_field(name: str, field: AnyField, *, json: bool) -> None:
    """Raise ImproperlyConfigured for a field that cannot be compiled, or whose overrides would be ignored."""
    problem = _problem_of(field, json=json)
    if problem:
        raise ImproperlyConfigured(f"{type(field).__name__} {name!r} cannot be compiled into a row mapper: {problem}.")


def _problem_of(field: AnyField, *, json: bool) -> str | None:
    for refused, instead in REFUSED_FIELDS:
        if isinstance(field, refused):
            return instead
    if isinstance(field, (FromColumns, FromFields, Children)):
        return _problem_of_computed(field)
    if type(field).get_attribute is not serializers.Field.get_attribute:
        return "its get_attribute would not be called; use source, or FromColumns"
    return None if isinstance(field, serializers.BaseSerializer) else _problem_of_writing(field, json=json)


def _problem_of_writing(field: AnyField, *, json: bool) -> str | None:
    problem = _problem_of_source(field)
    if problem:
        return problem
    if isinstance(field, serializers.JSONField) and field.binary:
        return "binary=True would be ignored; leave it out"
    if is_native(field):
        return None
    if json and not isinstance(field, SAME_IN_JSON_FIELDS):
        return "in Children its to_representation would get JSON's value; use FromColumns"
    return f"it {WITHOUT_CONTEXT}" if any(uses_context(type(part)) for part in _parts(field)) else None


def _problem_of_source(field: AnyField) -> str | None:
    if type(field).to_representation is serializers.Field.to_representation:
        return "it has no to_representation"
    if field.source == "*":
        return "use FromColumns in place of source='*'"
    if field.default is not drf.empty and "." in (field.source or ""):
        return "its default would be ignored where there is no related object; use FromColumns"
    return None


def _problem_of_computed(field: FromColumns | FromFields | Children) -> str | None:
    """Return what is wrong with a field whose value `compute` or a child table determines."""
    if any(
        getattr(type(field), hook) is not getattr(_kind_of(field), hook)
        for hook in ("to_representation", "get_attribute")
    ):
        return "its to_representation or get_attribute would not be called; do it in compute"
    described = [] if isinstance(field, Children) else list(_parts(field.field))
    for part in described:
        if not type(part).to_representation.__module__.startswith(_LIBRARIES):
            return f"{type(part).__name__}.to_representation would not be called on the result; do it in compute"
    return f"it {WITHOUT_CONTEXT}" if uses_context(type(field)) else None


def _kind_of(field: object) -> type:
    return next(kind for kind in (FromColumns, FromFields, Child, Children) if isinstance(field, kind))


def _parts(field: AnyField) -> Iterator[AnyField]:
    """Yield a field, and the fields within it."""
    yield field
    if isinstance(field, serializers.Serializer):
        for part in field.fields.values():
            yield from _parts(part)
    elif isinstance(child := getattr(field, "child", None), serializers.Field):
        yield from _parts(child)


def _loaded(value: object) -> object:
    """Parse JSON from a column. A PostgreSQL array is a list already."""
    return orjson.loads(value) if isinstance(value, str) else value


def _after_loading(written: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: written(_loaded(value))


class JsonRows(Subquery):
    """The rows of a subquery with one column as an ordered JSON array, empty if there are none."""

    template = "(SELECT COALESCE(json_agg(element), '[]') FROM (%(subquery)s) AS rows(element))"
    output_field = JSONField()


def _inner(field: Any, prefix: str) -> str:
    """Return the prefix of a nested object's columns: its source, or the parent's prefix if the source is `*`."""
    return prefix if field.source == "*" else f"{prefix}{field.source.replace('.', '__')}__"


def _builder(
    names: tuple[str, ...], indexes: list[int], steps: list[Step], finishes: list[Finish]
) -> Callable[[Row], dict[str, object]]:
    # itemgetter is implemented in C; with a single index it returns a bare value, so the index is repeated
    pick = itemgetter(*indexes) if len(indexes) > 1 else itemgetter(*indexes, *indexes)

    def build(row: Row) -> dict[str, object]:
        item = dict(zip(names, pick(row), strict=False))
        for name, step in steps:
            item[name] = step(row)
        for name, finish in finishes:
            item[name] = finish(item)
        return item

    return build


def _finish(field: FromFields) -> Callable[[dict[str, object]], object]:
    compute, names = field.compute, field.names
    if len(names) == 1:
        name = names[0]
        return lambda item: compute(item[name])
    return lambda item: compute(*(item[name] for name in names))


def _converted(convert: Convert, index: int) -> ReadValue:
    def step(row: Row) -> object:
        value = row[index]
        return None if value is None else convert(value)

    return step


def _children_step(field: Children, index: int, *, json: bool) -> ReadValue:
    build = row_mapper(field.child, json=True).build

    def rows_of(row: Row) -> Iterable[Row]:
        rows: Iterable[Row] = row[index] if json else orjson.loads(row[index])  # nested JSON is parsed already
        return rows

    if isinstance(field, Child):
        return lambda row: next((build(child) for child in rows_of(row)), None)
    return lambda row: [build(child) for child in rows_of(row)]


def _utc(text: str) -> str:
    """PostgreSQL writes a moment into JSON with +00:00 and no trailing zeros; the API with Z and six digits or none."""
    seconds, dot, fraction = text.removesuffix("+00:00").partition(".")
    return f"{seconds}.{fraction:0<6}Z" if dot else f"{seconds}Z"


def row_mapper(serializer_class: type[serializers.BaseSerializer[object]], *, json: bool = False) -> RowMapper:
    """The row mapper of a serializer class, compiled once. Raises ImproperlyConfigured for what cannot be compiled."""
    return _row_mapper(serializer_class, json)  # type: ignore[arg-type]  # a class is hashable


@cache
def _row_mapper(serializer_class: Any, json: bool) -> RowMapper:
    compiler = _Compiler(json=json)
    build = compiler.object(serializer_class(context=NoContext()))
    return RowMapper(tuple(compiler.columns), compiler.annotations, build)
