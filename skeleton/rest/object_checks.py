"""Finds the object in the path of a request, and decides whether to read it before the request is handled.

DRF's actions get their object from `get_object`, so they only reach rows of `get_queryset` whose object permissions
allow it. Services find the rows that they change by id, within what the actor may see. So the API reads the object
first, unless that is certain to make no difference:

- only methods of `rest.viewsets` handle the request, which use `filter_queryset(get_queryset())` themselves; or
- the class that handles it also defines the `get_queryset` in use, and marks it `@enforced_by_services`.

It always reads the object if a permission is about objects, or if a hook for objects is overridden.
"""

import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Model
from rest_framework.permissions import BasePermission
from rest_framework.viewsets import GenericViewSet

from skeleton.db.querysets import plain_rows
from skeleton.kernel.errors import NotFound
from skeleton.kernel.ids import parse_uuid

_HOOKS = ("get_object", "check_object_permissions", "get_permissions", "filter_queryset")
_HANDLERS = {
    "update": ("update", "perform_update"),
    "partial_update": ("partial_update", "update", "perform_update"),
    "destroy": ("destroy", "perform_destroy"),
}
"""The methods that handle a standard action. Other actions are one method."""
_WITHOUT_OBJECT = ("list", "create")
_CACHE_SIZE = 1024
_OURS = "skeleton.rest.viewsets"

_Method = TypeVar("_Method", bound=Callable[..., object])
_ViewSet = type[GenericViewSet[Any]]


def enforced_by_services(get_queryset: _Method) -> _Method:
    """Declare that the services that this class calls find their rows by the same rule as its `get_queryset`.

    Then a request isn't preceded by a read of its object. A class that overrides `get_queryset`, `queryset` or the
    methods that write isn't covered by the mark.
    """
    get_queryset.enforced_by_services = get_queryset  # type: ignore[attr-defined]  # functools.wraps copies attributes
    return get_queryset


class ObjectLookup(GenericViewSet[Any]):
    """Finds the object in the path of a request."""

    _found: Model | None = None
    _finding = False

    @property
    def pk(self) -> uuid.UUID:
        """Return the id of the object: of the one in the path, or of that which an overridden `get_object` returns.

        Raises NotFound, also if the id in the path is malformed.
        """
        in_path = self.lookup_field == "pk" and type(self).get_object is ObjectLookup.get_object
        if in_path or self._finding:
            return self.path_id(self.lookup_url_kwarg or self.lookup_field)
        return cast(uuid.UUID, self.found_object().pk)

    def path_id(self, name: str) -> uuid.UUID:
        """Return the id with this name in the path. Raises NotFound if it is malformed."""
        found = parse_uuid(str(self.kwargs[name]))  # Django's `<uuid:pk>` yields a UUID
        if found is None:
            raise NotFound
        return found

    def lookup_value(self) -> object:
        """Return the value of `lookup_field` in the path. Raises NotFound if it is malformed."""
        if self.lookup_field == "pk":
            return self.path_id(self.lookup_url_kwarg or "pk")
        field = self.get_queryset().model._meta.get_field(self.lookup_field)
        try:
            return field.to_python(self.kwargs[self.lookup_url_kwarg or self.lookup_field])
        except ValidationError:
            raise NotFound from None

    def get_object(self) -> Any:
        """Return the object in the path, after checking the object permissions. Raises NotFound."""
        rows = plain_rows(self.filter_queryset(self.get_queryset()))
        found = rows.filter(**{self.lookup_field: self.lookup_value()}).first()
        if found is None:
            raise NotFound
        self.check_object_permissions(self.request, found)
        return found

    def found_object(self) -> Model:
        """Return the object of the request (see `get_object`), read once."""
        if self._found is None:
            self._finding = True
            try:
                self._found = self.get_object()
            finally:
                self._finding = False
        return self._found

    def check_object(self) -> None:
        """Read the object in the path and check its permissions, if a hook requires it. Raises NotFound, Forbidden.

        Otherwise it would be an unnecessary read, because services read their rows (see `rest.object_checks`).
        """
        if self.action and must_check_object(self):
            self.found_object()


def must_check_object(view: ObjectLookup) -> bool:
    """Return whether the object must be read and checked before the current action."""
    if view.action in _WITHOUT_OBJECT and not view.detail:
        return False  # an id in the path is that of a parent
    if (view.lookup_url_kwarg or view.lookup_field) not in view.kwargs:
        return False
    viewset = type(view)
    return (
        bool(view.filter_backends)
        or any(_is_about_objects(permission) for permission in view.permission_classes)
        or _must_check(viewset, view.action)
        or ("queryset" in vars(view) and not _uses_queryset(viewset, view.action))
    )


def _is_about_objects(permission: Callable[..., Any]) -> bool:
    return type(permission()).has_object_permission is not BasePermission.has_object_permission


@lru_cache(_CACHE_SIZE)
def _must_check(viewset: _ViewSet, action: str) -> bool:
    if any(getattr(viewset, hook) is not getattr(ObjectLookup, hook) for hook in _HOOKS):
        return True
    if viewset.get_queryset is GenericViewSet.get_queryset and viewset.queryset is None:
        return False  # no rows
    return not (_uses_queryset(viewset, action) or _is_enforced(viewset, action))


@lru_cache(_CACHE_SIZE)
def _uses_queryset(viewset: type, action: str) -> bool:
    """Return whether only methods of `rest.viewsets` handle the action."""
    return all(owner.__module__ == _OURS for owner in _handling_classes(viewset, action))


def _is_enforced(viewset: _ViewSet, action: str) -> bool:
    """Return whether the class that handles the action defines and marks the `get_queryset` in use."""
    method = viewset.get_queryset
    marking = _owner(viewset, "get_queryset")
    if marking is None or getattr(method, "enforced_by_services", None) is not method:
        return False
    order = viewset.__mro__
    narrowing = _owner(viewset, "queryset")
    if narrowing is not None and order.index(narrowing) < order.index(marking):
        return False
    handling = _handling_classes(viewset, action)
    return all(owner is marking or owner.__module__ == _OURS for owner in handling)


def _handling_classes(viewset: type, action: str) -> list[type]:
    owners = [_owner(viewset, name) for name in _HANDLERS.get(action, (action,))]
    return [owner for owner in owners if owner is not None]


def _owner(viewset: type, name: str) -> type | None:
    return next((parent for parent in viewset.__mro__ if name in vars(parent)), None)
