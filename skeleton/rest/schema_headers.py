"""Request and response headers in the OpenAPI document: retries."""

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
