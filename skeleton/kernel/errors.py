"""Domain errors and the table of their codes. Errors know their HTTP status, but nothing else about HTTP."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.translation import Text


class Code(NamedTuple):
    """An error code: its HTTP status, and its meaning for the API documentation."""

    status: int
    meaning: str


CODES: Mapping[str, Code] = {
    "bad_request": Code(400, "Malformed request: invalid JSON or an invalid query parameter."),
    "unauthorized": Code(401, "There is no valid access token."),
    "forbidden": Code(403, "The user lacks the permission."),
    "not_found": Code(404, "The resource does not exist, or the user may not see it."),
    "method_not_allowed": Code(405, "The path does not support this method."),
    "not_acceptable": Code(406, "The response is available as application/json only."),
    "request_timeout": Code(408, "The body arrived too slowly."),
    "conflict": Code(409, "The current state does not allow this, or the object already exists."),
    "gone": Code(
        410, "The position is older than the events that are kept, or from before a restore: read everything anew."
    ),
    "length_required": Code(411, "The request has a body but no Content-Length."),
    "precondition_failed": Code(412, "The object has changed: its ETag is none of those in If-Match."),
    "payload_too_large": Code(413, "The body is too large."),
    "unsupported_media_type": Code(415, "The route does not accept the media type of the body."),
    "range_not_satisfiable": Code(416, "The file does not contain the requested byte range."),
    "validation_error": Code(422, "Some fields are invalid; `details` has a message for each."),
    "idempotency_mismatch": Code(422, "The Idempotency-Key was used for another request."),
    "rate_limit_exceeded": Code(429, "Too many requests; see Retry-After."),
    "internal_error": Code(500, "Internal error."),
    "service_unavailable": Code(503, "The database is not available; see Retry-After."),
}
"""All error codes of the API. Errors with other codes can't be declared."""


class DomainError(Exception):
    """An error with a message for the user, rendered in the language that is active when it is shown.

    `message` is marked with gettext_lazy; with values, it is created by `kernel.text.format_text`. `details` maps
    fields (nested ones by dotted path) to such texts; the few other keys are defined by the API contract.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = CODES[code].status
    default_message: ClassVar[Text] = _("Something went wrong.")

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.status = CODES[cls.code].status

    def __init__(
        self,
        message: Text | None = None,
        *,
        details: Mapping[str, object] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.message: Text = message or self.default_message
        self.details = dict(details) if details else None
        self.retry_after = retry_after  # seconds
        super().__init__(self.message)


class BadRequest(DomainError):
    code, default_message = "bad_request", _("The request cannot be understood.")


class Unauthorized(DomainError):
    code, default_message = "unauthorized", _("Authentication is required.")


class Forbidden(DomainError):
    code, default_message = "forbidden", _("You may not do this.")


class NotFound(DomainError):
    code, default_message = "not_found", _("There is no such resource.")


class Conflict(DomainError):
    code, default_message = "conflict", _("This isn't possible in the current state.")


class Gone(DomainError):
    code, default_message = "gone", _("This is no longer available.")


class MethodNotAllowed(DomainError):
    code, default_message = "method_not_allowed", _("This address can only be read.")


class RequestTimeout(DomainError):
    code = "request_timeout"
    default_message = _("The body of the request arrived too slowly. Send it again over a faster connection.")


class LengthRequired(DomainError):
    code = "length_required"
    default_message = _("Send the body with a Content-Length; chunked bodies are not accepted.")


class PayloadTooLarge(DomainError):
    code, default_message = "payload_too_large", _("The body is too large.")


class Invalid(DomainError):
    code, default_message = "validation_error", _("Invalid input")


class PreconditionFailed(DomainError):
    code = "precondition_failed"
    default_message = _(
        "This has been changed since you read it. Read it again, and check whether your change still applies."
    )


class IdempotencyMismatch(DomainError):
    code = "idempotency_mismatch"
    default_message = _("This Idempotency-Key was used for another request. Use a new key for each change.")


class TooManyRequests(DomainError):
    code, default_message = "rate_limit_exceeded", _("Too many requests.")


class ServiceUnavailable(DomainError):
    code = "service_unavailable"
    default_message = _("The service is not available just now. Try again shortly.")
