"""Base classes of viewsets, on DRF's GenericViewSet. They have DRF's hooks, but reads run compiled SQL.

    class CustomerViewSet(ModelViewSet):
        permission_classes = [HasPermission("customers", "parties")]
        serializer_class = CustomerSerializer
        input_serializer_class = CustomerInputSerializer

        def get_queryset(self):
            return Customer.objects.visible_to(self.actor)

`serializer_class` describes responses; lists and reads are mapped from rows to JSON without model instances
(`rest.row_mappers`, `rest.compiled`). `input_serializer_class` validates request bodies, as documented by DRF.
`perform_create` and `perform_update` call a service, because serializers don't write.

The checks of a request have a fixed order: length, authentication, throttles, permission, object, body.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, NoReturn, cast
from urllib.parse import urljoin

import orjson
from django.core.exceptions import FieldError
from django.db.models import Model
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import OpenApiParameter
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from skeleton.db import records
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Forbidden, NotFound, Unauthorized
from skeleton.kernel.types import Values
from skeleton.rest.actions import BY_CLASS, ActionDescription, describe, description_of
from skeleton.rest.atomic_handling import AtomicHandling
from skeleton.rest.compiled import CompiledQuery, compiled_query_of
from skeleton.rest.declared import most_derived
from skeleton.rest.etags import etag_of
from skeleton.rest.filters import FilterSet
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import NEWEST_FIRST, Ordering, SortKey, ordering_by, parse_filters, unfiltered_query
from skeleton.rest.pagination import PageOrCursorPagination
from skeleton.rest.parsers import MAX_BODY, MergePatchParser, StrictJsonParser, check_length
from skeleton.rest.permissions import NotDeclared, Requirement, requirement_of, requirement_of_instances
from skeleton.rest.renderers import JsonRenderer
from skeleton.rest.serializers import InputSerializer
from skeleton.rest.throttles import general_throttle

_RENDERER = JsonRenderer()
_UPDATES = ("update", "partial_update")


class ApiViewSet(AtomicHandling):
    """The base class of all viewsets of the API."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    permission_classes: Sequence[Any] = (NotDeclared,)
    throttle_classes: Sequence[Any] = (general_throttle,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JsonRenderer,)
    parser_classes: Sequence[type[BaseParser]] = (StrictJsonParser,)
    filter_backends: Sequence[type[BaseFilterBackend]] = ()
    pagination_class: type[PageOrCursorPagination] | None = PageOrCursorPagination
    serializer_class: type[BaseSerializer[object]] | None = None
    list_serializer_class: ClassVar[type[BaseSerializer[object]] | None] = None
    """The serializer of lists, if they show fewer fields than single objects."""

    input_serializer_class: ClassVar[type[InputSerializer] | None] = None
    update_input_serializer_class: ClassVar[type[InputSerializer] | None] = None
    """The serializer of updates, if they accept fewer fields than the creation."""

    filterset_class: ClassVar[type[FilterSet] | None] = None
    ordering_fields: ClassVar[Mapping[str, SortKey]] = {}
    """The orderings of a list: public names, each with a column or expression that is never null."""

    ordering: ClassVar[Ordering | str] = NEWEST_FIRST
    """The default ordering. A name is descending if it has the prefix `-`."""

    max_body = MAX_BODY  # bytes
    tag: ClassVar[str] = ""
    """The heading under which the OpenAPI document lists the viewset."""

    object_names: ClassVar[tuple[str, str] | None] = None
    """Singular and plural of the objects in summaries; by default the verbose names of the model."""

    in_data: ClassVar[bool] = False
    """Wrap every response in `{"data": …}`."""

    extra_parameters: ClassVar[Mapping[str, Sequence[OpenApiParameter]]] = {}
    """Query parameters besides filters and pagination by action, for the OpenAPI document. A list accepts them."""

    list_extra_schema: ClassVar[Mapping[str, dict[str, object]]] = {}
    """Schema of additional keys in the list response (see `get_paginated_response`), for the OpenAPI document."""

    # which action

    @cached_property
    def action_description(self) -> ActionDescription | None:
        """Return the description of the current action, or None for an unsupported method."""
        return description_of(type(self), self.action) if self.action else None

    def get_requirement(self, method: str | None = None) -> Requirement | None:
        """Return the requirement of the current action, or None if it is not declared."""
        described = self.action_description
        if described is None:
            return None
        method = method or self.request._request.method or ""  # bypasses DRF's slower wrapper
        if NotDeclared in self.permission_classes:
            return requirement_of_instances(self.get_permissions(), described.permission, method)
        return requirement_of(tuple(self.permission_classes), described.permission, method)

    # who and what

    @property
    def actor(self) -> Actor:
        """Return the user of the request. Raises Unauthorized (401) if nobody is signed in."""
        user: object = self.request.user
        if not isinstance(user, Actor):
            raise Unauthorized
        return user

    # what is sent

    def get_input_serializer_class(self) -> type[InputSerializer]:
        """Return the serializer class for the body of the current action."""
        described = self.action_description
        if described and described.input is not BY_CLASS and described.input is not None:
            return cast(type[InputSerializer], described.input)
        if type(self).get_serializer_class is not ApiViewSet.get_serializer_class or "serializer_class" in vars(self):
            chosen = self.get_serializer_class()
            if issubclass(chosen, InputSerializer):
                return chosen
        names = "update_input_serializer_class", "input_serializer_class"
        found = most_derived(self, *names) if self.action in _UPDATES else self.input_serializer_class
        if found is None:
            raise TypeError(f"{type(self).__name__}.{self.action} takes no body")
        return cast(type[InputSerializer], found)

    def get_serializer(self, *args: object, **kwargs: object) -> Any:
        """Like DRF's, but a body (`data=`) is validated by the input serializer, not by that of responses."""
        return (
            self.get_input_serializer(*args, **kwargs) if "data" in kwargs else super().get_serializer(*args, **kwargs)
        )

    def get_input_serializer(self, *args: object, **kwargs: Any) -> InputSerializer:
        """Return the serializer for the body, with the same context as DRF's `get_serializer`."""
        kwargs.setdefault("context", self.get_serializer_context())
        serializer = self.get_input_serializer_class()(*args, **kwargs)
        if self.action in _UPDATES:
            serializer.find_instance = self.found_object
        return serializer

    def parse(self) -> Values:
        """Return the body, validated by the input serializer of the action."""
        described = self.action_description
        serializer = self.get_input_serializer(
            data=self.request.data, partial=described.partial if described else False
        )
        serializer.is_valid(raise_exception=True)
        return cast(Values, serializer.validated_data)

    def get_parsers(self) -> list[BaseParser]:
        """Accept a merge patch as well where PATCH takes JSON."""
        found: list[BaseParser] = super().get_parsers()
        takes_json = self.parser_classes is ApiViewSet.parser_classes
        is_patch = self.request is not None and self.request.method == "PATCH"  # None while the document is generated
        return [*found, MergePatchParser()] if takes_json and is_patch else found

    def refuse_query(self) -> None:
        """Raise BadRequest for any query parameter."""
        parse_filters(self.request.query_params, None)

    # what is answered

    def get_serializer_class(self) -> type[BaseSerializer[object]]:
        if self.action == "list":
            found = most_derived(self, "list_serializer_class", "serializer_class")
            if found:
                return cast(type[BaseSerializer[object]], found)
        return super().get_serializer_class()

    def get_output_serializer_class(self) -> type[BaseSerializer[object]]:
        """Return the serializer class of responses, also where `get_serializer_class` returns that of the body.

        Then it is the `serializer_class` of the viewset, which may show less than the body's `output_serializer_class`.
        """
        found = self.get_serializer_class()
        if not issubclass(found, InputSerializer):
            return found
        declared = type(self).serializer_class
        if isinstance(declared, type) and not issubclass(declared, InputSerializer):
            return declared
        return found.output_serializer_class or found

    def get_compiled_query(self) -> CompiledQuery:
        """Return the compiled query for the rows of the current action."""
        return compiled_query_of(self.get_output_serializer_class(), self.filterset_class)

    def get_ordering(self) -> Ordering:
        """Return the default ordering."""
        if not isinstance(self.ordering, str):
            return self.ordering
        if "ordering" in vars(self):  # an argument of @action
            return ordering_by(self.ordering, self.ordering_fields)
        return _ordering(type(self))

    def get_extra_parameters(self) -> list[str]:
        """Return the query parameters that the filter backends of the list read, and those that the class declares."""
        declared = self.extra_parameters.get(self.action or "", ())
        return [each.name for each in declared if each.location == OpenApiParameter.QUERY] + [
            parameter["name"]
            for backend in self.filter_backends
            for parameter in backend().get_schema_operation_parameters(self)
        ]

    def answer(self, data: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
        """Return `data` as a JSON response, in the envelope of the viewset."""
        return JsonResponse({"data": data} if self.in_data else data, status, headers)

    def read_one(self, value: object, field: str = "pk") -> dict[str, object]:
        """Return the object with this id (or another `field`), serialized for the action. Raises NotFound."""
        return self.get_compiled_query().one(self.filter_queryset(self.get_queryset()), value, field)

    def show(self, pk: object, status: int = 200) -> HttpResponse:
        """Return the response with the current state of the object."""
        return self.answer(self.read_one(pk), status)

    def read_written(self, pk: object) -> dict[str, object]:
        """Return the object after a change, also if the change has moved it out of `get_queryset`. Raises NotFound."""
        try:
            return self.read_one(pk)
        except NotFound:
            rows = self.get_queryset().model._base_manager.all()
            try:
                return self.get_compiled_query().one(rows, pk)
            except FieldError:  # the serializer shows a column of `get_queryset`
                raise NotFound from None

    # DRF's machinery

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        if not isinstance(request.user, Actor):
            raise Unauthorized
        requirement = self.get_requirement()
        if message is None and requirement and requirement.any_of and not request.user.can(*requirement.any_of):
            message = f"This needs the permission {' or '.join(requirement.any_of)}."
        raise Forbidden(message) if message else Forbidden

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        also = self.action_description.media if self.action_description else ()
        usual = (
            self.renderer_classes is ApiViewSet.renderer_classes
            and self.content_negotiation_class is DefaultContentNegotiation
            and self.versioning_class is None
        )
        if usual and any(media in accept for media in ("*/*", "application/json", *also)):
            return _RENDERER, "application/json"
        found: tuple[BaseRenderer, str] = super().perform_content_negotiation(request, force)
        return found

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Like DRF's, but check the length first, and throttles before permissions, so that denials count."""
        check_length(request.META, self.max_body)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = self.determine_version(request, *args, **kwargs)
        requirement = None if NotDeclared in self.permission_classes else self.get_requirement()
        if requirement and requirement.public and AllowAny not in self.permission_classes:
            request.user = None  # type: ignore[assignment]  # an expired token must not prevent a login
        try:
            self.perform_authentication(request)
        except Unauthorized:
            request.user = None  # type: ignore[assignment]  # counts guessed tokens for the address
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        self.check_permissions(request)
        if not self.wrap_handler(request):
            self.check_object()

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponse, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Like DRF's for a DRF Response; other responses are already rendered."""
        if isinstance(response, JsonResponse) and response.status_code == 201:
            self._tell_location(response)
        response = self.with_etag(request, response)
        renderer = getattr(request, "accepted_renderer", _RENDERER)
        if isinstance(response, JsonResponse) and type(renderer) is not JsonRenderer:  # one of `renderer_classes`
            headers = {name: value for name, value in response.items() if name != "Content-Type"}
            response = Response(orjson.loads(response.content), response.status_code, headers=headers)
        if isinstance(response, Response):
            response = super().finalize_response(request, response, *args, **kwargs)
        else:
            for name, value in self.headers.items():
                response.headers[name] = value
        described = self.action_description
        if described and described.secret:
            response.headers["Cache-Control"] = "no-store"
        return response

    def _tell_location(self, response: JsonResponse) -> None:
        """Set the path of the created object, whose fields are the answer."""
        data: Any = response.data
        values = data["data"] if self.in_data else data
        location = self.action_description.location if self.action_description else ""
        path: str = self.request.path
        if location:
            response.headers.setdefault("Location", urljoin(path, location.format(**values)))
        elif "id" in values:
            response.headers.setdefault("Location", f"{path}/{values['id']}")


@cache
def _ordering(viewset: type[ApiViewSet]) -> Ordering:
    return ordering_by(str(viewset.ordering), viewset.ordering_fields)


class ListMixin(ApiViewSet):
    """A resource that can be listed."""

    @describe(summary="List {many}", envelope="page", errors=(400,))
    def list(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        queryset = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(queryset)
        if page is not None:
            return cast(HttpResponse, self.get_paginated_response(page))
        filters = parse_filters(request.query_params, self.filterset_class, self.get_extra_parameters())
        return JsonResponse(
            {"data": self.get_compiled_query().all(queryset, unfiltered_query(self.get_ordering(), filters))}
        )

    def get_paginated_response(self, data: object) -> Any:
        """Return the response for a page, in the envelope of the viewset."""
        return super().get_paginated_response({"data": data} if self.in_data else data)


class RetrieveMixin(ApiViewSet):
    """A resource whose single objects can be read."""

    @describe(summary="Read {one}", errors=(404,))
    def retrieve(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        if type(self).get_object is not ApiViewSet.get_object:
            return self.show(self.pk)
        return self.answer(self.read_one(self.lookup_value(), self.lookup_field))


class CreateMixin(ApiViewSet):
    """A resource that can be created."""

    @describe(summary="Create {one}", input=BY_CLASS, status=201, errors=(409, 422))
    def create(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        serializer = self.get_input_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = self.perform_create(serializer)
        if made is None:
            made = serializer.instance
        if made is None:
            raise TypeError(f"{type(self).__name__}.perform_create must return the object or its id.")
        pk = made.pk if isinstance(made, Model) else made
        data = self.read_written(pk)
        more = self.read_about_created(pk)
        response = self.answer({**data, **more}, 201, self.get_success_headers(data))
        if more:
            response.headers["ETag"] = etag_of(self.answer(data).content)
        return response

    def read_about_created(self, pk: object) -> dict[str, object]:
        """Return what the answer to a creation says besides the new object. It does not count for the ETag."""
        return {}

    def perform_create(self, serializer: InputSerializer) -> object:
        """DRF's hook: create the object, and return it or its id (or set `serializer.instance`)."""
        return records.create(self.get_queryset().model, serializer.validated_data, actor=self.actor)

    def get_success_headers(self, data: object) -> dict[str, str]:
        """DRF's hook: headers of the answer to a creation."""
        return {}


class UpdateMixin(ApiViewSet):
    """A resource that can be changed. Both PUT and PATCH change only the fields that are sent."""

    @describe(summary="Change {one}", input=BY_CLASS, partial=True, errors=(404, 409, 422))
    def update(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        serializer = self.get_input_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        pk = self.pk
        self.perform_update(serializer)
        return self.answer(self.read_written(pk))

    @describe(summary="Change {one}", input=BY_CLASS, partial=True, errors=(404, 409, 422))
    def partial_update(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        return self.update(request, *args, **kwargs)

    def perform_update(self, serializer: InputSerializer) -> None:
        """DRF's hook: write `serializer.validated_data` into the object. Raises NotFound if it is not visible."""
        records.update(self.get_queryset(), self.pk, serializer.validated_data, actor=self.actor)


class DestroyMixin(ApiViewSet):
    """A resource that can be deleted."""

    @describe(summary="Delete {one}", status=204, envelope="none", errors=(404, 409))
    def destroy(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        instance = cast(Model, SimpleLazyObject(self.found_object))  # read when first used
        self.perform_destroy(instance)
        return HttpResponse(status=204)

    def perform_destroy(self, instance: Model) -> None:
        """DRF's hook: delete the object. Raises Conflict if other records refer to it."""
        records.delete(self.get_queryset(), self.pk, actor=self.actor)


class ReadOnlyModelViewSet(ListMixin, RetrieveMixin):
    """A resource that can be listed and read."""


class ModelViewSet(CreateMixin, UpdateMixin, ReadOnlyModelViewSet):
    """A resource that can be listed, read, created and changed. Add DestroyMixin if it can be deleted."""
