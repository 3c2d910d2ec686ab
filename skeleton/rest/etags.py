"""Versions of objects: strong ETags of GET, `If-None-Match`, and `If-Match` of writes.

An ETag is a hash of the bytes of the whole object as its GET gives it, so it changes exactly when they do.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import cast
from uuid import UUID

from django.http import HttpResponse
from django.urls import ResolverMatch
from rest_framework.request import Request

from skeleton.kernel.errors import BadRequest, PreconditionFailed
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.preconditions import Precondition
from skeleton.rest.actions import description_of, endpoints

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*\Z')
_TAG = re.compile(r'(W/)?"([^"]*)"')
_GZIP = "-gzip"
"""What servers append to the ETag of a response that they compress."""
ANY = "*"


def etag_of(content: bytes) -> str:
    """Return the ETag of the bytes of an object."""
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def matches(etag: str, header: str, *, weak: bool) -> bool:
    """Return whether a header lists `etag`, or is `*`. Without `weak`, weak tags never match (RFC 9110, 8.8.3.2)."""
    if header.strip() == ANY:
        return True
    bare = etag.strip('"')
    return any(tag.removesuffix(_GZIP) == bare and (weak or not prefix) for prefix, tag in _TAG.findall(header))


def if_match_of(headers: Mapping[str, str]) -> str:
    """Return If-Match. Raises BadRequest if it is malformed."""
    header = headers["HTTP_IF_MATCH"]
    if header.strip() != ANY and not _TAGS.match(header):
        raise BadRequest('If-Match must be the ETag of a response, with its quotes: If-Match: "…", or *.')
    return header


def not_modified(request: Request, response: HttpResponse) -> HttpResponse | None:
    """Return the 304 for a response that the client has already, by its ETag, or None."""
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if not known or not matches(response.headers["ETag"], known, weak=True):
        return None
    return HttpResponse(status=304, headers={"ETag": response.headers["ETag"]})


# --- the object of a request ------------------------------------------------------------------------------------------


def object_route(route: str) -> str:
    """Return the route of the object that a route is about: up to its id, or all of it without one."""
    before, pk, _ = route.partition("<pk>")
    return before + pk


@cache
def readers() -> Mapping[str, Callable[..., object]]:
    """Return the views whose GET gives a single object, by their route."""
    found = {}
    for route, view in endpoints():
        name = getattr(view, "actions", {}).get("get")
        described = description_of(view.cls, name) if name else None  # type: ignore[attr-defined]
        if described and described.envelope == "object":
            found[route] = view
    return found


def precondition_of(request: Request, if_match: str) -> Precondition:
    """Return the check that the object of the request has one of the ETags in `if_match`."""
    match = cast(ResolverMatch, request._request.resolver_match)
    route = object_route(match.route)
    view = readers()[route]
    in_path = {name: value for name, value in match.kwargs.items() if f"<{name}>" in route}

    def check() -> None:
        content = _read(view, request, in_path).content
        if not matches(etag_of(content), if_match, weak=False):
            raise PreconditionFailed

    return Precondition(_id_of(in_path.get("pk")), check)


def _id_of(in_path: object) -> UUID | None:
    """Return the id in the path. A malformed one is that of no object, which the handler answers with 404."""
    return None if in_path is None else parse_uuid(str(in_path)) or UUID(int=0)


def _read(view: Callable[..., object], request: Request, in_path: Mapping[str, object]) -> HttpResponse:
    """Return what GET answers for the object at this moment."""
    actions = vars(view)["actions"]
    reader = vars(view)["cls"](**vars(view)["initkwargs"])
    reader.action_map, reader.action = actions, actions["get"]
    reader.request, reader.args, reader.kwargs, reader.format_kwarg = request, (), dict(in_path), None
    response: HttpResponse = getattr(reader, reader.action)(request, **in_path)
    return response
