"""Request and response headers in the OpenAPI document: retries and versions of objects."""

from drf_spectacular.utils import OpenApiParameter

IDEMPOTENCY_PARAMETERS = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        OpenApiParameter.HEADER,
        description="Repeat a request with the same key to get its first answer instead of a second effect. Use a new "
        "key, such as a UUID, for each change. A key is kept for 24 hours.",
    ),
    OpenApiParameter(
        "Idempotency-Replayed",
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        description="This is the first answer to the request, given again.",
        response=True,
    ),
]
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    description="The version of the object: it changes exactly when the object does.",
    response=[200, 201],
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="ETags that you have; 304 if one is the current one."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the version that you have read. 412 if the object has changed since then.",
)
