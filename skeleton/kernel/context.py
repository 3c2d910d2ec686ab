"""Context of the current request. Empty in commands and jobs."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestContext:
    """A request: its id, as in the response, the logs and the audit log, and the client's address.

    `throttled`: the general rate limit has counted it. `retry_after`: the seconds until that limit is reset.
    `allowed`, `remaining`: the requests that it allows in total, and after this one.
    """

    request_id: str
    ip: str | None
    user_id: str | None = None
    throttled: bool = False
    retry_after: int = 1
    allowed: int = 0
    remaining: int = 0


current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)


def current_request_id() -> str | None:
    """Return the id of the current request, or None."""
    request = current_request.get()
    return request.request_id if request else None


def current_address() -> str:
    """Return the client's address, or an empty string."""
    request = current_request.get()
    return (request.ip if request else None) or ""
