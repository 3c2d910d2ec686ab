"""Middleware that runs only for pages and not for the API.

The API uses no cookies, so it needs no sessions, CSRF tokens, messages or browser languages. Skipping them is faster
and avoids mistakes.
"""

from collections.abc import Callable
from typing import Any

from csp import middleware as csp
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import locale
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from skeleton.kernel import days

PAGES = ("/admin/", "/api/v1/docs", "/api/v1/redoc")
"""Paths of pages for browsers."""

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Hook = Callable[..., HttpResponseBase | None]


class PagesMiddleware:
    """Runs the middleware of `PAGES_MIDDLEWARE` for pages; any other request passes by all of it at once.

    Raises ImproperlyConfigured for middleware with hooks that it does not call.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.get_page: Callable[[HttpRequest], Any] = get_response
        self.view_hooks: list[Hook] = []
        for path in reversed(settings.PAGES_MIDDLEWARE):
            middleware = import_string(path)(self.get_page)
            for hook in ("process_exception", "process_template_response"):
                if hasattr(middleware, hook):
                    raise ImproperlyConfigured(f"{path} has {hook}(), which PagesMiddleware does not call.")
            if hasattr(middleware, "process_view"):
                self.view_hooks.insert(0, middleware.process_view)
            self.get_page = convert_exception_to_response(middleware)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found: HttpResponseBase = (self.get_page if request.path.startswith(PAGES) else self.get_response)(request)
        return found

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponseBase | None:
        """Call the hooks of a page's middleware until one of them answers."""
        if not request.path.startswith(PAGES):
            return None
        return next(filter(None, (hook(request, *args) for hook in self.view_hooks)), None)


class ContentSecurityPolicyMiddleware(csp.CSPMiddleware):
    """Sets a strict policy, with additions for individual pages."""

    def get_policy_parts(self, request: HttpRequest, response: Any, report_only: bool = False) -> csp.PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, more in settings.CONTENT_SECURITY_POLICY_BY_PATH.items():
            if request.path.startswith(prefix):
                parts.update = {**(parts.update or {}), **more}
        return parts


class LocaleMiddleware(locale.LocaleMiddleware):
    """Activates the language for the page only. The same thread may serve the API next, which is in English."""

    def __call__(self, request: HttpRequest) -> Any:
        with translation.override(settings.LANGUAGE_CODE, deactivate=True):
            return super().__call__(request)


class TimeZoneMiddleware:
    """Shows times in the company's zone, on this page only: the same thread may serve the API next, which is in UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(days.zone()):
            return self.get_response(request)


class UserLanguageMiddleware(MiddlewareMixin):
    """Activates the language of the signed-in user."""

    def process_request(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
