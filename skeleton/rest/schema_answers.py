"""Parts of the OpenAPI document that answers share: error responses, headers and the envelopes of lists."""

from skeleton.db.counting import CACHE_SECONDS, CACHED_FROM_ROWS
from skeleton.kernel.errors import CODES
from skeleton.rest.actions import ActionDescription

Schema = dict[str, object]


# --- errors -----------------------------------------------------------------------------------------------------------

ERROR_SCHEMAS: Schema = {
    "ErrorCode": {
        "type": "string",
        "enum": list(CODES),
        "description": "\n".join(f"- `{name}` ({code.status}): {code.meaning}" for name, code in CODES.items()),
    },
    "ApiError": {
        "type": "object",
        "description": "The body of every error response.",
        "properties": {
            "error": {"$ref": "#/components/schemas/ErrorCode"},
            "message": {"type": "string", "description": "The message for users."},
            "details": {
                "type": "object",
                "additionalProperties": {},
                "description": "A message per field; nested fields have dotted paths: `lines.0.quantity`.",
            },
            "request_id": {"type": ["string", "null"], "description": "The id of the request, as in X-Request-ID."},
        },
        "required": ["error", "message", "request_id"],
    },
}

_CODES_BY_STATUS: dict[int, list[str]] = {}
for _name, _code in CODES.items():
    _CODES_BY_STATUS.setdefault(_code.status, []).append(_name)
"""The error codes of each status, the usual one first."""


def error_reference(status: int) -> Schema:
    """Return the reference to the error response of a status."""
    return {"$ref": f"#/components/responses/{_response_name(status)}"}


def error_responses() -> Schema:
    """Return the component of each error response that an operation refers to: no operation answers with 405."""
    statuses = [status for status, codes in _CODES_BY_STATUS.items() if "method_not_allowed" not in codes]
    return {_response_name(status): _error_response(status) for status in statuses}


def _response_name(status: int) -> str:
    return "".join(word.capitalize() for word in _CODES_BY_STATUS[status][0].split("_"))


def _error_response(status: int) -> Schema:
    codes = _CODES_BY_STATUS[status]
    names = [*_EVERYWHERE, *_BY_STATUS.get(status, ())]
    schema = {"$ref": "#/components/schemas/ApiError"}
    examples = {code: {"value": _error_example(code)} for code in codes}
    return {
        "description": " ".join(CODES[code].meaning for code in codes),
        "headers": {name: _header_reference(name) for name in names},
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


def _error_example(code: str) -> Schema:
    details = {"details": {"lines.0.quantity": "Must be greater than 0."}} if code == "validation_error" else {}
    message = CODES[code].meaning.partition(";")[0].removesuffix(".") + "."
    return {"error": code, "message": message, **details, "request_id": "01972b15-8000-7000-8000-0000000000f1"}


# --- headers ----------------------------------------------------------------------------------------------------------

HEADERS = {
    "X-Request-ID": ("string", "The id of the request: the one that was sent in this header, or a new one."),
    "Location": ("string", "The path of the created object."),
    "Retry-After": ("integer", "Seconds to wait before the request is repeated."),
    "WWW-Authenticate": ("string", "`Bearer`."),
    "RateLimit-Limit": ("integer", "The number of requests allowed in a period."),
    "RateLimit-Remaining": ("integer", "The requests that are left in the current period."),
    "RateLimit-Reset": ("integer", "Seconds until the period ends."),
    "Content-Disposition": ("string", "`attachment`, with the name of the file."),
    "ETag": ("string", "The version: it changes exactly when the object or the content does."),
    "Idempotency-Replayed": ("string", "`true` if this is the first answer to the request, given again."),
}
"""The type and the description of the headers of answers."""

_EVERYWHERE = ("X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_BY_STATUS = {
    201: ("Location",),
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_OF_FILES = ("Content-Disposition", "ETag")


def header_components() -> Schema:
    """Return the component of each header."""
    return {name: {"description": text, "schema": {"type": kind}} for name, (kind, text) in HEADERS.items()}


def headers_of(status: int, described: ActionDescription, *, versioned: bool, replayed: bool) -> Schema:
    """Return the references to the headers of a successful answer. Objects are `versioned`, writes are `replayed`."""
    names = [*_EVERYWHERE, *_BY_STATUS.get(status, ())]
    if versioned and status in (200, 201, 304):
        names.append("ETag")
    if replayed:
        names.append("Idempotency-Replayed")
    if described.envelope in ("file", "document") and status in (200, 206):
        names += _OF_FILES
    return {name: _header_reference(name) for name in names}


def _header_reference(name: str) -> Schema:
    return {"$ref": f"#/components/headers/{name}"}


# --- envelopes of lists -----------------------------------------------------------------------------------------------


def object_schema(*, optional: Schema | None = None, **properties: Schema) -> Schema:
    """Return the schema of an object with these properties and no others. Those in `optional` may be absent."""
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


_WHOLE: Schema = {"type": "integer", "minimum": 0}
_TOTAL = (
    "Number of items on all pages, without `cursor`. It is exact, but for filtered lists of "
    f"{CACHED_FROM_ROWS:,} items or more it may be {CACHE_SECONDS:g} seconds old."
)
_NEXT = "With `cursor`: the cursor of the next page, or null on the last one."
_CURSOR: Schema = {"type": ["string", "null"]}


def page_schema(item: Schema, **aside: Schema) -> Schema:
    """Return the schema of a page of a list that takes `page` or `cursor`."""
    by_way: Schema = {
        "total": {**_WHOLE, "description": _TOTAL},
        "page": {**_WHOLE, "description": "The number of this page, without `cursor`."},
        "next_cursor": {**_CURSOR, "description": _NEXT},
    }
    return object_schema(
        items={"type": "array", "items": item}, limit=_WHOLE, has_more={"type": "boolean"}, **aside, optional=by_way
    )


def cursor_page_schema(item: Schema, **aside: Schema) -> Schema:
    """Return the schema of a page of a list that takes `cursor` only."""
    return object_schema(
        items={"type": "array", "items": item},
        next_cursor={**_CURSOR, "description": "The cursor of the next page, or null on the last one."},
        has_more={"type": "boolean"},
        limit=_WHOLE,
        **aside,
    )
