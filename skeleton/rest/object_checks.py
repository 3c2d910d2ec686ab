"""Decides whether a request must read the object in its path before it is handled.

Services read the rows that they change by themselves, within what the actor may see. So the API reads an object first
only where a viewset restricts it further: with an object permission, a filter backend, an overridden hook, or a
`get_queryset` that a subclass has overridden without overriding what writes.
"""

from functools import cache
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.viewsets import GenericViewSet

_HOOKS = ("get_object", "check_object_permissions", "get_permissions", "filter_queryset")
_WRITERS = {"update": "perform_update", "partial_update": "perform_update", "destroy": "perform_destroy"}
"""The hook in which a standard action writes."""


@cache
def must_check_object(viewset: type[GenericViewSet[Any]], action: str, base: type[GenericViewSet[Any]]) -> bool:
    """Return whether the object must be read and checked before `action`. `base` has the default hooks."""
    return (
        any(getattr(viewset, hook) is not getattr(base, hook) for hook in _HOOKS)
        or bool(viewset.filter_backends)
        or any(_checks_objects(permission()) for permission in viewset.permission_classes)
        or _queryset_is_newer(viewset, _WRITERS.get(action, action), base)
    )


def _checks_objects(permission: Any) -> bool:
    return type(permission).has_object_permission is not BasePermission.has_object_permission


def _queryset_is_newer(viewset: type[GenericViewSet[Any]], writer: str, base: type[GenericViewSet[Any]]) -> bool:
    """Return whether a subclass overrides `get_queryset` of the class whose method `writer` handles the request.

    That method was written for the rows of the earlier `get_queryset`. The methods beside `base` use the present one.
    """
    owner = _owner(viewset, writer)
    if owner is None or owner.__module__ == base.__module__:
        return False
    newer = _owner(viewset, "get_queryset")
    return newer is not owner and newer is not None and issubclass(newer, owner)


def _owner(viewset: type, name: str) -> type | None:
    return next((parent for parent in viewset.__mro__ if name in vars(parent)), None)
