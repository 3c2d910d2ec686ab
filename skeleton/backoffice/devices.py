"""Known browsers: a signed cookie that gives a browser its own counter of failed sign-ins.

The cookie grants no access. It contains the user's id and a random text, signed, and is used on the sign-in page only.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from skeleton.identity.models import User
from skeleton.identity.services.login_limits import device_mark

COOKIE = "skeleton_device"
_SALT = "skeleton.backoffice.device"


def read_device_cookie(request: HttpRequest) -> str:
    """Return the mark in the browser's cookie, or "" if there is none or it is invalid or too old."""
    return request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=_seconds()) or ""


def set_device_cookie(response: HttpResponse, user: User) -> None:
    """Set the cookie that marks the browser as a known device of `user`."""
    options: dict[str, Any] = {
        "max_age": _seconds(),
        "path": "/admin/",
        "secure": settings.SESSION_COOKIE_SECURE,
        "httponly": True,
        "samesite": "Lax",
    }
    response.set_signed_cookie(COOKIE, device_mark(user), salt=_SALT, **options)


def _seconds() -> int:
    return int(settings.SKELETON_DEVICE_DAYS) * 24 * 3600
