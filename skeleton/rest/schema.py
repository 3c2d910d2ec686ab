"""Generates the OpenAPI document from the actions' descriptions: requests, responses and errors of each route."""

import re
from inspect import cleandoc
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.serializers import Serializer

from skeleton.kernel.types import Values
from skeleton.rest.actions import BY_CLASS, ActionDescription
from skeleton.rest.atomic_handling import WRITE_METHODS
from skeleton.rest.listing import DEFAULT_LIMIT, MAX_LIMIT
from skeleton.rest.permissions import Requirement
from skeleton.rest.schema_answers import (
    Schema,
    cursor_page_schema,
    error_reference,
    headers_of,
    object_schema,
    page_schema,
)
from skeleton.rest.schema_examples import examples_of
from skeleton.rest.schema_headers import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from skeleton.rest.serializers import InputSerializer


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

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Values | None:
        """Say `security: []` of public routes, which drf-spectacular leaves out."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        return operation and {**operation, "security": self.get_auth()}

    def get_operation_id(self) -> str:
        """Return the id: `listCustomers`, `sendInvoice`. PUT has another one where PATCH does the same."""
        name = self._operation_name()
        also_patched = self.method == "PUT" and "patch" in self.view.action_map
        return re.sub("^[a-z]+", "put", name) if also_patched else name

    def _operation_name(self) -> str:
        name = self.described.operation or _OPERATIONS.get(self.view.action, f"{_pascal_case(self.view.action)}{{One}}")
        if "{" in name:
            one, many = self.view.object_names or self._verbose_names()
            name = name.format(One=_pascal_case(one), Many=_pascal_case(many))
        return name[0].lower() + name[1:]

    def get_serializer_name(self, serializer: Serializer[object], direction: Direction) -> str:
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
        return "\n\n".join(part for part in (text, self._key_ignored(), access) if part)

    def _key_ignored(self) -> str:
        ignored = self.method in WRITE_METHODS and not self.view.takes_idempotency_key(self.method)
        return "`Idempotency-Key` is ignored here." if ignored else ""

    def get_auth(self) -> list[Schema]:
        return [] if self.requirement.public else [{"bearer": []}]

    def _map_basic_serializer(self, serializer: object, direction: Direction) -> Values:
        """Use the docstring of the class itself as description, not an inherited one. Only bodies have limits."""
        found: Values = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if not vars(type(serializer)).get("__doc__"):
            found.pop("description", None)
        if not isinstance(serializer, InputSerializer):
            _drop_lengths(found)
        return found

    def _get_serializer_field_meta(self, field: object, direction: Direction) -> Values:
        """Describe a default in words: generators take `default` to mean that the field is always there."""
        found: Values = super()._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
        default = found.pop("default", None)
        if default is not None and direction == "request":
            found["description"] = " ".join(filter(None, (found.get("description"), f"Defaults to {default}.")))
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
        if self.view.takes_idempotency_key(self.method):
            parameters.append(IDEMPOTENCY_KEY)
        parameters += self._of_versions()
        return [*parameters, *declared]

    def _takes_if_match(self) -> bool:
        route = self.path.removeprefix("/").replace("{id}", "<pk>")
        found: bool = self.view.takes_if_match(self.method, route)
        return found

    def _of_versions(self) -> list[OpenApiParameter]:
        """Return the headers about the version of an object."""
        found = [IF_MATCH] if self._takes_if_match() else []
        if self.view.answers_whole_object(self.method):
            found += [IF_NONE_MATCH] if self.method == "GET" else []
        return found

    def _path_parameters(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def _paging(self) -> list[OpenApiParameter]:
        number = {"type": "integer", "minimum": 1}
        limit = f"Number of items; at most {MAX_LIMIT}."
        cursor = "`next_cursor` of the previous page; empty for the first page. There is no total."
        found = [
            OpenApiParameter("limit", {**number, "default": DEFAULT_LIMIT}, description=limit),
            OpenApiParameter("cursor", str, description=cursor),
        ]
        if not self._by_cursor_only():
            page = "From 1, which is the first page. Cannot be combined with cursor."
            found.insert(0, OpenApiParameter("page", number, description=page))
        if self.view.ordering_fields:
            found.append(OpenApiParameter("sort_by", {"type": "string", "enum": list(self.view.ordering_fields)}))
        return [*found, OpenApiParameter("sort_order", {"type": "string", "enum": ["asc", "desc"]})]

    def _filters(self) -> list[OpenApiParameter]:
        filterset = self.view.filterset_class
        if filterset is None:
            return []
        return [
            OpenApiParameter(name, _of_form_field(found.field), description=found._label or "")
            for name, found in filterset.base_filters.items()
        ]

    def get_request_serializer(self) -> InputSerializer | None:
        if self.described.input is None:
            return None
        found: InputSerializer = self.view.get_input_serializer_class()(partial=self.described.partial)
        return found

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
        if self.method == "GET" and self.view.answers_whole_object(self.method):
            answers[304] = OpenApiResponse(description="Not modified: If-None-Match contains the ETag.")
        return answers

    def _get_response_bodies(self, direction: Direction = "response") -> Values:
        """Add the errors, which all operations share as components."""
        found = super()._get_response_bodies(direction)
        return found | {str(status): error_reference(status) for status in self._refusals()}

    def _get_response_for_code(
        self, serializer: object, status_code: str, media_types: object = None, direction: Direction = "response"
    ) -> Values:
        """Add the headers."""
        found: Values = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )
        found["description"] = found["description"] or _DESCRIPTIONS[int(status_code)]
        versioned = self.view.answers_whole_object(self.method)
        replayed = self.view.takes_idempotency_key(self.method)
        return {
            **found,
            "headers": headers_of(int(status_code), self.described, versioned=versioned, replayed=replayed),
        }

    def _success(self) -> object:
        if self.described.envelope == "none":
            return OpenApiResponse(description="Done.")
        output, envelope = self._output(), self.envelope
        if envelope == "object" and not self.view.in_data:
            return output
        answer = self._enveloped(output, envelope)
        return object_schema(data=answer) if self.view.in_data else answer

    def _enveloped(self, output: Any, envelope: str) -> Schema:
        if isinstance(output, dict):
            return output
        item: Schema = self.resolve_serializer(output, "response").ref if output else {"type": "string"}
        name = str(item["$ref"]).rpartition("/")[2].removesuffix("Output").removesuffix("Row") if output else "String"
        aside = self.view.list_extra_schema if self.described.envelope == "page" else {}
        if envelope == "object":
            return item
        if envelope == "list":
            return self._named(f"{name}List", object_schema(data={"type": "array", "items": item}))
        if envelope == "cursor" or self._by_cursor_only():
            return self._named(f"{name}Page", cursor_page_schema(item, **aside))
        return self._named(f"{name}Page", page_schema(item, **aside))

    def _named(self, name: str, schema: Schema) -> Schema:
        """Register a component, and return the reference to it. Lists of the same items have the same envelope."""
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)
        if component in self.registry and self.registry[component].schema != schema:
            raise ImproperlyConfigured(f"Two lists of {name} have different envelopes.")
        self.registry.register_on_missing(component)
        found: Schema = component.ref
        return found

    def _refusals(self) -> list[int]:
        needed = self.requirement
        statuses = {406, 429, 500, 503, *self.described.errors}
        statuses |= set() if needed.public else {401}
        statuses |= {416} if self.described.envelope == "file" else set()
        statuses |= {403} if needed.any_of else set()
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {400, 408, 411, 413}
        if self.described.input is not None:
            statuses |= {415, 422}
        if self.view.takes_idempotency_key(self.method):
            statuses |= {400, 409, 422}
        if self._takes_if_match():
            statuses |= {400, 412}
        return sorted(statuses)

    def get_examples(self) -> list[OpenApiExample]:
        return examples_of(self._operation_name())


_BYTES: dict[object, object] = {
    (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The whole file, with its media type."),
    (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The requested byte range."),
    302: OpenApiResponse(description="Redirect to the file in the object storage; the URL is valid for one minute."),
    304: OpenApiResponse(description="Not modified: If-None-Match contains the ETag."),
}


_EVENTS: dict[object, object] = {
    (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "An endless stream of events."),
}


_DESCRIPTIONS = {200: "The result.", 201: "Created.", 204: "Done."}
"""Descriptions of answers without one of their own."""

_OPERATIONS = {
    "list": "list{Many}",
    "retrieve": "get{One}",
    "partial_update": "update{One}",
    "destroy": "delete{One}",
}
"""Operation ids of standard actions. Others begin with the name of the action."""


def _drop_lengths(schema: Values) -> None:
    schema.pop("maxLength", None)
    within = (schema.get("items"), schema.get("additionalProperties"))
    for part in (*schema.get("properties", {}).values(), *within):
        if isinstance(part, dict):
            _drop_lengths(part)


def _pascal_case(words: str) -> str:
    return "".join(word.capitalize() for word in re.findall("[a-z0-9]+", words.lower()))


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
