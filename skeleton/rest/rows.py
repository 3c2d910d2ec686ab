"""The rows of a viewset outside of a request: for checks at a start, and for tests."""

from typing import ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from skeleton.kernel.actors import Actor
from skeleton.rest.viewsets import ApiViewSet


def queryset_of(viewset: type[ApiViewSet], actor: Actor, **kwargs: object) -> QuerySet[Model]:
    """What `get_queryset` gives for an actor, outside of a request: for checks and tests."""
    view = viewset()
    view.action, view.kwargs, view.args = "list", kwargs, ()
    view.request = cast(Request, _UserScope(actor))
    return view.get_queryset()


class _UserScope:
    """As much of a request as a `get_queryset` usually asks for."""

    method = "GET"
    query_params: ClassVar[dict[str, str]] = {}
    headers: ClassVar[dict[str, str]] = {}
    META: ClassVar[dict[str, str]] = {}

    def __init__(self, actor: Actor) -> None:
        self.user = actor
