"""View bases: gate, parse, one call, render. A resource is a class of a few lines on top of them.

They are DRF's views with the per-request machinery taken out that an API of one format does not need: negotiation is
a glance at Accept, answers are rendered at once, and parsers and authenticators are made once per class.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from skeleton.db import records
from skeleton.db.access import Gate
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import BadRequest, NotFound, Unauthorized
from skeleton.kernel.ids import parse_uuid
from skeleton.rest.filters import FilterSet
from skeleton.rest.http import JsonResponse
from skeleton.rest.listing import NEWEST_FIRST, ListQuery, Sorting, parse_list_query
from skeleton.rest.operations import Operation, operation
from skeleton.rest.parsers import MAX_BODY, StrictJsonParser, check_length
from skeleton.rest.permissions import HasPermission, Needs, needs
from skeleton.rest.reading import Reader
from skeleton.rest.renderers import JsonRenderer
from skeleton.rest.serializers import Input
from skeleton.rest.throttles import general

READ, WRITE = "read_access", "write_access"

_PERMISSION = HasPermission()
_NEGOTIATION = DefaultContentNegotiation()
_RENDERER = JsonRenderer()


class ApiView(ViewSetMixin, APIView):
    """The base of every view of the API."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    permission_classes = (HasPermission,)
    renderer_classes = (JsonRenderer,)
    parser_classes: tuple[type[BaseParser], ...] = (StrictJsonParser,)
    max_body = MAX_BODY  # bytes
    tag = ""
    """The heading under which the OpenAPI lists the view."""

    in_data: ClassVar[bool] = False
    """Whether every answer is an object's or a list's `{"data": …}`."""

    resources: ClassVar[tuple[str, ...]] = ()
    """The resources whose `read` and `write` permissions open the view; any one is enough."""

    # which operation

    @property
    def operation(self) -> Operation | None:
        handler = getattr(self, self.action_map.get(self.request.method.lower(), ""), None)  # type: ignore[union-attr]
        return getattr(handler, "operation", None)

    @property
    def read_access(self) -> Needs:
        return _needs(self.resources, "read")

    @property
    def write_access(self) -> Needs:
        return _needs(self.resources, "write")

    def needed(self, described: Operation) -> Needs:
        """What the operation asks of its caller."""
        return described.access if isinstance(described.access, Needs) else getattr(self, described.access)

    # who and what

    @property
    def actor(self) -> Actor:
        user: Actor = self.request.user  # type: ignore[assignment]
        return user

    @property
    def pk(self) -> UUID:
        """The id in the path. Raises NotFound for what is not one."""
        return self.path_id("pk")

    def path_id(self, name: str) -> UUID:
        found = parse_uuid(self.kwargs[name])
        if found is None:
            raise NotFound
        return found

    def parse(self) -> dict[str, Any]:
        """The body, validated by the operation's input."""
        described = self.operation
        if described is None or described.input is None:
            raise TypeError("the operation takes no body")
        input_class = self.described(described.input)
        return input_class.parse(self.request.data, partial=described.partial)  # type: ignore[no-any-return]

    def described(self, what: Any) -> Any:
        """An operation's input or output, looked up on the view when given by name."""
        return getattr(self, what) if isinstance(what, str) else what

    def answer(self, data: Any, status: int = 200) -> HttpResponse:
        """`data` as JSON, in the envelope of the view."""
        return JsonResponse({"data": data} if self.in_data else data, status)

    def refuse_query(self) -> None:
        """Operations without parameters refuse all of them."""
        for name in self.request.query_params:
            raise BadRequest(f"Unknown query parameter: {name}.", details={name: "Unknown parameter"})

    # DRF's hooks, made lean

    def get_permissions(self) -> list[Any]:
        return [_PERMISSION]

    def get_renderers(self) -> list[Any]:
        return [_RENDERER]

    def get_parsers(self) -> list[Any]:
        return _made_once(self.parser_classes)

    def get_authenticators(self) -> list[Any]:
        return _made_once(tuple(self.authentication_classes))

    def get_throttles(self) -> list[Any]:
        return [general]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        also = self.operation.media if self.operation else ()
        if any(media in accept for media in ("*/*", "application/json", *also)):
            return _RENDERER, "application/json"
        negotiated: tuple[Any, str] = _NEGOTIATION.select_renderer(request, [_RENDERER])
        return negotiated

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_length(request.META, self.max_body)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        described = self.operation
        if described and self.needed(described).public:
            request.user = None  # type: ignore[assignment]  # a stale token must not keep anybody from logging in
        try:
            self.perform_authentication(request)
        except Unauthorized:
            request.user = None  # type: ignore[assignment]  # guesses of tokens count for their address
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        _PERMISSION.has_permission(request, self)

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        described = self.operation
        if described and described.secret:
            response.headers["Cache-Control"] = "no-store"
        return response


