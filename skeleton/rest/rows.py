"""Access to a viewset's rows outside of a request: for system checks, the OpenAPI document and tests."""

import re
from typing import Any, cast

from django.db.models import Model, QuerySet
from drf_spectacular.plumbing import build_mock_request
from rest_framework.request import Request

from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.ids import uuid7
from skeleton.rest.scopes import UserScope
from skeleton.rest.viewsets import ApiViewSet


def queryset_of(viewset: type[ApiViewSet], actor: Actor, **kwargs: object) -> QuerySet[Model]:
    """Return the result of `get_queryset` for an actor."""
    return list_view_of(viewset, actor, **kwargs).get_queryset()


def list_view_of(viewset: type[ApiViewSet], actor: Actor, **kwargs: object) -> ApiViewSet:
    """Return an instance of a viewset as it is while an actor requests its list."""
    view = viewset()
    view.action, view.kwargs, view.args = "list", kwargs, ()
    view.request = cast(Request, UserScope(actor))
    return view


def routed_view_of(callback: Any, action: str, route: str) -> ApiViewSet:
    """Return an instance of a route's viewset as it is while the system requests `action`, with ids in the path."""
    view: ApiViewSet = callback.cls(**callback.initkwargs)
    view.action, view.action_map, view.args = action, callback.actions, ()
    view.kwargs = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", route), str(uuid7()))
    view.request = cast(Request, UserScope(SYSTEM))
    return view


def mock_request(method: str, path: str, view: ApiViewSet, original: Request | None, **options: object) -> Request:
    """Return the request of drf-spectacular's views. Its user is the system, which may see all rows."""
    request: Request = build_mock_request(method, path, view, original, **options)
    request.user = SYSTEM  # type: ignore[assignment]
    return request
