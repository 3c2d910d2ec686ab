"""Settings, from the environment alone. With nothing set this is the zero-configuration mode; see docs/operations.md.

An unusable value stops the start with one clear line: either here, or in `skeleton.rest.checks`.
"""

import logging
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from environs import Env, EnvError

from skeleton.backoffice import unfold
from skeleton.embedded_postgres.config import embedded_database
from skeleton.settings.secret import kept_secret

env = Env()

BASE_DIR = Path(__file__).resolve().parents[2]


SERVER_LIMITS: dict[str, int | float] = {
    "connections": 8000,
    "connections_per_address": 4000,
    "bodies": 4000,
    "bodies_per_address": 2000,
    "uploads": 64,
    "uploads_per_address": 16,
    "body_idle_seconds": 10.0,
    "body_seconds": 60.0,
    "body_rate": 10_000,
    "queue_seconds": 4.0,
    "request_seconds": 30.0,
    "database_seconds": 2.5,
    "streams": 2000,
    "drain_bytes": 128_000_000,
    "drain_seconds": 20.0,
    "stalled_reader_seconds": 60,
}
"""What a server process bears, by default: numbers, seconds, bytes, bytes a second."""


def _fail(line: str) -> SystemExit:
    return SystemExit(f"Skeleton cannot start: {line}")


