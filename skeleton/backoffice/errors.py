"""Error handlers of Django: a page in the back office, JSON everywhere else."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from skeleton.kernel.context import current_request_id
from skeleton.office.parameters import BadParameter
from skeleton.rest import handler
from skeleton.rest.throttles import general_throttle

PREFIX = "/admin/"


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context = {"title": title, "text": text, "request_id": current_request_id()}
    return render(request, "skeleton/admin/error.html", context, status=status)


def _by_path(
    request: HttpRequest, status: int, title: str, text: str, api: Callable[..., HttpResponse], *rest: Any
) -> HttpResponse:
    return _page(request, status, title, text) if request.path.startswith(PREFIX) else api(request, *rest)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = exception.text if isinstance(exception, BadParameter) else gettext("The request cannot be understood.")
    return _by_path(request, 400, gettext("That did not work"), text, handler.bad_request)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _by_path(
        request, 403, gettext("Not for you"), gettext("Your roles do not let you do this."), handler.forbidden
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _by_path(request, 404, gettext("Nothing here"), gettext("There is no such page."), handler.not_found)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Return the response for a user or network over the general rate limit."""
    text = gettext("Many requests came in a short time. Wait a minute, then try again.")
    answer = _by_path(request, 429, gettext("Too many requests"), text, handler.too_many_requests)
    answer.headers["Retry-After"] = str(general_throttle.wait())
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    text = gettext("Something went wrong on our side. Nothing was changed. Try again, or tell us the number below.")
    return _by_path(request, 500, gettext("Our mistake"), text, handler.server_error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a failed CSRF check: the form is older than the session, or comes from another site."""
    text = gettext("The page was out of date. Go back, reload it, and send it again.")
    return _page(request, 403, gettext("Please try again"), text)
