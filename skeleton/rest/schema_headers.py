"""Request headers in the OpenAPI document: retries and versions of objects."""

from drf_spectacular.utils import OpenApiParameter

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Repeat a request with the same key to get its first answer instead of a second effect. Use a new key, "
    "such as a UUID, for each change. A key is kept for 24 hours.",
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