try:
    HOST = env.str("HOST", "127.0.0.1")
    PORT = env.int("PORT", 8080)
    DATABASE_URL = env.str("DATABASE_URL", "")
    SKELETON_DATA_DIR = Path(env.str("SKELETON_DATA_DIR", "") or BASE_DIR / "var").absolute()
    _given_debug = env.bool("SKELETON_DEBUG", None)
    _given_secret = env.str("SKELETON_SECRET_KEY", "")
    _given_hosts: list[str] = env.list("SKELETON_ALLOWED_HOSTS", [])
    SKELETON_ADMIN_EMAIL = env.str("SKELETON_ADMIN_EMAIL", "")
    SKELETON_ADMIN_PASSWORD = env.str("SKELETON_ADMIN_PASSWORD", "")
    _given_registration = env.str("SKELETON_REGISTRATION", "")
    SKELETON_THROTTLE = env.bool("SKELETON_THROTTLE", True)
    SKELETON_PROXIES = env.int("SKELETON_PROXIES", 0)
    SKELETON_WORKERS = env.int("SKELETON_WORKERS", os.cpu_count() or 1)
    SKELETON_CURRENCY = env.str("SKELETON_CURRENCY", "USD")
    SKELETON_LOG_LEVEL = env.str("SKELETON_LOG_LEVEL", "info")
    SKELETON_CORS_ORIGINS: list[str] = env.list("SKELETON_CORS_ORIGINS", [])
    SKELETON_HTTPS = env.bool("SKELETON_HTTPS", None)
    SKELETON_HSTS_SECONDS = env.int("SKELETON_HSTS_SECONDS", 24 * 3600)
    _fast_tests = env.bool("SKELETON_TEST_FAST_DB", False)
    _pool = env.int("SKELETON_DATABASE_POOL", 0)
    _access_seconds = env.int("SKELETON_ACCESS_TOKEN_SECONDS", 15 * 60)
    _refresh_seconds = env.int("SKELETON_REFRESH_TOKEN_SECONDS", 7 * 24 * 3600)
    SKELETON_MESSENGER_DAYS = env.int("SKELETON_MESSENGER_DAYS", 30)
    SKELETON_HEADER_SECONDS = env.int("SKELETON_HEADER_SECONDS", 30)
    SKELETON_SERVER_LIMITS: dict[str, Any] = {
        # of each server process (skeleton.server.limits); the variables are SKELETON_CONNECTIONS and so on
        name: env.int(f"SKELETON_{name.upper()}", default)
        if isinstance(default, int)
        else env.float(f"SKELETON_{name.upper()}", default)
        for name, default in SERVER_LIMITS.items()
    }
    SKELETON_LOCK_SECONDS = env.int("SKELETON_LOCK_SECONDS", 3)
    SKELETON_STREAM_BYTES = env.int("SKELETON_STREAM_BYTES", 4_000_000)
    SKELETON_JOB_WORKERS = env.int("SKELETON_JOB_WORKERS", 1)
    SKELETON_JOB_THREADS = env.int("SKELETON_JOB_THREADS", 4)
    SKELETON_JOB_STALLED_SECONDS = env.float("SKELETON_JOB_STALLED_SECONDS", 30)
    SKELETON_UPLOAD_LIMIT = env.int("SKELETON_UPLOAD_LIMIT", 25_000_000)  # bytes
    SKELETON_STORAGE = env.str("SKELETON_STORAGE", "local")
    _bucket = {
        "bucket_name": env.str("SKELETON_S3_BUCKET", ""),
        "endpoint_url": env.str("SKELETON_S3_ENDPOINT", "") or None,
        "region_name": env.str("SKELETON_S3_REGION", "us-east-1"),
        "access_key": env.str("SKELETON_S3_ACCESS_KEY", "") or None,
        "secret_key": env.str("SKELETON_S3_SECRET_KEY", "") or None,
        "location": env.str("SKELETON_S3_PREFIX", ""),
    }
    _smtp_host = env.str("SKELETON_SMTP_HOST", "")
    _smtp_port = env.int("SKELETON_SMTP_PORT", 587)
    _smtp_user = env.str("SKELETON_SMTP_USER", "")
    _smtp_password = env.str("SKELETON_SMTP_PASSWORD", "")
    SKELETON_SMTP_SECURITY = env.str("SKELETON_SMTP_SECURITY", "starttls")
    SKELETON_MAIL_FROM = env.str("SKELETON_MAIL_FROM", "")
    SKELETON_PUBLIC_URL = env.str("SKELETON_PUBLIC_URL", "")
    SKELETON_NOTIFICATION_DAYS = env.int("SKELETON_NOTIFICATION_DAYS", 365)
    _sms_backend = env.str("SKELETON_SMS_BACKEND", "skeleton.notifications.channels.Console")
    _push_backend = env.str("SKELETON_PUSH_BACKEND", "skeleton.notifications.channels.Console")
    SKELETON_FONTS = env.str("SKELETON_FONTS", "")
    SKELETON_COMPANY: dict[str, Any] = {
        # who our documents are from
        "name": env.str("SKELETON_COMPANY_NAME", "Skeleton"),
        "address": [
            line.strip() for line in re.split(r"[|\n]", env.str("SKELETON_COMPANY_ADDRESS", "")) if line.strip()
        ],
        **{
            name: env.str(f"SKELETON_COMPANY_{name.upper()}", "")
            for name in ("tax_id", "registration", "email", "phone", "website", "iban", "bic", "bank")
        },
    }
    SKELETON_LIMITS = {
        # name: (hits, seconds)
        "login": (env.int("SKELETON_LIMIT_LOGIN", 5), 60),
        "login_address": (env.int("SKELETON_LIMIT_LOGIN_ADDRESS", 60), 60),
        "guess_address": (env.int("SKELETON_LIMIT_GUESS_ADDRESS", 30), 600),
        "account": (env.int("SKELETON_LIMIT_ACCOUNT", 30), 3600),
        "register": (env.int("SKELETON_LIMIT_REGISTER", 3), 3600),
        "refresh": (env.int("SKELETON_LIMIT_REFRESH", 30), 60),
        "upload": (env.int("SKELETON_LIMIT_UPLOAD", 10), 60),
        "general": (env.int("SKELETON_LIMIT_GENERAL", 1000), 60),
    }
    SKELETON_LIMIT_WAITS = (
        # seconds: the first wait once an account's failures are used up, and the longest one
        env.int("SKELETON_LIMIT_FIRST_WAIT", 60),
        env.int("SKELETON_LIMIT_LONGEST_WAIT", 15 * 60),
    )
    SKELETON_DEVICE_DAYS = env.int("SKELETON_DEVICE_DAYS", 90)
except (EnvError, ValueError) as error:
    raise _fail(str(error)) from error

# --- The mode: zero configuration (loopback, embedded database, nothing said about debugging), or production ----------

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ZERO_CONFIGURATION = HOST in LOOPBACK and not DATABASE_URL and _given_debug is not False
DEBUG = bool(_given_debug)  # never on by itself: the zero-configuration server is a production server on loopback

ALLOWED_HOSTS: list[str] = _given_hosts or ([*LOOPBACK, "[::1]"] if ZERO_CONFIGURATION else [])

