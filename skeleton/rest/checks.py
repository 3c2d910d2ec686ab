"""System checks, run at every start: incompletely declared routes, unsupported hooks and unusable settings.

Each message is one line that says what to do. `serve` refuses to start.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured
from django.db.models import Expression, F, Field, Model, QuerySet, Value
from django.db.models.functions import Coalesce
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.permissions import DjangoModelPermissions, IsAdminUser

from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import NotFound
from skeleton.kernel.money import is_in_use
from skeleton.rest.actions import BY_CLASS, ActionDescription, endpoints
from skeleton.rest.compiled import source_of
from skeleton.rest.declared import most_derived
from skeleton.rest.documentation import DocumentationView
from skeleton.rest.filters import FilterSet, SqlFilter
from skeleton.rest.handler_checks import unworkable_idioms
from skeleton.rest.listing import Ordering
from skeleton.rest.pagination import PageOrCursorPagination
from skeleton.rest.permissions import HasPermission, declared_permissions
from skeleton.rest.row_mappers import row_mapper
from skeleton.rest.rows import list_view_of, queryset_of, routed_view_of
from skeleton.rest.serializers import InputSerializer, Serializer
from skeleton.rest.viewsets import ApiViewSet

API = "api/v1/"
NOT_SERVED = (
    "is not served by an ApiViewSet: derive the view from skeleton.rest.viewsets, or serve it under another path."
)
SECRET_BYTES = 32
"""The minimum for HS256 (RFC 7518, 3.2)."""
MAX_HITS = 1_000_000_000
"""The upper bound of a limit's hits."""
SECRET_SYMBOLS = 10
"""A random secret has at least this many different characters."""

Apps = Sequence[AppConfig] | None


# --- routes -----------------------------------------------------------------------------------------------------------


@register("skeleton")
def check_routes(app_configs: Apps, **_: object) -> list[CheckMessage]:
    """Check that every route of the API is a described action with a permission and usable serializers."""
    problems: list[CheckMessage] = []
    for route, callback in endpoints():
        viewset = getattr(callback, "cls", None)
        if not route.startswith(API) or (viewset and issubclass(viewset, DocumentationView)):
            continue
        if viewset is None or not issubclass(viewset, ApiViewSet):
            problems.append(Error(f"/{route} {NOT_SERVED}", id="skeleton.E001"))
            continue
        for method, name in callback.actions.items():  # type: ignore[attr-defined]
            if method != "head":
                problems += _check_action(routed_view_of(callback, name, route), method, f"{method.upper()} /{route}")
    return problems


def _check_action(view: ApiViewSet, method: str, route: str) -> Iterator[CheckMessage]:
    described = view.action_description
    if described is None:
        line = f"{route}: {view.action} has no description: use skeleton.rest's @action or @describe."
        yield Error(line, id="skeleton.E002")
        return
    of_permissions = partial(_check_permissions, method=method)
    for number, check in (("E002", of_permissions), ("E006", _check_input), ("E003", _check_output)):
        try:
            yield from (Error(f"{route}{line}", id=f"skeleton.{number}") for line in check(view, described))
        except Exception as exc:  # noqa: BLE001  # a hook of the viewset can raise anything
            line = f"{route}: {type(exc).__name__}: {exc}. Hooks must work for each request, as this check makes one."
            yield Error(line, id=f"skeleton.{number}")


def _check_permissions(view: ApiViewSet, described: ActionDescription, *, method: str) -> Iterator[str]:
    if view.get_requirement(method) is None:
        yield " declares no permission: set permission_classes."
    usual = type(view).get_permissions is ApiViewSet.get_permissions
    declared = list(declared_permissions(view.permission_classes if usual else view.get_permissions()))
    if described.permission is not None and not any(isinstance(each, HasPermission) for each in declared):
        yield " would not ask for its `permission`: add HasPermission() to permission_classes."
    for each in declared:
        kind = each if isinstance(each, type) else type(each)
        if issubclass(kind, (IsAdminUser, DjangoModelPermissions)):
            yield f": {kind.__name__} reads attributes of Django's users, which actors lack: use HasPermission."


def _check_input(view: ApiViewSet, described: ActionDescription) -> Iterator[str]:
    if described.input is None:
        return
    try:
        given: object = view.get_input_serializer_class()
    except TypeError as exc:
        yield f": {exc}: set input_serializer_class."
        return
    if not (isinstance(given, type) and issubclass(given, InputSerializer)):
        yield f": {given} is not an InputSerializer."


def _check_output(view: ApiViewSet, described: ActionDescription) -> Iterator[str]:
    if described.envelope not in ("object", "page", "cursor", "list"):
        return
    try:
        output = view.get_output_serializer_class() if described.output is BY_CLASS else described.output
        if described.output is BY_CLASS and issubclass(output, InputSerializer):
            yield f": {output.__name__} only describes bodies: set serializer_class to the serializer of responses."
        if isinstance(output, type) and (described.output is BY_CLASS or issubclass(output, Serializer)):
            row_mapper(output)
    except (AssertionError, ImproperlyConfigured) as exc:
        yield f": {exc}"


# --- unsupported hooks of DRF -----------------------------------------------------------------------------------------

NOT_CALLED = {
    "get_serializer": "answers are mapped from rows: override get_serializer_class, or get_input_serializer for bodies",
    "get_view_name": "there is no browsable API",
    "get_view_description": "say it in the action's docstring",
    "options": "OPTIONS is not answered",
}
"""Methods of DRF's views that are not called, and the alternatives."""

NOT_READ = {
    "filterset_fields": "declare a filterset_class",
    "filter_fields": "declare a filterset_class",
    "filter_class": "declare a filterset_class",
    "metadata_class": "OPTIONS is not answered",
    "paginate_by": "set page_size on a pagination_class",
}
"""Attributes of DRF or django-filter that are not read, and the alternatives."""


