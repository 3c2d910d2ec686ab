"""The API: DRF, its OpenAPI document and CORS."""

from skeleton import __version__
from skeleton.settings.environment import env, reading

with reading():
    SKELETON_CORS_ORIGINS: list[str] = env.list("SKELETON_CORS_ORIGINS", [])

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["skeleton.identity.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["skeleton.rest.permissions.NotDeclared"],
    "DEFAULT_RENDERER_CLASSES": ["skeleton.rest.renderers.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["skeleton.rest.parsers.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "skeleton.rest.schema.ApiSchema",
    "EXCEPTION_HANDLER": "skeleton.rest.handler.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Skeleton",
    "DESCRIPTION": "A company's system of record: parties, contracts, sales, stock, billing, books and messages.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "GET_MOCK_REQUEST": "skeleton.rest.rows.mock_request",
    "POSTPROCESSING_HOOKS": ["skeleton.rest.schema.finish"],
}

CORS_ALLOWED_ORIGINS = SKELETON_CORS_ORIGINS
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "ETag", "Idempotency-Replayed", "Location"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "x-request-id", "idempotency-key", "if-match", "if-none-match"]
