"""The API's middleware: sets the request context, applies the general limit and adds headers to responses."""

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

from skeleton.kernel.context import RequestContext, current_request
from skeleton.kernel.errors import BadRequest, TooManyRequests
from skeleton.kernel.ids import uuid7
from skeleton.rest.addresses import client_address
from skeleton.rest.compression import compress
from skeleton.rest.handler import error_response
from skeleton.rest.throttles import general_throttle
from skeleton.rest.viewsets import ApiViewSet

log = structlog.get_logger("skeleton.requests")

_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}\Z")

PRIVATE_CACHE_CONTROL = "private, no-cache"
"""The default `Cache-Control`: only the client may cache the response, and must revalidate it."""

NOT_MODIFIED = 304
"""Its Content-Length would be that of the response that the client has (RFC 9110, 8.6)."""

HEALTH_PATHS = ("/health", "/ready")
"""Paths that load balancers request by address."""

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """The outermost middleware, so that every response has the request's id, including Django's own errors."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        context = RequestContext(request_id=request_id_of(request), ip=client_address(request))
        token = current_request.set(context)
        try:
            response = self._answer(request)
            response.headers["X-Request-ID"] = context.request_id
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Cache-Control", PRIVATE_CACHE_CONTROL)
            _tell_rate_limit(response, context)
            compress(request, response)
            if not response.streaming and response.status_code != NOT_MODIFIED:
                response.headers.setdefault("Content-Length", str(len(response.content)))
            self._log(request, response, context, started)
        finally:
            current_request.reset(token)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *args: object) -> HttpResponse | None:
        """Apply the general limit once the session is known.

        The API's views apply it themselves, because only they know the user.
        """
        if issubclass(getattr(view, "cls", type(None)), ApiViewSet) or is_exempt_from_throttle(request.path):
            return None
        return None if general_throttle.allow_request(request, None) else too_many_requests_response(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if is_exempt_from_throttle(request.path):
            return self.get_response(request)
        response = self._answer_to_host(request)
        context = current_request.get()
        if context and not context.throttled and not general_throttle.allow_request(request, None):
            return too_many_requests_response(request)  # unknown path, or a response of another middleware
        return response

    def _answer_to_host(self, request: HttpRequest) -> HttpResponse:
        """Return the response, or refuse an unknown Host (protects against DNS rebinding)."""
        try:
            request.get_host()
        except DisallowedHost:
            return error_response(BadRequest("This host name is not served here."))
        return self.get_response(request)

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponse, context: RequestContext, started: float) -> None:
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
            ip=context.ip,
            user_id=context.user_id,
            request_id=context.request_id,
        )


def _tell_rate_limit(response: HttpResponse, context: RequestContext) -> None:
    """Say how much of the general limit is left, unless another limit has refused the request."""
    refused_by_another = response.status_code == TooManyRequests.status and context.remaining
    if context.allowed and not refused_by_another:
        response.headers["RateLimit-Limit"] = str(context.allowed)
        response.headers["RateLimit-Remaining"] = str(context.remaining)
        response.headers["RateLimit-Reset"] = str(context.retry_after)


def is_exempt_from_throttle(path: str) -> bool:
    """Return whether the general limit does not apply to a path: health checks and static files."""
    return path in HEALTH_PATHS or path.startswith(settings.STATIC_URL)


def too_many_requests_response(request: HttpRequest) -> HttpResponse:
    """Return the 429 response of the project's handler: a page for browsers, JSON for API clients."""
    answer: HttpResponse = get_resolver().resolve_error_handler(429)(request)
    return answer


def request_id_of(request: HttpRequest) -> str:
    """Return the client's X-Request-ID if it is well-formed, or a new UUIDv7."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _SANE_ID.match(given) else str(uuid7())
