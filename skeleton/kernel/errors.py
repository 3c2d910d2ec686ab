"""Errors that the domain raises. They know their HTTP status, and nothing else of HTTP."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that a person should understand.

    `details` maps a field (nested ones by dotted path) to one text; the contract names the few other keys.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    default_message: ClassVar[str] = "Something went wrong."

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.details = dict(details) if details else None
        self.retry_after = retry_after  # seconds
        super().__init__(self.message)


class BadRequest(DomainError):
    status, code, default_message = 400, "bad_request", "The request cannot be understood."


class Unauthorized(DomainError):
    status, code, default_message = 401, "unauthorized", "Authentication is required."


class Forbidden(DomainError):
    status, code, default_message = 403, "forbidden", "You may not do this."


class NotFound(DomainError):
    status, code, default_message = 404, "not_found", "There is no such resource."


class Conflict(DomainError):
    status, code, default_message = 409, "conflict", "The present state does not allow this."


class MethodNotAllowed(DomainError):
    status, code, default_message = 405, "method_not_allowed", "This address can only be read."


class RequestTimeout(DomainError):
    status, code = 408, "request_timeout"
    default_message = "The body of the request arrived too slowly. Send it again over a faster connection."


class LengthRequired(DomainError):
    status, code = 411, "length_required"
    default_message = "Send the body with a Content-Length; chunked bodies are not accepted."


class PayloadTooLarge(DomainError):
    status, code, default_message = 413, "payload_too_large", "The body is too large."


class Invalid(DomainError):
    status, code, default_message = 422, "validation_error", "Invalid input"


class TooManyRequests(DomainError):
    status, code, default_message = 429, "rate_limit_exceeded", "Too many requests."


class ServiceUnavailable(DomainError):
    status, code = 503, "service_unavailable"
    default_message = "The service is not available just now. Try again shortly."
