"""System checks of the settings for mail and the other channels."""

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

SECURITIES = ("starttls", "tls", "none")


@register("skeleton")
def check_channels(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Check that the settings of all channels are usable."""
    return [Error(line, id="skeleton.E300") for line in (*_unusable_mail(), *_unusable_backends())]


def _unusable_mail() -> Iterator[str]:
    if settings.SKELETON_SMTP_SECURITY not in SECURITIES:
        yield "SKELETON_SMTP_SECURITY must be starttls, tls or none."
    if not 0 < settings.EMAIL_PORT < 2**16:
        yield "SKELETON_SMTP_PORT must be a number from 1 to 65535."
    sender = parseaddr(settings.SKELETON_MAIL_FROM)[1]
    if settings.SKELETON_MAIL_FROM and "@" not in sender:
        yield "SKELETON_MAIL_FROM must be an address, such as Skeleton <crm@example.com>."
    if settings.EMAIL_HOST and not settings.SKELETON_MAIL_FROM:
        yield "SKELETON_MAIL_FROM must say whom mail is from, such as Skeleton <crm@example.com>."
    public = settings.SKELETON_PUBLIC_URL
    if public and not (urlsplit(public).scheme in ("http", "https") and urlsplit(public).netloc):
        yield "SKELETON_PUBLIC_URL must be where people reach the back office, such as https://crm.example.com."
    if settings.SKELETON_NOTIFICATION_DAYS < 0:
        yield "SKELETON_NOTIFICATION_DAYS must be 0 (for ever) or more."


def _unusable_backends() -> Iterator[str]:
    for channel in ("sms", "push"):
        path = settings.SKELETON_CHANNELS[channel]
        try:
            usable = hasattr(import_string(path), "send")
        except ImportError:
            usable = False
        if not usable:
            yield f"SKELETON_{channel.upper()}_BACKEND must be the path of a class with a method send, not {path!r}."
