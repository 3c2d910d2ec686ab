"""The messenger in the back office: one page, which speaks to the API as the person who is signed in.

The API knows tokens, a page has a session and its CSRF protection. So what the page asks, it asks under its own
address, and the API's own views answer it, as the actor of the session.
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

from messenger.services.tickets import standing_of_web_session
from skeleton.office.pages import Page, Wrap, register
from skeleton.office.parameters import checks_parameters

API = "/api/v1/"
OPEN = ("conversations", "messenger", "users", "files")
"""The resources of the API that the page asks for."""


@register
class MessengerPage(Page):
    name, title, resources = "messenger", _("Messages"), ("messenger",)

    def urls(self, wrap: Wrap) -> list[Any]:
        return [*super().urls(wrap), path("messenger/api/<path:asked>", wrap(csrf_exempt(self.ask)))]

    def show(self, request: HttpRequest) -> HttpResponseBase:
        actor = self.actor(request)
        context = {
            **self.context(request),
            "actor": actor,
            "may_write": actor.can("messenger:write"),
            "may_choose": actor.can("users:read"),
            "may_attach": actor.can("files:write"),
        }
        return TemplateResponse(request, "messenger/page.html", context)

    @checks_parameters
    def ask(self, request: HttpRequest, asked: str) -> HttpResponseBase:
        """What the API answers. It asks for the permission itself, as of anybody."""
        if asked.partition("/")[0] not in OPEN:
            raise Http404
        _refuse_forged(request)
        actor = self.actor(request)
        view, args, kwargs = resolve(f"{API}{asked}")
        request._force_auth_user = actor  # type: ignore[attr-defined]  # DRF's way of being told who it is
        request._force_auth_token = standing_of_web_session(actor.user_id, request.session.session_key or "")  # type: ignore[attr-defined]
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer


def _refuse_forged(request: HttpRequest) -> None:
    """Django's own check, only that it must not look into the body for the token: that is for the API to read.

    Raises PermissionDenied.
    """
    request.POST = QueryDict()
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise PermissionDenied(f"CSRF: {reason}")
