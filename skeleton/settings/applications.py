"""Applications, middleware, templates, languages and the appearance of the back office."""

from typing import Any

from skeleton.backoffice import unfold
from skeleton.settings.environment import BASE_DIR
from skeleton.settings.rest import SKELETON_CORS_ORIGINS

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
    "skeleton.events",
    "skeleton.identity",
    "skeleton.files",
    "skeleton.company",
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
    "skeleton.backoffice.middleware.PagesMiddleware",
]

PAGES_MIDDLEWARE = [
    "skeleton.backoffice.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "skeleton.backoffice.middleware.LocaleMiddleware",
    "skeleton.backoffice.middleware.TimeZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "skeleton.backoffice.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""Middleware for the back office and the API documentation, but not for the API."""

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

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGE_COOKIE_NAME = "skeleton_language"
LANGUAGES = [("en", "English"), ("uk", "Українська"), ("de", "Deutsch")]
USE_I18N = True
FORMAT_MODULE_PATH = ["skeleton.backoffice.formats"]
LOCALE_PATHS = [BASE_DIR / "skeleton" / "locale"]

UNFOLD = unfold.UNFOLD
