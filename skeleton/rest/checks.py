"""System checks, run at every start: incompletely declared routes and unsupported hooks.

Each message is one line that says what to do. `serve` refuses to start.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured, PermissionDenied
from django.db.models import Aggregate, Expression, F, Field, Model, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from rest_framework.filters import SearchFilter
from rest_framework.permissions import DjangoModelPermissions, IsAdminUser
from rest_framework.throttling import ScopedRateThrottle

from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.errors import DomainError
from skeleton.rest.actions import BY_CLASS, ActionDescription, endpoints
from skeleton.rest.column_checks import unconverted_fields
from skeleton.rest.compiled import rows_of, source_of
from skeleton.rest.declared import most_derived
from skeleton.rest.documentation import DocumentationView
from skeleton.rest.filter_checks import failing_filters, ignored_filters
from skeleton.rest.handler_checks import idioms_of_django_users, unworkable_idioms
from skeleton.rest.input_checks import unusable_fields, unwritable_fields
from skeleton.rest.listing import Ordering
from skeleton.rest.pagination_checks import ignored_arguments, unusable_backends, unusable_paging
from skeleton.rest.permissions import HasPermission, Requirement, declared_permissions
from skeleton.rest.row_mappers import row_mapper
from skeleton.rest.rows import list_view_of, queryset_of, routed_view_of
from skeleton.rest.serializers import InputSerializer, Serializer
from skeleton.rest.viewsets import ApiViewSet

API = "api/v1/"
NOT_SERVED = (
    "is not served by an ApiViewSet: derive the view from skeleton.rest.viewsets, or serve it under another path."
)

MUST_WORK = "Hooks must work for each request, as this check makes one."

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
    checks = (("E002", of_permissions), ("E002", _check_throttles), ("E006", _check_input), ("E003", _check_output))
    for number, check in checks:
        try:
            yield from (Error(f"{route}{line}", id=f"skeleton.{number}") for line in check(view, described))
        except Exception as exc:  # noqa: BLE001  # a hook of the viewset can raise anything
            line = f"{route}: {type(exc).__name__}: {exc}. {MUST_WORK}"
            yield Error(line, id=f"skeleton.{number}")


def _check_throttles(view: ApiViewSet, described: ActionDescription) -> Iterator[str]:
    try:
        for throttle in view.get_throttles():
            if isinstance(throttle, ScopedRateThrottle) and hasattr(view, throttle.scope_attr):
                throttle.scope = getattr(view, throttle.scope_attr)
                throttle.get_rate()
    except ImproperlyConfigured as exc:
        yield f": {exc}: set REST_FRAMEWORK['DEFAULT_THROTTLE_RATES'], or `rate` of the throttle class."


def _check_permissions(view: ApiViewSet, described: ActionDescription, *, method: str) -> Iterator[str]:
    unfit = [each for each in view.permission_classes if not callable(each)]
    for each in unfit:
        name = "SIGNED_IN or PUBLIC" if isinstance(each, Requirement) else f"{type(each).__name__}()"
        yield f": permission_classes can't contain {name}: write HasPermission(…) around it, or name the class."
    if unfit:
        return
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
        yield from (f": {kind.__name__}.{line}" for line in idioms_of_django_users(kind))


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
        return
    yield from (f": {line}" for line in unusable_fields(given))
    yield from unwritable_fields(view, given)


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
    found = [f"{viewset.__name__}: {line}" for viewset in _viewsets() for line in _hooks_of(viewset)]
    for route, callback in endpoints():
        viewset = getattr(callback, "cls", None)
        if isinstance(viewset, type) and issubclass(viewset, ApiViewSet):
            found += [f"/{route}: {line}" for line in ignored_arguments(viewset, callback)]
    return [Error(line, id="skeleton.E007") for line in found]


def _viewsets() -> list[type[ApiViewSet]]:
    found = dict.fromkeys(getattr(callback, "cls", None) for _, callback in endpoints())
    return [each for each in found if isinstance(each, type) and issubclass(each, ApiViewSet)]


def _hooks_of(viewset: type[ApiViewSet]) -> list[str]:
    try:
        return list(_ignored_hooks(viewset))
    except Exception as exc:  # noqa: BLE001  # a property of the viewset can raise anything
        return [f"{type(exc).__name__}: {exc}. {MUST_WORK}"]


def _ignored_hooks(viewset: type[ApiViewSet]) -> Iterator[str]:
    for name, instead in NOT_CALLED.items():
        if getattr(viewset, name, None) is not getattr(ApiViewSet, name, None):
            yield f"{name} would not be called: {instead}."
    for name, instead in NOT_READ.items():
        if getattr(viewset, name, None) is not getattr(ApiViewSet, name, None):
            yield f"{name} would not be read: {instead}."
    view = list_view_of(viewset, SYSTEM)
    yield from unusable_paging(view.pagination_class)
    backends = tuple(view.filter_backends)
    yield from unusable_backends(backends)
    if hasattr(viewset, "search_fields") and not any(issubclass(each, SearchFilter) for each in backends):
        yield "search_fields would not be read: put DRF's SearchFilter into filter_backends, or use a filter."
    yield from _wrong_orderings(viewset)
    yield from unworkable_idioms(viewset)
    yield from ignored_filters(view.filterset_class)


def _wrong_orderings(viewset: type[ApiViewSet]) -> Iterator[str]:
    if not isinstance(viewset.ordering_fields, Mapping):
        yield "ordering_fields must be a dict of public names and columns, such as {'name': 'name'}."
    if not isinstance(viewset.ordering, (str, Ordering)):
        yield "ordering must be one name, such as '-created_at', or an Ordering."


@register("skeleton")
def check_lists(app_configs: Apps, **_: object) -> list[CheckMessage]:
    """Check that all columns exist, and that no ordering column is nullable: a cursor would skip rows with null."""
    lists = [viewset for viewset in _viewsets() if hasattr(viewset, "list")]
    return [problem for viewset in lists for problem in _problems_of_list(viewset)]


def _problems_of_list(viewset: type[ApiViewSet]) -> list[CheckMessage]:
    try:
        return list(_check_resource(viewset))
    except Exception as exc:  # noqa: BLE001  # a hook of the viewset can raise anything
        return [Error(f"{viewset.__name__}: {type(exc).__name__}: {exc}. {MUST_WORK}", id="skeleton.E004")]


def _check_resource(viewset: type[ApiViewSet]) -> Iterator[CheckMessage]:
    if (
        viewset.queryset is None
        and viewset.get_queryset is ApiViewSet.get_queryset
        and viewset.serializer_class is None
    ):
        return  # its actions answer with other data
    try:
        found = queryset_of(viewset, SYSTEM)
        if not isinstance(found, QuerySet):
            raise ImproperlyConfigured(f"get_queryset() must return a QuerySet, not a {type(found).__name__}.")
        rows = rows_of(source_of(found))
    except (AttributeError, KeyError, DomainError, PermissionDenied) as exc:
        if isinstance(getattr(exc, "obj", None), Actor):
            raise
        return  # it needs more of the request, such as its path
    except (AssertionError, ImproperlyConfigured) as exc:
        yield Error(f"{viewset.__name__}: {exc}", id="skeleton.E004")
        return
    lines = list(_unreadable(viewset, rows, found))
    yield from (Error(f"{viewset.__name__}: {line}", id="skeleton.E004") for line in lines)
    if any(_wrong_orderings(viewset)):
        return  # `check_hooks` reports them
    view = list_view_of(viewset, SYSTEM)
    default = view.get_ordering()
    if not lines and view.filterset_class:
        failing = failing_filters(view.get_compiled_query(), found, default)
        yield from (Error(f"{viewset.__name__}: {line}", id="skeleton.E004") for line in failing)
    for name, key in {**viewset.ordering_fields, default.name: default.key}.items():
        if _may_be_null(rows, key):
            yield Error(f"{viewset.__name__}: the sort field {name} may be null.", id="skeleton.E005")


def _hint(queryset: QuerySet[Model], exc: Exception) -> str:
    """Return what to write where a field's source is not a column of the rows."""
    if not isinstance(exc, FieldError):
        return ""
    if queryset.query.is_sliced or queryset.query.combinator:
        return ". A slice or a union has no columns of its own: use filter(pk__in=rows.values('pk')).annotate(…)."
    return ". A source must be a column: use FromColumns for a property or a method of the model."


