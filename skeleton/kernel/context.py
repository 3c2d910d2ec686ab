"""What is known of the request that the running code serves; empty in commands and jobs."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestContext:
    """One request: the id that its answer, its logs and its audit rows carry, and where it came from.

    `counted`: the general limit has counted it; `retry_after`: the seconds until that limit starts anew.
    """

    request_id: str
    ip: str | None
    user_id: str | None = None
    counted: bool = False
    retry_after: int = 1


current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)


def current_request_id() -> str | None:
    """The id of the request being served, if one is."""
    request = current_request.get()
    return request.request_id if request else None


def current_address() -> str:
    """The client's address; empty where there is none."""
    request = current_request.get()
    return (request.ip if request else None) or ""
