"""Permissions of actions, in the form `<resource>:<action>`. A system check refuses routes that declare none.

    permission_classes = [HasPermission("customers", "parties")]

requires `customers:read` or `parties:read` for safe methods, and `…:write` for others. The description of an action can
override this (`permission="invoices:write"`). `permission_classes` contains instances instead of classes; they can be
combined with `&`, `|` and `~` too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import (
    AND,
    NOT,
    OR,
    SAFE_METHODS,
    AllowAny,
    BasePermission,
    OperandHolder,
    OperationHolderMixin,
    SingleOperandHolder,
)
from rest_framework.request import Request

from skeleton.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an action requires: nothing (`public`), a session, or any of the permissions `any_of`.

    With `or_oneself`, the user whose id is in the path needs no permission.
    """

    any_of: tuple[str, ...] = ()
    public: bool = False
    or_oneself: bool = False

    def allows(self, user: object, pk: str | None) -> bool:
        """Return whether the user fulfils the requirement for the object with the id `pk`."""
        if self.public:
            return True
        if not isinstance(user, Actor):
            return False
        if not self.any_of or user.can(*self.any_of):
            return True
        return self.or_oneself and pk is not None and pk.lower() == str(user.id)


PUBLIC = Requirement(public=True)
SIGNED_IN = Requirement()


def require(*any_of: str, or_oneself: bool = False) -> Requirement:
    """Return the requirement of any of the permissions `any_of`."""
    if not any_of:
        raise ValueError("name at least one permission")
    return Requirement(any_of, or_oneself=or_oneself)


class NotDeclared(BasePermission):
    """The default: it denies every request, and `manage.py check` refuses the route."""

    def has_permission(self, request: Request, view: object) -> bool:
        return False


class HasPermission(OperationHolderMixin, BasePermission):
    """Requires a permission of one of the resources, unless the action's description requires another.

    `HasPermission("roles", write="manage")` requires `roles:manage` to write. Without resources, each action must
    declare its permission. `HasPermission(SIGNED_IN)` sets one requirement for all actions.
    """

    def __init__(self, *resources: str | Requirement, read: str = "read", write: str = "write") -> None:
        self.resources = resources
        self.read, self.write = read, write

    def __call__(self) -> Self:
        return self  # DRF instantiates permission classes; this instance has no per-request state

    def has_permission(self, request: Request, view: Any) -> bool:
        described = view.action_description
        if described is None:  # unsupported method: 405, but only for signed-in users
            return SIGNED_IN.allows(request.user, None)
        method = request._request.method or ""  # bypasses DRF's slower wrapper
        return self.requirement(described.permission, method).allows(
            request.user, view.kwargs.get(view.lookup_url_kwarg or view.lookup_field)
        )

    def requirement(self, permission: "str | Requirement | None", method: str) -> Requirement:
        """Return the requirement of an action with this `permission`. Raises ImproperlyConfigured."""
        if isinstance(permission, Requirement):
            return permission
        if permission is not None:
            return _required((permission,))
        return _of_resources(self.resources, self.read if method.upper() in SAFE_METHODS else self.write)


@cache
def _required(any_of: tuple[str, ...]) -> Requirement:
    return require(*any_of)


@cache
def _of_resources(resources: tuple[str | Requirement, ...], action: str) -> Requirement:
    for each in resources:
        if isinstance(each, Requirement):
            return each
    if not resources:
        raise ImproperlyConfigured("neither the action nor its class declares a permission")
    return require(*(f"{resource}:{action}" for resource in resources))


@lru_cache(1024)
def requirement_of(
    permissions: tuple[object, ...], permission: str | Requirement | None, method: str
) -> Requirement | None:
    """Return the requirement of an action for the documentation and error messages, or None if none is declared.

    Of combined permission classes, it is that of the first `HasPermission`. Without one, it is a session, even if other
    classes check more.
    """
    declared = list(declared_permissions(permissions))
    for each in declared:
        if isinstance(each, HasPermission):
            try:
                return each.requirement(permission, method)
            except ImproperlyConfigured:
                return None
    if not declared or NotDeclared in declared:
        return None
    return PUBLIC if declared == [AllowAny] else SIGNED_IN


def requirement_of_instances(
    permissions: Iterable[object], permission: str | Requirement | None, method: str
) -> Requirement | None:
    """Return the requirement of permissions from `get_permissions`, which are instances."""
    declared = declared_permissions(permissions)
    classes = tuple(each if isinstance(each, HasPermission) else type(each) for each in declared)
    found: Requirement | None = requirement_of.__wrapped__(classes, permission, method)
    return found


def declared_permissions(permissions: Iterable[object]) -> Iterator[Any]:
    """Yield the permission classes, and the parts of those combined with `&`, `|` and `~`."""
    for each in permissions:
        if isinstance(each, OperandHolder):
            yield from declared_permissions((each.op1_class, each.op2_class))
        elif isinstance(each, SingleOperandHolder):
            yield from declared_permissions((each.op1_class,))
        elif isinstance(each, (AND, OR, NOT)):  # instances, from `get_permissions`
            yield from declared_permissions(vars(each).values())
        else:
            yield each