def _unreadable(viewset: type[ApiViewSet], rows: QuerySet[Model], queryset: QuerySet[Model]) -> Iterator[str]:
    if viewset.lookup_field != "pk":
        try:
            rows.filter(**{f"{viewset.lookup_field}__isnull": False})
        except FieldError:
            yield f"there is no field {viewset.lookup_field!r}: correct lookup_field."
    of_list = most_derived(list_view_of(viewset, SYSTEM), "list_serializer_class", "serializer_class")
    for output in {each for each in (viewset.serializer_class, of_list) if isinstance(each, type)}:
        try:
            mapper = row_mapper(output)
            found = rows.annotate(**mapper.annotations)
            found.values_list(*mapper.columns)
        except (FieldError, ImproperlyConfigured) as exc:
            yield f"{output.__name__} cannot be read: {exc}{_hint(queryset, exc)}"
            continue
        yield from unconverted_fields(output, rows.model)
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
    if isinstance(key, (Value, Aggregate)):  # an aggregate may have a value for no rows, such as 0
        return (key.value if isinstance(key, Value) else key.empty_result_set_value) is None
    if isinstance(key, (str, F)):
        name: str = key if isinstance(key, str) else key.name  # type: ignore[attr-defined]
        annotation = rows.query.annotations.get(name)
        return _may_be_null(rows, annotation) if annotation is not None else _column_may_be_null(rows.model, name)
    if isinstance(key, Expression):
        column = key.query.annotation_select.values() if isinstance(key, Subquery) else key.get_source_expressions()
        return any(_may_be_null(rows, part) for part in column if part is not None)
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
