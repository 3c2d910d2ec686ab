"""Actions and their descriptions: what a route does, said once.

The router, the permission check, the OpenAPI document and the test kit read the description. `@action` is DRF's, and
takes the description besides; `@describe` changes that of a standard action (list, retrieve, create, update, destroy),
on the action itself or on its hook (`perform_create`), whose docstring then tells what the action does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.utils import OpenApiExample
from rest_framework import decorators

from skeleton.kernel.types import Values
from skeleton.rest.permissions import Requirement

if TYPE_CHECKING:
    from rest_framework.decorators import ViewSetAction

Envelope = Literal["object", "page", "cursor", "list", "file", "document", "stream", "none"]
"""How an answer wraps its output: bare, paged, by cursor only, `{"data": […]}`, a file's bytes, a document made for the
asking (in the action's `media`), empty. Around that a whole viewset may put its answers `in_data`."""

Handler = TypeVar("Handler", bound=Callable[..., Any])

BY_CLASS: Any = "by class"
"""The serializer that the viewset's `get_serializer_class` or `get_input_serializer_class` gives."""


@dataclass(frozen=True, slots=True)
class ActionDescription:
    """One action of a viewset.

    `input` and `output` are serializer classes (`BY_CLASS`: the viewset's). `also` are further statuses of the same
    answer (200 where what was to be made is there already); `media` further media types that it may come in when asked
    to, besides JSON. The answers of a `secret` action hold tokens or are about passwords: nobody may keep a copy.
    `operation` is the action's name in the OpenAPI document, where it is not that of the method.
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
    examples: Sequence[OpenApiExample] = ()
    secret: bool = False
    operation: str = ""
    doc: str = ""


_NAMES = frozenset(each.name for each in fields(ActionDescription))


def action(
    methods: Any = None,
    detail: Any = None,
    url_path: str | None = None,
    url_name: str | None = None,
    **rest: Any,
) -> "Callable[[Handler], ViewSetAction[Handler]]":
    """DRF's `@action`, with a description: `summary` and the other fields of ActionDescription.

    What is left over sets attributes of the viewset for this route, as in DRF.
    """
    described = {name: rest.pop(name) for name in list(rest) if name in _NAMES}
    mark = decorators.action(methods=methods, detail=detail, url_path=url_path, url_name=url_name, **rest)
    return lambda handler: mark(describe(**described)(handler))


def describe(**changes: object) -> Callable[[Handler], Handler]:
    """Describe an action that DRF's router finds by itself, or one of `@action`'s `mapping`; see the module."""
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
"""Where a standard action's work is done; what is described there counts for the action."""


@cache
def description_of(viewset: type, name: str) -> ActionDescription | None:
    """The description of an action; None for a method that has none."""
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
    """The viewset's described actions by the name of their method, in the order of definition, bases first."""
    names: dict[str, None] = {}
    for base in reversed(viewset.__mro__):
        names.update(dict.fromkeys(vars(base)))
    for name in names:
        described = description_of(viewset, name) if not name.startswith("perform_") else None
        if described is not None:
            yield name, described


def endpoints() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every route of the whole project with its view; a viewset's `actions` map its methods to its actions."""
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