@register("skeleton")
def check_hooks(app_configs: Apps, **_: object) -> list[CheckMessage]:
    """Check that no viewset overrides a hook of DRF that would be ignored."""
    return [
        Error(f"{viewset.__name__}: {line}", id="skeleton.E007")
        for viewset in _viewsets()
        for line in _ignored_hooks(viewset)
    ]


def _viewsets() -> list[type[ApiViewSet]]:
    found = dict.fromkeys(getattr(callback, "cls", None) for _, callback in endpoints())
    return [each for each in found if isinstance(each, type) and issubclass(each, ApiViewSet)]


def _ignored_hooks(viewset: type[ApiViewSet]) -> Iterator[str]:
    for name, instead in NOT_CALLED.items():
        if getattr(viewset, name, None) is not getattr(ApiViewSet, name, None):
            yield f"{name} would not be called: {instead}."
    for name, instead in NOT_READ.items():
        if getattr(viewset, name, None) is not getattr(ApiViewSet, name, None):
            yield f"{name} would not be read: {instead}."
    paging = viewset.pagination_class
    if paging is not None and not (isinstance(paging, type) and issubclass(paging, PageOrCursorPagination)):
        yield f"pagination_class {paging.__name__} is not one of skeleton.rest.pagination."
    backends = tuple(list_view_of(viewset, SYSTEM).filter_backends)
    for backend in backends:
        if issubclass(backend, (OrderingFilter, DjangoFilterBackend)):
            yield f"{backend.__name__} is not needed: declare ordering_fields and filterset_class."
    if hasattr(viewset, "search_fields") and not any(issubclass(each, SearchFilter) for each in backends):
        yield "search_fields would not be read: put DRF's SearchFilter into filter_backends, or use a filter."
    yield from _wrong_orderings(viewset)
    yield from unworkable_idioms(viewset)
    yield from _ignored_filter_hooks(viewset.filterset_class)


def _wrong_orderings(viewset: type[ApiViewSet]) -> Iterator[str]:
    if not isinstance(viewset.ordering_fields, Mapping):
        yield "ordering_fields must be a dict of public names and columns, such as {'name': 'name'}."
    if not isinstance(viewset.ordering, (str, Ordering)):
        yield "ordering must be one name, such as '-created_at', or an Ordering."


def _ignored_filter_hooks(filterset: type[FilterSet] | None) -> Iterator[str]:
    if filterset is None:
        return
    if not issubclass(filterset, FilterSet):
        yield f"{filterset.__name__} is not a FilterSet of skeleton.rest.filters."
        return
    for name, each in filterset.base_filters.items():
        if not isinstance(each, SqlFilter):
            yield f"{filterset.__name__}.{name}: use the filters of skeleton.rest.filters."


@register("skeleton")
def check_lists(app_configs: Apps, **_: object) -> list[CheckMessage]:
    """Check that all columns exist, and that no ordering column is nullable: a cursor would skip rows with null."""
    return [problem for viewset in _viewsets() if hasattr(viewset, "list") for problem in _check_resource(viewset)]


def _check_resource(viewset: type[ApiViewSet]) -> Iterator[CheckMessage]:
    if viewset.serializer_class is None:
        return
    try:
        rows = source_of(queryset_of(viewset, SYSTEM)).rows()
    except (AttributeError, KeyError, NotFound):  # it needs more of the request, such as what is in the path
        return
    except (AssertionError, ImproperlyConfigured) as exc:
        yield Error(f"{viewset.__name__}: {exc}", id="skeleton.E004")
        return
    yield from (Error(f"{viewset.__name__}: {line}", id="skeleton.E004") for line in _unreadable(viewset, rows))
    if any(_wrong_orderings(viewset)):
        return  # `check_hooks` reports them
    default = viewset().get_ordering()
    for name, key in {**viewset.ordering_fields, default.name: default.key}.items():
        if _may_be_null(rows, key):
            yield Error(f"{viewset.__name__}: the sort field {name} may be null.", id="skeleton.E005")


def _unreadable(viewset: type[ApiViewSet], rows: QuerySet[Model]) -> Iterator[str]:
    if viewset.lookup_field != "pk":
        try:
            rows.filter(**{f"{viewset.lookup_field}__isnull": False})
        except FieldError:
            yield f"there is no field {viewset.lookup_field!r}: correct lookup_field."
    of_list = most_derived(viewset(), "list_serializer_class", "serializer_class")
    for output in {viewset.serializer_class, of_list} - {None}:
        try:
            mapper = row_mapper(output)
            found = rows.annotate(**mapper.annotations)
            found.values_list(*mapper.columns)
        except (FieldError, ImproperlyConfigured) as exc:
            yield f"{output.__name__} cannot be read: {exc}"
            continue
        for column in mapper.columns:
            if column.split("__")[0] not in found.query.annotations and _follows_many(rows.model, column):
                yield f"{output.__name__} would repeat rows for {column}, which has many values: use Children."


def _follows_many(model: type[Model], path: str) -> bool:
    for name in path.split("__"):
        field = None if name == "pk" else model._meta.get_field(name)
        if field is None or not field.is_relation or field.related_model is None:
            return False
        if field.one_to_many or field.many_to_many:
            return True
        model = field.related_model
    return False


def _may_be_null(rows: QuerySet[Model], key: object) -> bool:
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
def check_settings(app_configs: Apps, **_: object) -> list[CheckMessage]:
    """Check that no setting is unusable, or unsafe if others can reach the server."""
    return [
        Error(line, id="skeleton.E100") for line in (*_unusable(), *_unusable_limits(), *_unusable_work(), *_unsafe())
    ]


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