SKELETON_REGISTRATION = _given_registration or ("open" if ZERO_CONFIGURATION else "closed")

DEMO_EMAIL, DEMO_PASSWORD = "admin@skeleton.local", "03041965"  # noqa: S105 (documented, zero-configuration only)


def _secret_key() -> str:
    """The secret given, or in zero-configuration mode one that is made once and kept in the data folder."""
    if _given_secret:
        return _given_secret  # a short one is refused by a system check
    if not ZERO_CONFIGURATION:
        raise _fail("SKELETON_SECRET_KEY must be set, to at least 32 random bytes.")
    try:
        return kept_secret(SKELETON_DATA_DIR / "secret-key")
    except OSError as error:
        raise _fail(f"the data directory {SKELETON_DATA_DIR} cannot be used ({error.strerror}).") from error


SECRET_KEY = _secret_key()

# --- Applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "skeleton.backoffice",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "skeleton.backoffice.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "skeleton.db",
    "skeleton.rest",
    "skeleton.office",
    "skeleton.server",
    "skeleton.audit",
    "skeleton.jobs",
    "skeleton.identity",
    "skeleton.files",
    "skeleton.importexport",
    "skeleton.backups",
    "skeleton.notifications",
    "parties",
    "accounting",
    "messenger",
    "inventory",
    "contracts",
    "billing",
]

MIDDLEWARE = [
    "skeleton.rest.middleware.RequestContextMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if SKELETON_CORS_ORIGINS else []),
    "django.middleware.security.SecurityMiddleware",
    "skeleton.backoffice.middleware.ContentSecurityPolicyMiddleware",
    "skeleton.backoffice.middleware.SessionMiddleware",
    "skeleton.backoffice.middleware.LocaleMiddleware",
    "skeleton.backoffice.middleware.CommonMiddleware",
    "skeleton.backoffice.middleware.CsrfViewMiddleware",
    "skeleton.backoffice.middleware.AuthenticationMiddleware",
    "skeleton.backoffice.middleware.OwnLanguageMiddleware",
    "skeleton.backoffice.middleware.MessageMiddleware",
    "skeleton.backoffice.middleware.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "skeleton.urls"
WSGI_APPLICATION = "skeleton.wsgi.application"
RSGI_APPLICATION = "skeleton.rsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database -------------------------------------------------------------------------------------------------------

_SESSION = (
    f"-c timezone=UTC -c lock_timeout={SKELETON_LOCK_SECONDS}s -c statement_timeout=60s"
    " -c idle_in_transaction_session_timeout=60s"
    " -c client_connection_check_interval=5s"  # a statement whose client is gone is not worth its locks
)


def _database() -> dict[str, Any]:
    if not DATABASE_URL:
        return embedded_database(SKELETON_DATA_DIR, durable=not _fast_tests)
    try:
        database: dict[str, Any] = env.dj_db_url("DATABASE_URL")
    except Exception as error:
        raise _fail("DATABASE_URL is not a database URL (postgresql://user:password@host:port/name).") from error
    if "postgresql" not in database.get("ENGINE", ""):
        raise _fail("DATABASE_URL must name a PostgreSQL (postgresql://…).")
    return database


DATABASES = {"default": _database()}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 5,
    # Over TCP: a server that vanished without a word is noticed within 10 seconds of silence.
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": _SESSION,
    "server_side_binding": True,
    "prepare_threshold": 5,
    # With the pool more threads than connections can be served; without it each thread keeps one, which costs less.
    **({"pool": {"max_size": _pool, "timeout": 2, "reconnect_timeout": 5}} if _pool else {}),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0 if _pool else None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = bool(_pool)  # without a pool, `db.connections` checks idle ones
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # a verb is the transaction
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False

# --- Identity -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["skeleton.identity.backends.RoleBackend"]
PASSWORD_HASHERS = ["skeleton.identity.hashers.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "skeleton.identity.validators.ReadablePasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "skeleton.identity.validators.MaximumLengthValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "skeleton.identity.validators.UndocumentedPasswordValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "ISSUER": "skeleton",
    "AUDIENCE": "skeleton-api",
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=_access_seconds),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=_refresh_seconds),
}

