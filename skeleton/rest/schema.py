"""The OpenAPI document, from the operations: what a route takes, answers and refuses is said there and only there."""

from inspect import cleandoc
from typing import Any
from uuid import UUID

from django import forms
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from skeleton.db.counting import MANY, MOMENT
from skeleton.kernel.errors import CODES
from skeleton.rest.fields import TextField
from skeleton.rest.listing import DEFAULT_LIMIT, MAX_LIMIT
from skeleton.rest.operations import Operation
from skeleton.rest.serializers import Output

Schema = dict[str, Any]

MEANINGS = {code.status: code.meaning for code in CODES.values()}


class Error(Output):
    """The one shape of every error."""

    error = TextField(help_text=f"A code for programs: {', '.join(CODES)}.")
    message = TextField(help_text="A sentence for people.")
    details = serializers.DictField(required=False, help_text="A text per field; nested fields by dotted path.")
    request_id = TextField(allow_null=True, help_text="What X-Request-ID says.")


class ApiSchema(AutoSchema):
    """Reads the view's operation instead of guessing from querysets and serializers."""

    view: Any  # an ApiView, which this module must not import: views name it in the settings

    @property
    def described(self) -> Operation:
        found: Operation = getattr(self.view, self.view.action).operation
        return found

    def get_operation_id(self) -> str:
        again = "_put" if self.method == "PUT" and "patch" in self.described.methods else ""
        return f"{type(self.view).__name__.removesuffix('View').lower()}_{self.view.action}{again}"

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str:
        return self.described.summary

    def get_description(self) -> str:  # type: ignore[override]
        needed = self.view.needed(self.described)
        handler = getattr(self.view, self.view.action)
        text = cleandoc(handler.__doc__) if handler.__doc__ else ""
        if needed.public:
            access = "Public."
        elif not needed.any_of:
            access = "Any signed-in user."
        else:
            access = "Permission: " + " or ".join(f"`{permission}`" for permission in needed.any_of) + "."
            access += " Or about oneself." if needed.or_oneself else ""
        return f"{text}\n\n{access}".strip()

    def get_auth(self) -> list[Schema]:
        return [] if self.view.needed(self.described).public else [{"bearer": []}]

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """A class's own words only: those of its bases are for whoever reads the code."""
        found: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if not vars(type(serializer)).get("__doc__"):
            found.pop("description", None)
        return found

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # envelopes are ours to describe

    # what it takes

    def get_override_parameters(self) -> list[Any]:
        parameters = [OpenApiParameter(name, UUID, OpenApiParameter.PATH) for name in self._path_parameters()]
        if self.described.envelope in ("page", "cursor"):
            parameters += self._paging()
        if self.described.envelope in ("page", "cursor", "list"):
            parameters += self._filters()
        return [*parameters, *getattr(self.view, "extra_parameters", {}).get(self.view.action, ())]

    def _path_parameters(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def _paging(self) -> list[OpenApiParameter]:
        number = {"type": "integer", "minimum": 1}
        found = [
            OpenApiParameter("limit", {**number, "default": DEFAULT_LIMIT}, description=f"At most {MAX_LIMIT} count."),
            OpenApiParameter("cursor", str, description="Where the last page ended; empty to begin. No total then."),
        ]
        if not self.view.cursor_only:
            found.insert(0, OpenApiParameter("page", {**number, "default": 1}, description="Not with cursor."))
        if self.view.sorting.keys:
            found.append(OpenApiParameter("sort_by", {"type": "string", "enum": list(self.view.sorting.keys)}))
        return [*found, OpenApiParameter("sort_order", {"type": "string", "enum": ["asc", "desc"]})]

    def _filters(self) -> list[OpenApiParameter]:
        filterset = getattr(self.view, "filterset", None)
        if filterset is None:
            return []
        return [
            OpenApiParameter(name, _of_form_field(found.field), description=found._label or "")
            for name, found in filterset.base_filters.items()
        ]

    def get_request_serializer(self) -> Any:
        if self.described.input is None:
            return None
        return self.view.described(self.described.input)(partial=self.described.partial)

    # what it answers

    def get_response_serializers(self) -> Any:
        described = self.described
        if described.envelope == "document":
            answers: dict[Any, Any] = {(200, media): OpenApiTypes.BINARY for media in described.media}
        elif described.envelope == "file":
            answers = dict(_BYTES)
        elif self.described.envelope == "stream":
            answers = dict(_EVENTS)
        else:
            answers = dict.fromkeys((described.status, *described.also), self._success())
            answers |= {(described.status, media): OpenApiTypes.STR for media in described.media}
        for status in self._refusals():
            answers[status] = OpenApiResponse(Error, description=MEANINGS[status])
        return answers

    def _success(self) -> Any:
        if self.described.envelope == "none":
            return OpenApiResponse(description="Done.")
        output, envelope = self.view.described(self.described.output), self.described.envelope
        if envelope == "object" and not self.view.in_data:
            return output
        answer = self._enveloped(output, envelope)
        return _object(data=answer) if self.view.in_data else answer

    def _enveloped(self, output: Any, envelope: str) -> Schema:
        if isinstance(output, dict):
            return output
        item = self.resolve_serializer(output, "response").ref if output else {"type": "string"}
        cursor_only = getattr(self.view, "cursor_only", False)
        aside = getattr(self.view, "aside_schema", {})
        after = _after(item, **aside)
        return {
            "object": item,
            "page": after if cursor_only else {"oneOf": [_page(item, **aside), after]},
            "cursor": after,
            "list": _object(data={"type": "array", "items": item}),
        }[envelope]

    def _refusals(self) -> list[int]:
        needed = self.view.needed(self.described)
        statuses = {406, 429, 500, 503, *self.described.errors}
        statuses |= set() if needed.public else {401}
        statuses |= {416} if self.described.envelope == "file" else set()
        statuses |= {403} if needed.any_of else set()
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {400, 411, 413}
        if self.described.input is not None:
            statuses |= {415, 422}
        return sorted(statuses)

    def get_examples(self) -> list[OpenApiExample]:
        return list(self.described.examples)


_BYTES: dict[Any, Any] = {
    (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The whole file, with its own type."),
    (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The range of bytes that was asked for."),
    302: OpenApiResponse(description="The file is elsewhere, for a minute, at Location."),
    304: OpenApiResponse(description="The client has it already: If-None-Match names its ETag."),
}


_EVENTS: dict[Any, Any] = {
    (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "Events, as they happen. It does not end by itself."),
}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TOTAL = f"Of all pages. Exact; but where filters leave {MANY:,} or more, it may be {MOMENT:g} seconds old."


def _page(item: Schema, **aside: Schema) -> Schema:
    whole = {"type": "integer", "minimum": 0}
    return _object(
        items={"type": "array", "items": item},
        total=whole | {"description": _TOTAL},
        page=whole,
        limit=whole,
        has_more={"type": "boolean"},
        **aside,
    )


def _after(item: Schema, **aside: Schema) -> Schema:
    return _object(
        items={"type": "array", "items": item},
        next_cursor={"type": ["string", "null"]},
        has_more={"type": "boolean"},
        limit={"type": "integer"},
        **aside,
    )


def _of_form_field(field: forms.Field) -> Schema:
    choices = [str(value) for value, _ in getattr(field, "choices", ()) if value != ""]
    if choices:
        return {"type": "string", "enum": choices}
    if isinstance(field, forms.UUIDField):
        return {"type": "string", "format": "uuid"}
    if isinstance(field, forms.DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, forms.IntegerField):
        return {"type": "integer"}
    if isinstance(field, forms.CharField):
        return {"type": "string"}
    return {"type": "boolean"}


# --- the kernel's own fields ------------------------------------------------------------------------------------------


class _Number(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.NumberField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
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
    target_class = "skeleton.rest.fields.ClockField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "example": "22:00"}


class _JsonObject(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.JsonObjectField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "string"} if self.target.texts else True}


class _ObjectOf(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.ObjectOf"
    priority = 1  # before that of any JSON object

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        found: Schema = auto_schema.resolve_serializer(self.target.child, direction).ref
        return found


class _ListOf(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.ListOf"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        child = self.target.child
        if isinstance(child, serializers.BaseSerializer):
            items = auto_schema.resolve_serializer(child, direction).ref
        else:
            items = auto_schema._map_serializer_field(child, direction)
        return {
            "type": "array", "items": items, "minItems": self.target.at_least, "maxItems": self.target.at_most
        }  # fmt: skip


class _Many(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.Many"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "array", "items": auto_schema.resolve_serializer(self.target.child, direction).ref}


class _One(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.One"
    priority = 1  # before Many, which it is one of

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        found = auto_schema.resolve_serializer(self.target.child, direction).ref
        return {"oneOf": [found, {"type": "null"}]}


class _Computed(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.Computed"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        field = self.target.field
        if isinstance(field, serializers.BaseSerializer):
            found: Schema = auto_schema.resolve_serializer(field, direction).ref
            return {"oneOf": [found, {"type": "null"}]} if field.allow_null else found
        found = auto_schema._map_serializer_field(field, direction)
        if field.allow_null and isinstance(found.get("type"), str):
            found = {**found, "type": [found["type"], "null"]}
        return found


class _Derived(_Computed):
    target_class = "skeleton.rest.fields.Derived"


def finish(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Say how one authenticates; close objects, so that what is not described shows."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for schema in components.get("schemas", {}).values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return result
