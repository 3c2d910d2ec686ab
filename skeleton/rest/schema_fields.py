"""Describes the fields of `rest.fields` and uploads for the OpenAPI document (drf-spectacular's extensions)."""

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

Schema = dict[str, object]


class _Upload(OpenApiSerializerFieldExtension):
    target_class = "rest_framework.fields.FileField"

    def map_serializer_field(self, auto_schema: object, direction: Direction) -> Schema:
        return {"type": "string", "format": "binary"}


class _Number(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.NumberField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: object, direction: Direction) -> Schema:
        field = self.target
        schema: Schema = {"type": "number", "description": f"At most {field.places} decimals."}
        if direction == "request" and field.over is not None:
            schema["exclusiveMinimum"] = field.over
        if field.at_least is not None:
            schema["minimum"] = field.at_least
        if direction == "request":
            schema["maximum"] = field.at_most
        return schema


class _Clock(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.TimeOfDayField"

    def map_serializer_field(self, auto_schema: object, direction: Direction) -> Schema:
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "example": "22:00"}


class _JsonObject(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.JsonObjectField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: object, direction: Direction) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "string"} if self.target.texts else True}


class _NestedJson(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.NestedJsonField"
    priority = 1  # before the extension for any JSON object

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        found: Schema = auto_schema.resolve_serializer(self.target.child, direction).ref
        return found


class _List(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.ListField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        child = self.target.child
        if isinstance(child, serializers.Serializer):
            items = auto_schema.resolve_serializer(child, direction).ref
        else:
            items = auto_schema._map_serializer_field(child, direction)
        return {
            "type": "array",
            "items": items,
            "minItems": self.target.min_length,
            "maxItems": self.target.max_length,
        }


class _Children(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.computed_fields.Children"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        return {"type": "array", "items": auto_schema.resolve_serializer(self.target.child, direction).ref}


class _Child(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.computed_fields.Child"
    priority = 1  # before Children, which it is one of

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        found = auto_schema.resolve_serializer(self.target.child, direction).ref
        return {"oneOf": [found, {"type": "null"}]}


class _FromColumns(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.computed_fields.FromColumns"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        field = self.target.field
        if isinstance(field, serializers.Serializer):
            found: Schema = auto_schema.resolve_serializer(field, direction).ref
            return {"oneOf": [found, {"type": "null"}]} if field.allow_null else found
        found = auto_schema._map_serializer_field(field, direction)
        if field.allow_null and isinstance(found.get("type"), str):
            found = {**found, "type": [found["type"], "null"]}
        return found


class _FromFields(_FromColumns):
    target_class = "skeleton.rest.computed_fields.FromFields"
