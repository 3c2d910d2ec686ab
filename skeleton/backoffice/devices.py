"""Browsers that signed in before: a signed cookie, which only says that this one may guess apart from strangers.

It opens nothing. It holds the user's id and a random text, signed, for the sign-in page alone.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from skeleton.identity.models import User
from skeleton.identity.services.guessing import mark_of

COOKIE = "skeleton_device"
_SALT = "skeleton.backoffice.device"


def mark_in(request: HttpRequest) -> str:
    """Return the mark that the browser shows; empty without one, or if it is not ours or too old."""
    return request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=_seconds()) or ""


def mark(response: HttpResponse, user: User) -> None:
    """Let the browser be known as one that signed in as `user`."""
    options: dict[str, Any] = {
        "max_age": _seconds(),
        "path": "/admin/",
        "secure": settings.SESSION_COOKIE_SECURE,
        "httponly": True,
        "samesite": "Lax",
    }
    response.set_signed_cookie(COOKIE, mark_of(user), salt=_SALT, **options)


def _seconds() -> int:
    return int(settings.SKELETON_DEVICE_DAYS) * 24 * 3600
