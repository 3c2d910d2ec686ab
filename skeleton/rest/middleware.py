"""The API's only middleware: each request gets its id and address and is counted, each answer gets its headers."""

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

from skeleton.kernel.context import RequestContext, current_request
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.ids import uuid7
from skeleton.rest.addresses import client_address
from skeleton.rest.handler import error_response
from skeleton.rest.throttles import general_throttle
from skeleton.rest.viewsets import ApiViewSet

log = structlog.get_logger("skeleton.requests")

_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}\Z")

PRIVATE_CACHE_CONTROL = "private, no-cache"
"""`Cache-Control` of an answer that says nothing else: nobody but its client keeps it, and asks before using it."""

HEALTH_PATHS = ("/health", "/ready")
"""Paths that load balancers ask by address."""

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Outermost, so that whatever answers (an error of Django's own, too) carries the request's id."""

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
            if not response.streaming:
                response.headers.setdefault("Content-Length", str(len(response.content)))
            self._log(request, response, context, started)
        finally:
            current_request.reset(token)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *args: object) -> HttpResponse | None:
        """Hold a request against the general limit, once its session is known and before it costs anything more.

        The API's own views do it themselves: only they know who calls.
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
            return too_many_requests_response(request)  # a path that leads nowhere, or an answer of another middleware
        return response

    def _answer_to_host(self, request: HttpRequest) -> HttpResponse:
        """The answer, or a refusal of a Host that is not ours, such as a page whose name was bound to this address."""
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


def is_exempt_from_throttle(path: str) -> bool:
    """Whether a path is outside of the general limit: probes and static files."""
    return path in HEALTH_PATHS or path.startswith(settings.STATIC_URL)


def too_many_requests_response(request: HttpRequest) -> HttpResponse:
    """Answer 429 by the project's handler, as Django does for its own errors: a page to people, JSON to programs."""
    answer: HttpResponse = get_resolver().resolve_error_handler(429)(request)
    return answer


def request_id_of(request: HttpRequest) -> str:
    """The caller's X-Request-ID, if it is a sane token, else a new UUIDv7."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _SANE_ID.match(given) else str(uuid7())
