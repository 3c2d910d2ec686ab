"""Operations: what a route does, said once. The router, the permission check, the OpenAPI and the test kit read it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.urls import URLPattern, URLResolver, get_resolver, path

from skeleton.rest.permissions import Needs

Envelope = Literal["object", "page", "cursor", "list", "file", "document", "stream", "none"]
"""How an answer wraps its output: bare, paged, by cursor only, `{"data": […]}`, a file's bytes, a document made for the
asking (in the operation's `media`), empty. Around that a whole viewset may put its answers `in_data`."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method of a viewset. `access`, `input` and `output` may be names of attributes of the viewset.

    `also` are further statuses of the same answer (200 where what was to be made is there already); `media` further
    media types that it may come in when asked to, besides JSON. The answers of a `secret` operation hold tokens or
    are about passwords: nobody may keep a copy.
    """

    methods: tuple[str, ...]
    path: str
    access: str | Needs
    summary: str
    input: str | type | None = None
    partial: bool = False
    output: str | type | None = None
    envelope: Envelope = "object"
    status: int = 200
    also: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    media: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    secret: bool = False


def operation(
    methods: str | Sequence[str], path: str, *, access: str | Needs, summary: str, **rest: Any
) -> Callable[[Handler], Handler]:
    """Mark a method of a viewset as an operation. `methods` are HTTP's, `path` is relative to the viewset's prefix."""
    verbs = (methods,) if isinstance(methods, str) else tuple(methods)
    described = Operation(tuple(verb.lower() for verb in verbs), path, access, summary, **rest)

    def mark(handler: Handler) -> Handler:
        handler.operation = described  # type: ignore[attr-defined]
        return handler

    return mark


def operations_of(viewset: type) -> Iterator[tuple[str, Operation]]:
    """The viewset's operations by the name of their method, in the order of definition, bases first."""
    names: dict[str, None] = {}
    for base in reversed(viewset.__mro__):
        names.update(dict.fromkeys(vars(base)))
    for name in names:
        described = getattr(getattr(viewset, name, None), "operation", None)
        if isinstance(described, Operation):
            yield name, described


def routes(prefix: str, viewset: Any) -> list[URLPattern]:
    """The URL patterns of a viewset: one for each path, each method bound to its operation."""
    by_path: dict[str, dict[str, str]] = {}
    for name, described in operations_of(viewset):
        for method in described.methods:
            by_path.setdefault(described.path, {})[method] = name
    # literal paths before those with a parameter: /stock/transfer is not the stock row called "transfer"
    ordered = sorted(by_path, key=lambda route: (route.count("<"), -len(route)))
    return [
        path(
            f"{prefix}{route}",
            viewset.as_view(by_path[route]),
            name=f"{prefix.replace('/', '-')}{route.replace('/', '-').replace('<', '').replace('>', '')}",
        )
        for route in ordered
    ]


def endpoints() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every route of the whole project with its view; an API view's `actions` map its methods to its operations."""
    yield from _endpoints(get_resolver().url_patterns, "")


def _endpoints(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _endpoints(pattern.url_patterns, route)
        else:
            yield route, pattern.callback