SKELETON_SEEDS = ("seed_roles", "seed_countries", "seed_accounts", "seed_admin")
"""Commands that `serve` runs at every start; each does nothing where there is nothing to do."""

# --- The books --------------------------------------------------------------------------------------------------------

SKELETON_ACCOUNTS = {
    # what other apps post to: the code of the account
    "BANK": env.str("SKELETON_ACCOUNT_BANK", "1200"),
    "RECEIVABLE": env.str("SKELETON_ACCOUNT_RECEIVABLE", "1300"),
    "TAX": env.str("SKELETON_ACCOUNT_TAX", "2200"),
    "REVENUE": env.str("SKELETON_ACCOUNT_REVENUE", "4000"),
}

# --- REST -----------------------------------------------------------------------------------------------------------

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
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PUBLIC": True,
    "POSTPROCESSING_HOOKS": ["skeleton.rest.schema.finish"],
}

CORS_ALLOWED_ORIGINS = SKELETON_CORS_ORIGINS
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "x-request-id"]

# --- Language, time, files -----------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGE_COOKIE_NAME = "skeleton_language"
LANGUAGES = [("en", "English"), ("uk", "Українська"), ("de", "Deutsch")]
USE_I18N = True
FORMAT_MODULE_PATH = ["skeleton.backoffice.formats"]
LOCALE_PATHS = [BASE_DIR / "skeleton" / "locale"]

UNFOLD = unfold.UNFOLD

STATIC_URL = "/static/"
STATIC_ROOT = SKELETON_DATA_DIR / "static"
MEDIA_ROOT = SKELETON_DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
_FILES: dict[str, Any] = (
    {"BACKEND": "skeleton.files.s3.S3Files", "OPTIONS": _bucket}
    if SKELETON_STORAGE == "s3"
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
)
STORAGES = {
    "default": _FILES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = [
    "skeleton.importexport.uploads.Quota",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Notifications ----------------------------------------------------------------------------------------------------

SKELETON_CHANNELS = {"email": "skeleton.notifications.channels.Mail", "sms": _sms_backend, "push": _push_backend}
"""What sends by each channel: the dotted path of a class as of `skeleton.notifications.channels`."""

EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _smtp_host else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp_host, _smtp_port, _smtp_user, _smtp_password
EMAIL_USE_TLS, EMAIL_USE_SSL = SKELETON_SMTP_SECURITY == "starttls", SKELETON_SMTP_SECURITY == "tls"
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SKELETON_MAIL_FROM or "Skeleton <skeleton@localhost>"

# --- Security --------------------------------------------------------------------------------------------------------

_https = bool(SKELETON_HTTPS) if SKELETON_HTTPS is not None else not ZERO_CONFIGURATION and not DEBUG
SECURE_SSL_REDIRECT = False  # the proxy that ends TLS does it
SECURE_HSTS_SECONDS = SKELETON_HSTS_SECONDS if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SKELETON_PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "skeleton_session", "skeleton_csrf"
CSRF_FAILURE_VIEW = "skeleton.backoffice.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if _https else []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
    }
}
CONTENT_SECURITY_POLICY_BY_PATH = {
    "/admin/": {"script-src": ["'unsafe-eval'"]},  # unfold's Alpine.js evaluates the expressions in its templates
    "/api/v1/redoc": {"worker-src": ["blob:"]},  # ReDoc makes the worker of its search by itself
}
"""What single pages need beyond that, added to it by the beginning of their path."""

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail is unique without regard to case, by a constraint on its lower form
    "security.W008",  # SECURE_SSL_REDIRECT: TLS ends at the proxy, which redirects
    "security.W009",  # SECRET_KEY: our own check asks for what HS256 needs
    "security.W003",  # CSRF middleware: ours is a subclass, at work under /admin/ only
    "security.W005",  # HSTS for subdomains: they may be other people's
    "security.W021",  # HSTS preload: a list that one does not get off for months
    "security.W002",  # XFrameOptionsMiddleware: likewise
]

# --- Logs: one JSON object a line, on standard error ------------------------------------------------------------------

_level = logging.getLevelNamesMapping().get(SKELETON_LOG_LEVEL.upper())
if _level is None:
    raise _fail("SKELETON_LOG_LEVEL must be debug, info, warning or error.")

LOGGING_CONFIG = "skeleton.server.logs.configure"
LOGGING = {"level": _level}
