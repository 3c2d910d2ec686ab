"""What `manage.py check`, and so every start, refuses: routes that are not said completely, and unusable settings.

Each message is one line that says what to set. `serve` stops at the first.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured
from django.db.models import Expression, F, Field, Model, QuerySet, Value
from django.db.models.functions import Coalesce

from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.money import is_offered
from skeleton.rest.documentation import DocumentationView
from skeleton.rest.operations import Operation, endpoints
from skeleton.rest.permissions import Needs
from skeleton.rest.plans import plan_of
from skeleton.rest.serializers import Output
from skeleton.rest.views import ApiView, ResourceView

API = "api/v1/"
SECRET_BYTES = 32
"""What HS256 needs (RFC 7518, 3.2)."""
MOST_HITS = 1_000_000_000
"""More than a limit can count."""
SECRET_SYMBOLS = 10
"""Fewer different characters than this are no random text."""

Apps = Sequence[AppConfig] | None


# --- routes -----------------------------------------------------------------------------------------------------------


@register("skeleton")
def check_routes(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Every route of the API is an operation, with a permission, that answers something readable."""
    problems: list[CheckMessage] = []
    for route, callback in endpoints():
        view = getattr(callback, "cls", None)
        if not route.startswith(API) or (view and issubclass(view, DocumentationView)):
            continue
        if view is None or not issubclass(view, ApiView):
            problems.append(Error(f"/{route} is not served by an ApiView.", id="skeleton.E001"))
            continue
        for method, name in callback.actions.items():  # type: ignore[attr-defined]
            problems += _check_operation(view(), f"{method.upper()} /{route}", name)
    return problems


def _check_operation(view: ApiView, route: str, name: str) -> Iterator[CheckMessage]:
    described = getattr(getattr(view, name, None), "operation", None)
    if not isinstance(described, Operation):
        yield Error(f"{route}: {name} is not an operation, so it declares no permission.", id="skeleton.E002")
        return
    try:
        needed = view.needed(described)
    except (AttributeError, ValueError):
        needed = None
    if not isinstance(needed, Needs):
        yield Error(f"{route} declares no permission.", id="skeleton.E002")
    output = view.described(described.output)
    if isinstance(output, type) and issubclass(output, Output):
        try:
            plan_of(output)
        except ImproperlyConfigured as exc:
            yield Error(f"{route}: {exc}", id="skeleton.E003")


@register("skeleton")
def check_lists(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Every resource's columns exist, and no list is sorted by what may be null: a cursor would lose those rows."""
    found = {getattr(callback, "cls", None): None for _, callback in endpoints()}
    problems: list[CheckMessage] = []
    for view in found:
        if isinstance(view, type) and issubclass(view, ResourceView):
            problems += _check_resource(view)
    return problems


def _check_resource(view: type[ResourceView]) -> Iterator[CheckMessage]:
    rows = view.gate.rows(view.gate.scope(SYSTEM), None)
    for output in {view.output, view.list_output or view.output}:
        try:
            plan = plan_of(output)
            rows.annotate(**plan.annotations).values_list(*plan.columns)
        except (FieldError, ImproperlyConfigured) as exc:
            yield Error(f"{view.__name__}: {output.__name__} cannot be read: {exc}", id="skeleton.E004")
    for name, key in {**view.sorting.keys, view.sorting.default.name: view.sorting.default.key}.items():
        if _may_be_null(rows, key):
            yield Error(f"{view.__name__}: the sort field {name} may be null.", id="skeleton.E005")


def _may_be_null(rows: QuerySet[Any], key: Any) -> bool:
    if isinstance(key, Coalesce):
        last = key.get_source_expressions()[-1]
        return not (isinstance(last, Value) and last.value is not None) and _may_be_null(rows, last)
    if isinstance(key, Value):
        return key.value is None
    if isinstance(key, (str, F)):
        name: str = key if isinstance(key, str) else key.name  # type: ignore[attr-defined]
        annotation = rows.query.annotations.get(name)
        return _may_be_null(rows, annotation) if annotation is not None else _column_may_be_null(rows.model, name)
    if isinstance(key, Expression):
        return any(_may_be_null(rows, part) for part in key.get_source_expressions() if part is not None)
    return False


def _column_may_be_null(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        if name == "pk":
            return False
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return True
        if not isinstance(field, Field) or field.null:
            return True
        if field.remote_field:
            model = field.remote_field.model
    return False


# --- settings ---------------------------------------------------------------------------------------------------------


@register("skeleton")
def check_settings(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """No setting has a value that cannot work, or that is unsafe for others than oneself."""
    return [
        Error(line, id="skeleton.E100") for line in (*_unusable(), *_unusable_limits(), *_unusable_work(), *_unsafe())
    ]


def _unusable() -> Iterator[str]:
    if not 0 < settings.PORT < 2**16:
        yield "PORT must be a number from 1 to 65535."
    if settings.SKELETON_REGISTRATION not in ("open", "closed"):
        yield "SKELETON_REGISTRATION must be open or closed."
    if not is_offered(settings.SKELETON_CURRENCY):
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
        if not 1 <= hits <= MOST_HITS:
            yield f"SKELETON_LIMIT_{name.upper()} must be a number from 1 to {MOST_HITS}."
    server = {f"SKELETON_{name.upper()}": value for name, value in settings.SKELETON_SERVER_LIMITS.items()}
    for name in ("SKELETON_HEADER_SECONDS", "SKELETON_LOCK_SECONDS"):
        server[name] = getattr(settings, name)
    for name, value in server.items():
        if not 0 < value < MOST_HITS:
            yield f"{name} must be a number over 0 and below {MOST_HITS}."
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
