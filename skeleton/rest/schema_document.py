"""Completes the OpenAPI document: how to authenticate, shared responses and headers, and the guides."""

from typing import Any

from skeleton.rest.schema_answers import ERROR_SCHEMAS, Schema, error_responses, header_components

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` of `POST /api/v1/auth/login`.",
}


def finish(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """drf-spectacular's hook for the finished document. Closes objects, so that what is not described shows."""
    components: Any = result.setdefault("components", {})
    schemas = components["schemas"] = {**components.get("schemas", {}), **ERROR_SCHEMAS}
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    components["securitySchemes"] = {"bearer": BEARER}
    components["headers"] = header_components()
    components["responses"] = error_responses()
    return result
