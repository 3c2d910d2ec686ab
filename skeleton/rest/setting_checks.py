"""System checks of settings, run at every start: unusable, unsafe, or without effect. `serve` refuses to start."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from skeleton.kernel.money import is_in_use
from skeleton.kernel.types import Values

SECRET_BYTES = 32
"""The minimum for HS256 (RFC 7518, 3.2)."""
MAX_HITS = 1_000_000_000
"""The upper bound of a limit's hits."""
SECRET_SYMBOLS = 10
"""A random secret has at least this many different characters."""

_ON_VIEWSET = "set it on a base class of the viewsets"
WITHOUT_EFFECT = {
    "DATETIME_FORMAT": "set the format of the field",
    "DATE_FORMAT": "set the format of the field",
    "TIME_FORMAT": "set the format of the field",
    "PAGE_SIZE": "set page_size on a pagination_class",
    "DEFAULT_PAGINATION_CLASS": f"{_ON_VIEWSET}, as pagination_class",
    "DEFAULT_THROTTLE_CLASSES": f"{_ON_VIEWSET}, as throttle_classes",
    "DEFAULT_FILTER_BACKENDS": f"{_ON_VIEWSET}, as filter_backends",
    "DEFAULT_METADATA_CLASS": "OPTIONS is not answered",
    "NON_FIELD_ERRORS_KEY": "such errors are in `details`, with the path of the object or `body`",
    "ORDERING_PARAM": "lists are ordered by sort_by and sort_order",
    "UNICODE_JSON": "JSON is always UTF-8",
    "COMPACT_JSON": "JSON is always compact",
}
"""Settings of DRF that have no effect on our viewsets, and what to do instead."""

FIXED = {
    "DEFAULT_RENDERER_CLASSES": ("skeleton.rest.renderers.JsonRenderer",),
    "DEFAULT_PARSER_CLASSES": ("skeleton.rest.parsers.StrictJsonParser",),
}
"""Settings of DRF that only viewsets other than ours follow, each with our value."""


@register("skeleton")
def check_settings(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Check that no setting is unusable, or unsafe if others can reach the server."""
    rules = (_unusable, _unusable_limits, _unusable_work, _unsafe, _without_effect)
    return [Error(line, id="skeleton.E100") for rule in rules for line in rule()]


def _unusable() -> Iterator[str]:
    if not 0 < settings.PORT < 2**16:
        yield "PORT must be a number from 1 to 65535."
    if settings.SKELETON_REGISTRATION not in ("open", "closed"):
        yield "SKELETON_REGISTRATION must be open or closed."
    if not is_in_use(settings.SKELETON_CURRENCY):
        yield "SKELETON_CURRENCY must be the ISO 4217 code of a currency in use, such as USD."
    if settings.SKELETON_PROXIES < 0:
        yield "SKELETON_PROXIES must be 0 or more: how many proxies stand in front of the server."
    if settings.SKELETON_WORKERS < 1:
        yield "SKELETON_WORKERS must be 1 or more."
    for name in ("ACCESS", "REFRESH"):
        lifetime: Any = settings.SIMPLE_JWT[f"{name}_TOKEN_LIFETIME"]
        if lifetime.total_seconds() < 1:
            yield f"SKELETON_{name}_TOKEN_SECONDS must be 1 or more."


def _unusable_limits() -> Iterator[str]:
    for name, (hits, _) in settings.SKELETON_LIMITS.items():
        if not 1 <= hits <= MAX_HITS:
            yield f"SKELETON_LIMIT_{name.upper()} must be a number from 1 to {MAX_HITS}."
    server = {f"SKELETON_{name.upper()}": value for name, value in settings.SKELETON_SERVER_LIMITS.items()}
    for name in ("SKELETON_HEADER_SECONDS", "SKELETON_LOCK_SECONDS"):
        server[name] = getattr(settings, name)
    for name, value in server.items():
        if not 0 < value < MAX_HITS:
            yield f"{name} must be a number over 0 and below {MAX_HITS}."
    first, longest = settings.SKELETON_LIMIT_WAITS
    if not 1 <= first <= longest <= settings.SKELETON_LIMITS["account"][1]:
        yield (
            "SKELETON_LIMIT_FIRST_WAIT and SKELETON_LIMIT_LONGEST_WAIT must be seconds: 1 or more, the first not over"
            " the longest, and that not over an hour."
        )
    if settings.SKELETON_DEVICE_DAYS < 1:
        yield "SKELETON_DEVICE_DAYS must be 1 or more."
    if settings.SKELETON_HSTS_SECONDS < 0:
        yield "SKELETON_HSTS_SECONDS must be 0 or more."


def _unusable_work() -> Iterator[str]:
    if settings.SKELETON_JOB_WORKERS < 0:
        yield "SKELETON_JOB_WORKERS must be 0 or more."
    if settings.SKELETON_JOB_THREADS < 1:
        yield "SKELETON_JOB_THREADS must be 1 or more."
    if settings.SKELETON_JOB_STALLED_SECONDS <= 0:
        yield "SKELETON_JOB_STALLED_SECONDS must be over 0."
    if settings.SKELETON_UPLOAD_LIMIT < 1:
        yield "SKELETON_UPLOAD_LIMIT must be 1 or more: the bytes that a file may have."
    if settings.SKELETON_STORAGE not in ("local", "s3"):
        yield "SKELETON_STORAGE must be local or s3."
    elif settings.SKELETON_STORAGE == "s3" and not settings.STORAGES["default"]["OPTIONS"]["bucket_name"]:
        yield "SKELETON_S3_BUCKET must name the bucket of the files."


def _unsafe() -> Iterator[str]:
    if len(settings.SECRET_KEY.encode()) < SECRET_BYTES or len(set(settings.SECRET_KEY)) < SECRET_SYMBOLS:
        yield f"SKELETON_SECRET_KEY must have at least {SECRET_BYTES} random bytes."
    if settings.DEBUG and settings.HOST not in settings.LOOPBACK:
        yield "SKELETON_DEBUG must be off where HOST is open to others: it shows what is inside."
    if settings.ZERO_CONFIGURATION:
        return
    if not settings.ALLOWED_HOSTS:
        yield "SKELETON_ALLOWED_HOSTS must name the hosts that this server answers for, separated by commas."
    elif "*" in settings.ALLOWED_HOSTS:
        yield "SKELETON_ALLOWED_HOSTS must name hosts: with * a forged Host header passes."


def _without_effect() -> Iterator[str]:
    given: Values = dict(settings.REST_FRAMEWORK)
    for name, instead in WITHOUT_EFFECT.items():
        if given.get(name) is not None:
            yield f"REST_FRAMEWORK[{name!r}] has no effect: {instead}."
    for name, ours in FIXED.items():
        if tuple(given.get(name, ours)) != ours:
            attribute = name.removeprefix("DEFAULT_").lower()
            yield f"REST_FRAMEWORK[{name!r}] has no effect: {_ON_VIEWSET}, as {attribute}."