@cache
def _needs(resources: tuple[str, ...], action: str) -> Needs:
    return needs(*(f"{resource}:{action}" for resource in resources))


@cache
def _made_once(classes: tuple[Callable[[], Any], ...]) -> list[Any]:
    return [made() for made in classes]


class ListView(ApiView):
    """A resource that can be listed, by compiled statements; `cursor_only` where pages would be too costly or move."""

    gate: ClassVar[Gate]
    output: ClassVar[type[serializers.Serializer[Any]]]
    list_output: ClassVar[type[serializers.Serializer[Any]] | None] = None
    filterset: ClassVar[type[FilterSet] | None] = None
    sorting: ClassVar[Sorting] = Sorting(keys={}, default=NEWEST_FIRST)
    cursor_only: ClassVar[bool] = False
    plain_cursor: ClassVar[bool] = False

    aside_schema: ClassVar[dict[str, dict[str, Any]]] = {}
    """What the list says besides its items, by name, as the OpenAPI has it; `aside` gives the values."""

    @classmethod
    def reader(cls) -> Reader:
        """The class's one reader."""
        return _reader(cls)  # type: ignore[arg-type]

    def aside(self) -> dict[str, Any]:
        return {}

    @property
    def listed(self) -> type[serializers.Serializer[Any]]:
        return self.list_output or self.output

    def list_query(self) -> ListQuery:
        return parse_list_query(
            self.request.query_params,
            filterset=self.filterset,
            sorting=self.sorting,
            cursor_only=self.cursor_only,
            plain_cursor=self.plain_cursor,
        )

    @operation("GET", "", access=READ, summary="List", output="listed", envelope="page", errors=(400,))
    def list(self, request: Request) -> HttpResponse:
        query = self.list_query()
        if query.cursor is not None:
            return self.answer(self.reader().after(self.actor, query, plain=self.plain_cursor) | self.aside())
        return self.answer(self.reader().page(self.actor, query) | self.aside())


class ResourceView(ListView):
    """A resource whose single objects can be read, too."""

    @operation("GET", "/<pk>", access=READ, summary="Read one", output="output", errors=(404,))
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        return self.show(self.pk)

    def show(self, pk: UUID, status: int = 200) -> HttpResponse:
        """The object as it is now."""
        return self.answer(self.reader().one(self.actor, pk), status)


@cache
def _reader(view: type[ListView]) -> Reader:
    return Reader(view.gate, view.output, filterset=view.filterset, list_output=view.list_output)


class RecordView(ResourceView):
    """A plain record: made and changed field by field, atomic and audited, with no verbs of its own."""

    model: ClassVar[type[Model]]
    create_input: ClassVar[type[Input]]
    update_input: ClassVar[type[Input]]

    @operation("POST", "", access=WRITE, summary="Create", input="create_input", output="output", status=201,
               errors=(409, 422))  # fmt: skip
    def create(self, request: Request) -> HttpResponse:
        return self.show(self.add(self.parse()), 201)

    @operation(("PUT", "PATCH"), "/<pk>", access=WRITE, summary="Change some fields", input="update_input",
               partial=True, output="output", errors=(404, 409, 422))  # fmt: skip
    def update(self, request: Request, pk: str) -> HttpResponse:
        self.change(self.pk, self.parse())
        return self.show(self.pk)

    def add(self, values: dict[str, Any]) -> UUID:
        """Write a new record; its id."""
        return records.create(self.model, values, actor=self.actor)

    def change(self, pk: UUID, values: dict[str, Any]) -> None:
        """Write `values` into the record. Raises NotFound where the actor may not see it."""
        records.update(self.gate, pk, values, actor=self.actor)


class DeletableMixin(RecordView):
    """A plain record that may be deleted while nothing refers to it."""

    @operation("DELETE", "/<pk>", access=WRITE, summary="Delete", status=204, envelope="none", errors=(404, 409))
    def destroy(self, request: Request, pk: str) -> HttpResponse:
        records.delete(self.gate, self.pk, actor=self.actor)
        return HttpResponse(status=204)
