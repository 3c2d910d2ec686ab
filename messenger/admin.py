"""The messenger's page in the back office. It uses the API on behalf of the signed-in user.

The API uses tokens, but a page has a session with CSRF protection. Therefore the page sends its API requests to URLs
below its own, where they are passed to the API's views with the session's actor.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, resolve
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import CSRFCheck

from messenger.services.tickets import authorization_of_web_session
from skeleton.office.pages import Page, ViewWrapper, register
from skeleton.office.parameters import validates_parameters

API = "/api/v1/"
ALLOWED_RESOURCES = ("conversations", "messenger", "users", "files")
"""The API resources that the page may use."""


@register
class MessengerPage(Page):
    name, title, resources = "messenger", _("Messages"), ("messenger",)

    def urls(self, wrap: ViewWrapper) -> list[Any]:
        return [*super().urls(wrap), path("messenger/api/<path:asked>", wrap(csrf_exempt(self.proxy_api)))]

    def render(self, request: HttpRequest) -> HttpResponseBase:
        actor = self.actor(request)
        context = {
            **self.context(request),
            "actor": actor,
            "may_write": actor.can("messenger:write"),
            "may_choose": actor.can("users:read"),
            "may_attach": actor.can("files:write"),
        }
        return TemplateResponse(request, "messenger/page.html", context)

    @validates_parameters
    def proxy_api(self, request: HttpRequest, asked: str) -> HttpResponseBase:
        """Forward the request to the API's view, which checks the permissions as usual."""
        if asked.partition("/")[0] not in ALLOWED_RESOURCES:
            raise Http404
        _check_csrf(request)
        actor = self.actor(request)
        view, args, kwargs = resolve(f"{API}{asked}")
        request._force_auth_user = actor  # type: ignore[attr-defined]  # DRF's hook for the user
        request._force_auth_token = authorization_of_web_session(actor.user_id, request.session.session_key or "")  # type: ignore[attr-defined]
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer


def _check_csrf(request: HttpRequest) -> None:
    """Run Django's CSRF check without reading the body, which the API's view reads. Raises PermissionDenied."""
    request.POST = QueryDict()
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise PermissionDenied(f"CSRF: {reason}")
