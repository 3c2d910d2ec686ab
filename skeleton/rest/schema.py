"""Generates the OpenAPI document from the actions' descriptions: requests, responses and errors of each route."""

from inspect import cleandoc
from typing import Any
from uuid import UUID

from django import forms
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from skeleton.db.counting import CACHE_SECONDS, CACHED_FROM_ROWS
from skeleton.kernel.errors import CODES
from skeleton.rest.actions import BY_CLASS, ActionDescription
from skeleton.rest.fields import TextField
from skeleton.rest.listing import DEFAULT_LIMIT, MAX_LIMIT
from skeleton.rest.permissions import Requirement
from skeleton.rest.serializers import InputSerializer, Serializer

Schema = dict[str, object]

MEANINGS = {code.status: code.meaning for code in CODES.values()}


class Error(Serializer):
    """The body of every error response."""

    error = TextField(help_text=f"The error code: {', '.join(CODES)}.")
    message = TextField(help_text="The message for users.")
    details = serializers.DictField(required=False, help_text="A message per field; nested fields have dotted paths.")
    request_id = TextField(allow_null=True, help_text="The id of the request, as in X-Request-ID.")


class ApiSchema(AutoSchema):
    """Describes an operation by its action's description, without guessing from querysets and serializers."""

    view: Any  # an ApiViewSet, which this module must not import: viewsets name it in the settings

    @property
    def described(self) -> ActionDescription:
        found: ActionDescription = self.view.action_description
        return found

    @property
    def requirement(self) -> Requirement:
        found: Requirement = self.view.get_requirement(self.method)
        return found

    def get_operation_id(self) -> str:
        again = "_put" if self.method == "PUT" and "patch" in self.view.action_map else ""
        name = self.described.operation or self.view.action
        return f"{type(self.view).__name__.removesuffix('ViewSet').lower()}_{name}{again}"

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Name the component of `CustomerSerializer` CustomerOutput, and of `CustomerInputSerializer` CustomerInput."""
        name: str = super().get_serializer_name(serializer, direction)
        is_input = isinstance(serializer, InputSerializer)
        return f"{name.removesuffix('Serializer')}Output" if name.endswith("Serializer") and not is_input else name

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str:
        """Return the summary. Those of standard actions name the objects: `Read {one}`, `List {many}`."""
        summary = self.described.summary
        if "{" not in summary:
            return summary
        one, many = self.view.object_names or self._verbose_names()
        article = "an" if one[0] in "aeio" else "a"
        return summary.format(one=f"{article} {one}", many=many)

    def _verbose_names(self) -> tuple[str, str]:
        options = self.view.get_queryset().model._meta
        return str(options.verbose_name), str(options.verbose_name_plural)

    def get_description(self) -> str:  # type: ignore[override]
        needed = self.requirement
        text = cleandoc(self.described.doc)
        if needed.public:
            access = "Public."
        elif not needed.any_of:
            access = "Any signed-in user."
        else:
            access = "Permission: " + " or ".join(f"`{permission}`" for permission in needed.any_of) + "."
            access += " Not needed for the user's own record." if needed.or_oneself else ""
        return f"{text}\n\n{access}".strip()

    def get_auth(self) -> list[Schema]:
        return [] if self.requirement.public else [{"bearer": []}]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        """Use the docstring of the class itself as description, not an inherited one."""
        found: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if not vars(type(serializer)).get("__doc__"):
            found.pop("description", None)
        return found

    def _is_list_view(self, serializer: object = None) -> bool:
        return False  # `_enveloped` describes the envelopes

    @property
    def envelope(self) -> str:
        """Return the envelope. A list without `pagination_class` is not paged."""
        if self.described.envelope == "page" and self.view.pagination_class is None:
            return "list"
        return self.described.envelope

    # what it takes

    def get_override_parameters(self) -> list[Any]:
        declared = self.view.extra_parameters.get(self.view.action, ())
        in_path = {each.name for each in declared if each.location == OpenApiParameter.PATH}
        ids = [name for name in self._path_parameters() if name not in in_path]
        parameters = [OpenApiParameter(name, UUID, OpenApiParameter.PATH) for name in ids]
        if self.envelope in ("page", "cursor"):
            parameters += self._paging()
        if self.envelope in ("page", "cursor", "list"):
            parameters += self._filters()
        return [*parameters, *declared]

    def _path_parameters(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def _paging(self) -> list[Any]:
        number = {"type": "integer", "minimum": 1}
        limit = f"Number of items; at most {MAX_LIMIT}."
        cursor = "`next_cursor` of the previous page; empty for the first page. There is no total."
        found = [
            OpenApiParameter("limit", {**number, "default": DEFAULT_LIMIT}, description=limit),
            OpenApiParameter("cursor", str, description=cursor),
        ]
        if not self._by_cursor_only():
            page = "Cannot be combined with cursor."
            found.insert(0, OpenApiParameter("page", {**number, "default": 1}, description=page))
        if self.view.ordering_fields:
            found.append(OpenApiParameter("sort_by", {"type": "string", "enum": list(self.view.ordering_fields)}))
        return [*found, OpenApiParameter("sort_order", {"type": "string", "enum": ["asc", "desc"]})]

    def _filters(self) -> list[Any]:
        filterset = self.view.filterset_class
        if filterset is None:
            return []
        return [
            OpenApiParameter(name, _of_form_field(found.field), description=found._label or "")
            for name, found in filterset.base_filters.items()
        ]

    def get_request_serializer(self) -> Any:
        if self.described.input is None:
            return None
        return self.view.get_input_serializer_class()(partial=self.described.partial)

    def _by_cursor_only(self) -> bool:
        return bool(getattr(self.view.pagination_class, "cursor_only", False))

    def _output(self) -> object:
        found = self.described.output
        return self.view.get_output_serializer_class() if found is BY_CLASS else found

    # what it answers

    def get_response_serializers(self) -> Any:
        described = self.described
        if described.envelope == "document":
            answers: dict[object, object] = {(200, media): OpenApiTypes.BINARY for media in described.media}
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

    def _success(self) -> object:
        if self.described.envelope == "none":
            return OpenApiResponse(description="Done.")
        output, envelope = self._output(), self.envelope
        if envelope == "object" and not self.view.in_data:
            return output
        answer = self._enveloped(output, envelope)
        return _object(data=answer) if self.view.in_data else answer

    def _enveloped(self, output: Any, envelope: str) -> Schema:
        if isinstance(output, dict):
            return output
        item: Schema = self.resolve_serializer(output, "response").ref if output else {"type": "string"}
        aside = self.view.list_extra_schema if self.described.envelope == "page" else {}
        after = _after(item, **aside)
        answers: dict[str, Schema] = {
            "object": item,
            "page": after if self._by_cursor_only() else {"oneOf": [_page(item, **aside), after]},
            "cursor": after,
            "list": _object(data={"type": "array", "items": item}),
        }
        return answers[envelope]

    def _refusals(self) -> list[int]:
        needed = self.requirement
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
        return [*self.described.examples]


_BYTES: dict[object, object] = {
    (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The whole file, with its media type."),
    (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The requested byte range."),
    302: OpenApiResponse(description="Redirect to the file in the object storage; the URL is valid for one minute."),
    304: OpenApiResponse(description="Not modified: If-None-Match contains the ETag."),
}


_EVENTS: dict[object, object] = {
    (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "An endless stream of events."),
}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TOTAL = (
    "Number of items on all pages. It is exact, but for filtered lists of "
    f"{CACHED_FROM_ROWS:,} items or more it may be {CACHE_SECONDS:g} seconds old."
)


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


# --- custom fields ----------------------------------------------------------------------------------------------------


class _Number(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.NumberField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: object, direction: str) -> Schema:
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

    def map_serializer_field(self, auto_schema: object, direction: str) -> Schema:
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "example": "22:00"}


class _JsonObject(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.JsonObjectField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: object, direction: str) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "string"} if self.target.texts else True}


class _NestedJson(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.NestedJsonField"
    priority = 1  # before the extension for any JSON object

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        found: Schema = auto_schema.resolve_serializer(self.target.child, direction).ref
        return found


class _List(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.fields.ListField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        child = self.target.child
        if isinstance(child, serializers.BaseSerializer):
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

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return {"type": "array", "items": auto_schema.resolve_serializer(self.target.child, direction).ref}


class _Child(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.computed_fields.Child"
    priority = 1  # before Children, which it is one of

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        found = auto_schema.resolve_serializer(self.target.child, direction).ref
        return {"oneOf": [found, {"type": "null"}]}


class _FromColumns(OpenApiSerializerFieldExtension):
    target_class = "skeleton.rest.computed_fields.FromColumns"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        field = self.target.field
        if isinstance(field, serializers.BaseSerializer):
            found: Schema = auto_schema.resolve_serializer(field, direction).ref
            return {"oneOf": [found, {"type": "null"}]} if field.allow_null else found
        found = auto_schema._map_serializer_field(field, direction)
        if field.allow_null and isinstance(found.get("type"), str):
            found = {**found, "type": [found["type"], "null"]}
        return found


class _FromFields(_FromColumns):
    target_class = "skeleton.rest.computed_fields.FromFields"


def finish(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """Say how one authenticates; close objects, so that what is not described shows."""
    components: Any = result.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for schema in components.get("schemas", {}).values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return result
