"""Actions and their descriptions, each of which declares what a route does in one place.

The router, the permission check, the OpenAPI document and the test kit read the description. `@action` is
DRF's decorator with the description as additional arguments. `@describe` changes the description of a standard action
(list, retrieve, create, update, destroy), on the action itself or on its hook (`perform_create`). The docstring of the
hook becomes the description in the OpenAPI document.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import decorators

from skeleton.kernel.types import Values
from skeleton.rest.permissions import Requirement

if TYPE_CHECKING:
    from rest_framework.decorators import ViewSetAction

Envelope = Literal["object", "page", "cursor", "list", "file", "document", "stream", "none"]
"""The envelope of a response: the bare object, a page, a cursor page, `{"data": […]}`, the bytes of a file, a document
generated for the request (in the action's `media`), an event stream, or no body. With `in_data`, a viewset wraps all of
its responses in `data`."""

Handler = TypeVar("Handler", bound=Callable[..., Any])

BY_CLASS: Any = "by class"
"""The serializer that the viewset's `get_serializer_class` or `get_input_serializer_class` returns."""


@dataclass(frozen=True, slots=True)
class ActionDescription:
    """The description of one action of a viewset.

    `input` and `output` are serializer classes (`BY_CLASS`: the viewset's). `also` lists additional statuses of the
    same response (200 if the object exists already), `media` the media types that a client can request besides JSON.
    Responses of a `secret` action contain tokens or concern passwords, and must not be cached. `versioned` writes
    compare If-Match with the object in the path; others refuse it. `operation` is the operation id in the OpenAPI
    document, if it is not the action and the object (`sendInvoice`); `{One}` and `{Many}` stand for the objects.
    `location` is where an action with status 201 has created something, if that isn't below its own path: relative to
    the path, with fields of the response (`../../invoices/{id}`).
    """

    summary: str
    permission: str | Requirement | None = None
    input: object = None
    partial: bool = False
    output: Any = BY_CLASS
    envelope: Envelope = "object"
    status: int = 200
    also: Sequence[int] = ()
    errors: Sequence[int] = ()
    media: Sequence[str] = ()
    secret: bool = False
    versioned: bool = True
    operation: str = ""
    location: str = ""
    doc: str = ""


_NAMES = frozenset(each.name for each in fields(ActionDescription))


def action(
    methods: Any = None,
    detail: Any = None,
    url_path: str | None = None,
    url_name: str | None = None,
    **rest: Any,
) -> "Callable[[Handler], ViewSetAction[Handler]]":
    """Mark a method as an action, like DRF's `@action`, and describe it by the fields of ActionDescription.

    Other keyword arguments set attributes of the viewset for this route, as in DRF.
    """
    described = {name: rest.pop(name) for name in list(rest) if name in _NAMES}
    mark = decorators.action(methods=methods, detail=detail, url_path=url_path, url_name=url_name, **rest)
    return lambda handler: mark(describe(**described)(handler))


def describe(**changes: object) -> Callable[[Handler], Handler]:
    """Describe a standard action, or one in the `mapping` of an `@action`. See the module's docstring."""
    unknown = set(changes) - _NAMES
    if unknown:
        raise TypeError(f"actions have no {', '.join(sorted(unknown))}")

    def mark(handler: Handler) -> Handler:
        handler.described = changes  # type: ignore[attr-defined]
        return handler

    return mark


HOOKS = {
    "create": "perform_create",
    "update": "perform_update",
    "partial_update": "perform_update",
    "destroy": "perform_destroy",
}
"""The hooks of the standard actions. The description of a hook applies to its action."""


@cache
def description_of(viewset: type, name: str) -> ActionDescription | None:
    """Return the description of an action, or None if it has none."""
    found: Values = {}
    for each in (name, HOOKS.get(name)):
        if each is None:
            continue
        for base in reversed(viewset.__mro__):
            handler = vars(base).get(each)
            if handler is not None:
                found |= getattr(handler, "described", {})
                if handler.__doc__ and not handler.__doc__.startswith("DRF's hook"):
                    found["doc"] = handler.__doc__
    return ActionDescription(**found) if "summary" in found else None


def actions_of(viewset: type) -> Iterator[tuple[str, ActionDescription]]:
    """Yield the described actions of a viewset with their method names, in order of definition, base classes first."""
    names: dict[str, None] = {}
    for base in reversed(viewset.__mro__):
        names.update(dict.fromkeys(vars(base)))
    for name in names:
        described = description_of(viewset, name) if not name.startswith("perform_") else None
        if described is not None:
            yield name, described


def endpoints() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield every route of the project with its view. The `actions` of a viewset map HTTP methods to actions."""
    yield from _endpoints(get_resolver().url_patterns, "")


def _endpoints(
    patterns: Sequence[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, Callable[..., object]]]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _endpoints(pattern.url_patterns, route)
        else:
            yield route, pattern.callback
