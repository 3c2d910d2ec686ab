"""Access to a viewset's rows outside of a request: for system checks, the OpenAPI document and tests."""

from typing import ClassVar, cast

from django.db.models import Model, QuerySet
from drf_spectacular.plumbing import build_mock_request
from rest_framework.request import Request

from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.rest.viewsets import ApiViewSet


def queryset_of(viewset: type[ApiViewSet], actor: Actor, **kwargs: object) -> QuerySet[Model]:
    """Return the result of `get_queryset` for an actor."""
    view = viewset()
    view.action, view.kwargs, view.args = "list", kwargs, ()
    view.request = cast(Request, _UserScope(actor))
    return view.get_queryset()


def mock_request(method: str, path: str, view: ApiViewSet, original: Request | None, **options: object) -> Request:
    """Return the request of drf-spectacular's views. Its user is the system, which may see all rows."""
    request: Request = build_mock_request(method, path, view, original, **options)
    request.user = SYSTEM  # type: ignore[assignment]
    return request


class _UserScope:
    """The part of a request that a `get_queryset` usually needs."""

    method = "GET"
    query_params: ClassVar[dict[str, str]] = {}
    headers: ClassVar[dict[str, str]] = {}
    META: ClassVar[dict[str, str]] = {}

    def __init__(self, actor: Actor) -> None:
        self.user = actor
