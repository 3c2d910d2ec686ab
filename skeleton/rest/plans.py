"""From a serializer to a plan: which columns to read, and how a row of them becomes JSON.

A list of twenty rows pays for no model instance and no field's `to_representation`: rows come as tuples and leave as
dicts. The serializer stays the one description of the fields; what cannot be compiled fails when it is first used, and
a system check uses every one at start-up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db.models import JSONField, Subquery
from django.db.models.functions import JSONArray
from rest_framework import serializers

from skeleton.rest.fields import Computed, Derived, JsonObjectField, ListOf, Many, NumberField, One
from skeleton.rest.http import number

Row = Sequence[Any]
Step = tuple[str, Callable[[Row], Any]]
Finish = tuple[str, Callable[[dict[str, Any]], Any]]
"""What a field's value is worked out from: the row, or the object as far as it is built."""

PLAIN = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.UUIDField,
    serializers.DateField,
    serializers.ChoiceField,
    serializers.EmailField,
    serializers.ListField,
)
"""Fields whose column value orjson writes just as the field would."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows of `columns` become objects. `annotations` are the columns that the queryset must be given first."""

    columns: tuple[str, ...]
    annotations: dict[str, Any]
    build: Callable[[Row], dict[str, Any]]


class _Compiler:
    """Collects columns while walking the fields. `json` where the values come out of a JSON array, not of columns."""

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.columns: list[str] = []
        self.annotations: dict[str, Any] = {}

    def object(self, serializer: Any, prefix: str = "") -> Callable[[Row], dict[str, Any]]:
        """What builds the serializer's object from a row."""
        fields = {name: field for name, field in serializer.fields.items() if not field.write_only}
        names = tuple(fields)
        indexes = [self._column(name, field, prefix) for name, field in fields.items()]
        steps: list[Step] = []
        for (name, field), index in zip(fields.items(), indexes, strict=True):
            step = self._step(field, index, prefix)
            if step:
                steps.append((name, step))
        finishes = [(name, _finish(field)) for name, field in fields.items() if isinstance(field, Derived)]
        return _builder(names, indexes, steps, finishes)

    def _column(self, name: str, field: Any, prefix: str) -> int:
        """The index of the column that the field's value is, or begins with."""
        if isinstance(field, Computed):
            return self._index(prefix + field.columns[0])
        if isinstance(field, serializers.BaseSerializer):
            nested_name, nested = next(iter(field.fields.items()))  # type: ignore[attr-defined]
            return self._column(nested_name, nested, _inner(field, prefix))
        if isinstance(field, Many):
            return self._index(self._children(name, field))
        if isinstance(field, Derived):
            return 0  # keeps its place in the object until it is worked out
        if not isinstance(field, (*PLAIN, serializers.DateTimeField, NumberField, JsonObjectField, ListOf)):
            raise ImproperlyConfigured(f"{type(field).__name__} {name!r} cannot be compiled into a read plan.")
        return self._index(prefix + (field.source or name).replace(".", "__"))

    def _index(self, column: str) -> int:
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)

    def _step(self, field: Any, index: int, prefix: str) -> Callable[[Row], Any] | None:
        if isinstance(field, Computed):
            return self._computed(field, prefix)
        if isinstance(field, serializers.BaseSerializer):
            return self.object(field, _inner(field, prefix))
        if isinstance(field, Many):
            return _children_step(field, index, json=self.json)
        convert = self._converter(field)
        return _converted(convert, index) if convert else None

    def _converter(self, field: Any) -> Callable[[Any], Any] | None:
        if isinstance(field, NumberField):
            return number
        if isinstance(field, (JsonObjectField, ListOf)) and not self.json:
            return orjson.loads
        if isinstance(field, serializers.DateTimeField) and self.json:
            return _utc
        return None

    def _computed(self, field: Computed, prefix: str) -> Callable[[Row], Any]:
        compute = field.compute
        indexes = [self._index(prefix + column) for column in field.columns]
        if len(indexes) == 1:
            index = indexes[0]
            return lambda row: compute(row[index])
        return lambda row: compute(*(row[i] for i in indexes))

    def _children(self, name: str, field: Many) -> str:
        alias = f"{name}_rows"
        child = plan_of(field.child, json=True)
        rows = field.rows.annotate(**child.annotations) if child.annotations else field.rows
        self.annotations[alias] = JsonRows(rows.values_list(JSONArray(*child.columns)))
        return alias


class JsonRows(Subquery):
    """The rows of a subquery of one column as one JSON array, in their order; empty where there are none."""

    template = "(SELECT COALESCE(json_agg(element), '[]') FROM (%(subquery)s) AS rows(element))"
    output_field = JSONField()


def _inner(field: Any, prefix: str) -> str:
    """The prefix of a nested object's columns: its source, or its parent's own where the source is `*`."""
    return prefix if field.source == "*" else f"{prefix}{field.source.replace('.', '__')}__"


def _builder(
    names: tuple[str, ...], indexes: list[int], steps: list[Step], finishes: list[Finish]
) -> Callable[[Row], dict[str, Any]]:
    # itemgetter picks in C; a single index would give a bare value, so that case is padded
    pick = itemgetter(*indexes) if len(indexes) > 1 else itemgetter(*indexes, *indexes)

    def build(row: Row) -> dict[str, Any]:
        item = dict(zip(names, pick(row), strict=False))
        for name, step in steps:
            item[name] = step(row)
        for name, finish in finishes:
            item[name] = finish(item)
        return item

    return build


def _finish(field: Derived) -> Callable[[dict[str, Any]], Any]:
    compute, names = field.compute, field.names
    if len(names) == 1:
        name = names[0]
        return lambda item: compute(item[name])
    return lambda item: compute(*(item[name] for name in names))


def _converted(convert: Callable[[Any], Any], index: int) -> Callable[[Row], Any]:
    def step(row: Row) -> Any:
        value = row[index]
        return None if value is None else convert(value)

    return step


def _children_step(field: Many, index: int, *, json: bool) -> Callable[[Row], Any]:
    build = plan_of(field.child, json=True).build

    def rows_of(row: Row) -> Any:
        return row[index] if json else orjson.loads(row[index])  # within JSON they are read already

    if isinstance(field, One):
        return lambda row: next((build(child) for child in rows_of(row)), None)
    return lambda row: [build(child) for child in rows_of(row)]


def _utc(text: str) -> str:
    """PostgreSQL writes a moment into JSON with +00:00 and no trailing zeros; the API with Z and six digits or none."""
    seconds, dot, fraction = text.removesuffix("+00:00").partition(".")
    return f"{seconds}.{fraction:0<6}Z" if dot else f"{seconds}Z"


@cache
def plan_of(serializer_class: type[serializers.Serializer[Any]], *, json: bool = False) -> Plan:
    """The plan of a serializer class, compiled once. Raises ImproperlyConfigured for what cannot be compiled."""
    compiler = _Compiler(json=json)
    build = compiler.object(serializer_class())
    return Plan(tuple(compiler.columns), compiler.annotations, build)
