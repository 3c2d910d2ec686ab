"""Completes the OpenAPI document: how to authenticate, shared responses and headers, and the guides."""

from typing import cast

from django.conf import settings

from skeleton.kernel.types import Values
from skeleton.rest.schema_answers import ERROR_SCHEMAS, Schema, error_responses, header_components

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` of `POST /api/v1/auth/login`.",
}


def finish(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """drf-spectacular's hook for the finished document. Closes objects, so that what is not described shows."""
    components = cast(Values, result.setdefault("components", {}))
    schemas = components["schemas"] = {**components.get("schemas", {}), **ERROR_SCHEMAS}
    for schema in schemas.values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    result["info"] = {**cast(Schema, result["info"]), "description": guide()}
    components["securitySchemes"] = {"bearer": BEARER}
    components["headers"] = header_components()
    components["responses"] = error_responses()
    return result


def guide() -> str:
    """Return the page for integrators without its title, or the short description where it isn't installed."""
    path = settings.SKELETON_API_DOCS / "README.md"
    if not path.exists():
        return str(settings.SPECTACULAR_SETTINGS["DESCRIPTION"])
    return path.read_text(encoding="utf-8").partition("\n")[2].strip()
