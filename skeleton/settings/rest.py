"""The API: DRF, its OpenAPI document and CORS."""

from skeleton import __version__
from skeleton.settings.environment import BASE_DIR, env, reading

with reading():
    SKELETON_CORS_ORIGINS: list[str] = env.list("SKELETON_CORS_ORIGINS", [])

SKELETON_API_DOCS = BASE_DIR / "docs" / "api"
"""The guides and examples of the OpenAPI document."""

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

_TAGS = {
    "Authentication": "Sign in, renew and end sessions, change the password.",
    "Users": "Accounts of people who use the system, and their roles.",
    "Roles": "Roles and the permissions that they grant.",
    "Company": "Your own company: the seller on documents, its bank accounts and defaults.",
    "Customers": "Whom you sell to, with credit limits, balances and statements of account.",
    "Suppliers": "Whom you buy from.",
    "Partners": "Companies that you work with.",
    "Employees": "The people who work for the company.",
    "Countries": "Countries by ISO 3166-1, with names in several languages.",
    "Contracts": "Contracts with parties: terms, approval, renewal, and all versions.",
    "Catalogue": "What you sell, in categories.",
    "Inventory": "Warehouses, stock levels, movements and reservations.",
    "Orders": "Orders of customers, from draft to delivery. They reserve stock.",
    "Invoices": "Invoices, from draft to paid: sending, payments, reminders, e-invoices and PDFs.",
    "Credit notes": "Credit notes for sent invoices, and what happens to the credit.",
    "Payments": "Payments of customers, and the invoices that they settle.",
    "Accounting": "The chart of accounts, transactions, periods, fiscal years and tax codes.",
    "Reports": "Trial balance, balance sheet, income statement, receivables by age, VAT.",
    "Files": "Uploads and downloads.",
    "Notifications": "The user's notifications, and over which channels they come.",
    "Messenger": "Conversations, messages and the stream of live events.",
    "Audit": "Who changed what, and when.",
    "Events": "What changes, in order, for programs that follow it.",
}
"""The headings of the API's documentation, in order. Each viewset names one of them as its `tag`."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Skeleton",
    "DESCRIPTION": "A company's system of record: parties, contracts, sales, stock, billing, books and messages.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/", "description": "The server of this document."}],
    "TAGS": [{"name": name, "description": text} for name, text in _TAGS.items()],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "displayRequestDuration": True,
        "filter": True,
        "persistAuthorization": True,
        "tryItOutEnabled": True,
    },
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "GET_MOCK_REQUEST": "skeleton.rest.rows.mock_request",
    "POSTPROCESSING_HOOKS": ["skeleton.rest.schema_document.finish"],
}

CORS_ALLOWED_ORIGINS = SKELETON_CORS_ORIGINS
CORS_EXPOSE_HEADERS = [
    "X-Request-ID",
    "Retry-After",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "x-request-id", "idempotency-key", "if-match", "if-none-match"]
