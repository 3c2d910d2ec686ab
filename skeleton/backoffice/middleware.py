"""Middleware that runs only for the back office and not for the API.

The API uses no cookies, so it needs no sessions, CSRF tokens, messages or browser languages. Skipping them is faster
and avoids mistakes.
"""

from collections.abc import Callable
from typing import Any

from csp import middleware as csp
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.middleware import clickjacking, common, csrf, locale
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

PAGES = ("/admin/", "/api/v1/docs", "/api/v1/redoc")
"""Paths of pages for browsers."""


class _PagesOnly(MiddlewareMixin):
    """A mixin that runs a middleware for pages only. Other requests leave at the first, past all that follow it."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        # Django wraps each middleware in a function that has its attributes
        self.past_pages: Callable[[HttpRequest], Any] = getattr(get_response, "past_pages", get_response)

    def __call__(self, request: HttpRequest) -> Any:
        if request.path.startswith(PAGES):
            return super().__call__(request)
        return self.past_pages(request)


class ContentSecurityPolicyMiddleware(_PagesOnly, csp.CSPMiddleware):
    """Sets a strict policy, with additions for individual pages."""

    def get_policy_parts(self, request: HttpRequest, response: Any, report_only: bool = False) -> csp.PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, more in settings.CONTENT_SECURITY_POLICY_BY_PATH.items():
            if request.path.startswith(prefix):
                parts.update = {**(parts.update or {}), **more}
        return parts


class SessionMiddleware(_PagesOnly, sessions.SessionMiddleware):
    pass


class LocaleMiddleware(_PagesOnly, locale.LocaleMiddleware):
    """Activates the language for pages only. The same thread may serve the API next, which is in English."""

    def __call__(self, request: HttpRequest) -> Any:
        with translation.override(settings.LANGUAGE_CODE, deactivate=True):
            return super().__call__(request)


class CommonMiddleware(_PagesOnly, common.CommonMiddleware):
    pass


class CsrfViewMiddleware(_PagesOnly, csrf.CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().process_view(request, *args, **kwargs) if request.path.startswith(PAGES) else None


class AuthenticationMiddleware(_PagesOnly, auth.AuthenticationMiddleware):
    pass


class OwnLanguageMiddleware(_PagesOnly):
    """Activates the language of the signed-in user."""

    def process_request(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()


class MessageMiddleware(_PagesOnly, messages.MessageMiddleware):
    pass


class XFrameOptionsMiddleware(_PagesOnly, clickjacking.XFrameOptionsMiddleware):
    pass
