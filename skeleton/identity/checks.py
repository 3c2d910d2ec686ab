"""System checks of identity: unknown permissions, and users with the documented password."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from skeleton.identity.permissions import VALID_PERMISSIONS
from skeleton.identity.services.bootstrap import has_documented_password
from skeleton.rest.actions import actions_of, endpoints
from skeleton.rest.permissions import declared_permissions, requirement_of
from skeleton.rest.rows import routed_view_of
from skeleton.rest.viewsets import ApiViewSet


@register("skeleton")
def check_permissions_exist(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that every permission that a route requires is one that roles can have."""
    asked: dict[str, str] = {}
    for route, callback in endpoints():
        viewset = getattr(callback, "cls", None)
        if not (isinstance(viewset, type) and issubclass(viewset, ApiViewSet)):
            continue
        described = dict(actions_of(viewset))
        for method, name in callback.actions.items():  # type: ignore[attr-defined]
            with suppress(Exception):  # `check_routes` reports a viewset that raises one
                classes = routed_view_of(callback, name, route).permission_classes
                for each in declared_permissions(classes) if name in described else ():
                    needed = requirement_of((each,), described[name].permission, method)
                    asked |= dict.fromkeys(needed.any_of if needed else (), f"{viewset.__name__}.{name}")
    return [
        Error(f"{place} asks for {permission}, which no role can hold.", id="skeleton.E200")
        for permission, place in asked.items()
        if permission not in VALID_PERMISSIONS
    ]


@register(Tags.database)
def check_documented_password(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Check that no active user has the documented password in production. Runs with `check --database default`."""
    if settings.ZERO_CONFIGURATION or "default" not in (databases or ()):
        return []
    try:
        email = has_documented_password()
    except DatabaseError:  # before the first migration, there are no users
        return []
    if email is None:
        return []
    line = f"{email} still has the password of the documentation: change it (manage.py changepassword {email})."
    return [Error(line, id="skeleton.E201")]
