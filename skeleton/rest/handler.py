"""Converts exceptions to error responses: `{"error", "message", "details"?, "request_id"}`."""

from collections.abc import Callable, Iterator
from http.client import responses
from typing import Any

import structlog
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as drf

from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.context import current_request_id
from skeleton.kernel.errors import (
    CODES,
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from skeleton.kernel.translation import in_source_language
from skeleton.kernel.types import Values
from skeleton.rest.http import JsonResponse
from skeleton.rest.throttles import general_throttle

log = structlog.get_logger("skeleton.errors")

_PROTOCOL_CODES = {
    CODES[code].status: code for code in ("method_not_allowed", "not_acceptable", "unsupported_media_type")
}
"""Error codes of DRF's own exceptions, by status."""
_CONNECTION_LOST = ("08", "57P")
"""SQLSTATE classes: connection exception; operator intervention (the server is shutting down or starting)."""


def error_response(error: DomainError, *, status: int | None = None, code: str | None = None) -> JsonResponse:
    """Return the error response for `error`, with the headers that its status requires."""
    body: dict[str, object] = {"error": code or error.code, "message": in_source_language(error.message)}
    if error.details:
        body["details"] = in_source_language(error.details)
    body["request_id"] = current_request_id()
    headers = {}
    if error.status == Unauthorized.status:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JsonResponse(body, status=status or error.status, headers=headers)


def handle(exc: Exception, context: Values | None = None) -> JsonResponse:
    """DRF's exception handler. Unexpected exceptions are logged with their traceback and become a plain 500."""
    if isinstance(exc, drf.APIException) and exc.status_code in _PROTOCOL_CODES:
        code = _PROTOCOL_CODES[exc.status_code]
        response = error_response(BadRequest(str(exc.detail)), status=exc.status_code, code=code)
        if isinstance(exc, drf.MethodNotAllowed) and context:
            response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
        return response
    error = to_domain_error(exc)
    if error is None and isinstance(exc, drf.APIException):
        return _response_of(exc)
    if error is None:
        log.error("unhandled_exception", exc_info=exc)
        error = DomainError()
    return error_response(error)


def _response_of(exc: drf.APIException) -> JsonResponse:
    """Return the response for an exception class of a viewset's own, with its status, code and text."""
    details = dict(flatten_details(exc.detail)) if isinstance(exc.detail, (dict, list)) else None
    message = exc.default_detail if details else exc.detail
    if isinstance(message, (dict, list)):
        message = responses.get(exc.status_code, "")
    error = DomainError(str(message), details=details)
    return error_response(error, status=exc.status_code, code=str(getattr(exc.detail, "code", exc.default_code)))


def _of_throttled(exc: Any) -> DomainError:
    own = None if str(exc.detail).startswith(str(drf.Throttled.default_detail)) else str(exc.detail)
    return TooManyRequests(own, retry_after=max(1, int(exc.wait or 1)))


def to_domain_error(exc: Exception) -> DomainError | None:
    """Return the domain error for `exc`, or None if it is unexpected. The admin uses this too."""
    if isinstance(exc, DomainError):
        return exc
    for kinds, build in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return build(exc)
    return None


def flatten_details(detail: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield DRF's nested messages as pairs of a dotted path and its first message."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from flatten_details(value, ".".join(part for part in (path, name) if part))
    elif isinstance(detail, list) and detail and not isinstance(detail[0], (dict, list)):
        yield path or "body", str(detail[0])
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from flatten_details(value, f"{path}.{index}" if path else str(index))
    else:
        yield path or "body", str(detail)


def _of_django(exc: DjangoValidationError) -> DomainError | None:
    """Return the error for what `full_clean()` found. Others come from a value in the code, such as filter(id=user)."""
    if hasattr(exc, "error_dict"):
        return Invalid(details={field: messages[0] for field, messages in exc.message_dict.items()})
    return None


def _of_lost_connection(exc: Exception) -> DomainError | None:
    sqlstate = getattr(exc.__cause__, "sqlstate", None)
    lost = isinstance(exc, (OperationalError, InterfaceError)) and sqlstate is None
    if lost or str(sqlstate).startswith(_CONNECTION_LOST):
        return ServiceUnavailable(retry_after=2)
    return None


_TRANSLATIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], DomainError | None]], ...] = (
    (drf.ValidationError, lambda exc: Invalid(details=dict(flatten_details(exc.detail)))),
    ((drf.NotAuthenticated, drf.AuthenticationFailed), lambda exc: Unauthorized(str(exc.detail))),
    (drf.PermissionDenied, lambda exc: Forbidden(str(exc.detail))),
    (drf.NotFound, lambda exc: NotFound(str(exc.detail))),
    (drf.ParseError, lambda exc: BadRequest(str(exc.detail))),
    (drf.Throttled, _of_throttled),
    ((Http404, ObjectDoesNotExist), lambda exc: NotFound()),
    (PermissionDenied, lambda exc: Forbidden(str(exc))),
    (DjangoValidationError, _of_django),
    ((ProtectedError, RestrictedError), lambda exc: Conflict(_("Other records still refer to this one."))),
    ((DatabaseError, InterfaceError), lambda exc: domain_error_for(exc) or _of_lost_connection(exc)),
)
"""Domain errors by exception class; the first match applies. ProtectedError is a DatabaseError, so order matters."""


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler404, for unknown paths."""
    return error_response(NotFound(_("There is no such path.")))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler400, for requests that Django refuses (such as a wrong Host header)."""
    return error_response(BadRequest())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler403."""
    return error_response(Forbidden())


def too_many_requests(request: HttpRequest) -> JsonResponse:
    """The handler429, for requests outside of DRF that exceed the general limit."""
    return error_response(TooManyRequests(retry_after=general_throttle.wait()))


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500, for errors outside of DRF."""
    return error_response(DomainError())
