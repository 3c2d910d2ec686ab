"""Security: secret key, hosts and proxies, HTTPS, cookies, Content Security Policy, accounts and tokens."""

from datetime import timedelta

from skeleton.settings.environment import DEBUG, LOOPBACK, SKELETON_DATA_DIR, ZERO_CONFIGURATION, env, fail, reading
from skeleton.settings.secret import kept_secret

with reading():
    _given_secret = env.str("SKELETON_SECRET_KEY", "")
    _given_hosts: list[str] = env.list("SKELETON_ALLOWED_HOSTS", [])
    _given_registration = env.str("SKELETON_REGISTRATION", "")
    SKELETON_ADMIN_EMAIL = env.str("SKELETON_ADMIN_EMAIL", "")
    SKELETON_ADMIN_PASSWORD = env.str("SKELETON_ADMIN_PASSWORD", "")
    SKELETON_PROXIES = env.int("SKELETON_PROXIES", 0)
    SKELETON_HTTPS = env.bool("SKELETON_HTTPS", None)
    SKELETON_HSTS_SECONDS = env.int("SKELETON_HSTS_SECONDS", 24 * 3600)
    SKELETON_DEVICE_DAYS = env.int("SKELETON_DEVICE_DAYS", 90)
    _access_seconds = env.int("SKELETON_ACCESS_TOKEN_SECONDS", 15 * 60)
    _refresh_seconds = env.int("SKELETON_REFRESH_TOKEN_SECONDS", 7 * 24 * 3600)

ALLOWED_HOSTS: list[str] = _given_hosts or ([*LOOPBACK, "[::1]"] if ZERO_CONFIGURATION else [])

SKELETON_REGISTRATION = _given_registration or ("open" if ZERO_CONFIGURATION else "closed")

DEMO_EMAIL, DEMO_PASSWORD = "admin@skeleton.local", "03041965"  # noqa: S105 (documented, zero-configuration only)


def _secret_key() -> str:
    """Return the configured secret. In zero-configuration mode, it is generated once and stored in the data folder."""
    if _given_secret:
        return _given_secret  # a short one is refused by a system check
    if not ZERO_CONFIGURATION:
        raise fail("SKELETON_SECRET_KEY must be set, to at least 32 random bytes.")
    try:
        return kept_secret(SKELETON_DATA_DIR / "secret-key")
    except OSError as error:
        raise fail(f"the data directory {SKELETON_DATA_DIR} cannot be used ({error.strerror}).") from error


SECRET_KEY = _secret_key()

# --- Accounts, sessions, tokens ---------------------------------------------------------------------------------------

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

# --- HTTPS, cookies, headers ------------------------------------------------------------------------------------------

_https = bool(SKELETON_HTTPS) if SKELETON_HTTPS is not None else not ZERO_CONFIGURATION and not DEBUG
SECURE_SSL_REDIRECT = False  # done by the proxy that terminates TLS
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
    "/api/v1/redoc": {"worker-src": ["blob:"]},  # ReDoc creates the worker for its search from a blob
}
"""Additions for some pages, by path prefix."""

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail is unique, ignoring case, by a constraint on its lower case
    "security.W008",  # SECURE_SSL_REDIRECT: the proxy terminates TLS and redirects
    "security.W009",  # SECRET_KEY: our own check requires what HS256 needs
    "admin.E408",  # authentication, messages and sessions run in PAGES_MIDDLEWARE, where the check does not look
    "admin.E409",
    "admin.E410",
    "security.W003",  # CSRF middleware: likewise
    "security.W005",  # HSTS for subdomains: they may belong to others
    "security.W021",  # HSTS preload: getting off that list takes months
    "security.W002",  # XFrameOptionsMiddleware: likewise
]
