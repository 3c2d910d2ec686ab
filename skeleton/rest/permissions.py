"""Permissions of actions: `<resource>:<action>`, any one of several. A route that declares none does not start.

    permission_classes = [HasPermission("customers", "parties")]

asks for `customers:read` or `parties:read` where the method is safe, and for `…:write` elsewhere; an action's own
description may say otherwise (`permission="invoices:write"`). Instances stand where DRF expects classes, and compose
with `&`, `|` and `~` like them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import (
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
    """What an action asks of its caller: nothing (`public`), a session only, or any one of the permissions `any_of`.

    `or_oneself`: the user whose id is in the path may, too.
    """

    any_of: tuple[str, ...] = ()
    public: bool = False
    or_oneself: bool = False

    def allows(self, user: object, pk: str | None) -> bool:
        """Whether this user may, for the object with the id `pk`."""
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
    """Any one of the permissions `any_of`."""
    if not any_of:
        raise ValueError("name at least one permission")
    return Requirement(any_of, or_oneself=or_oneself)


class NotDeclared(BasePermission):
    """The default: nobody gets in, and `manage.py check` refuses the route."""

    def has_permission(self, request: Request, view: object) -> bool:
        return False


class HasPermission(OperationHolderMixin, BasePermission):
    """Asks for one of the resources' permissions, or for what the action's description says instead.

    `HasPermission("roles", write="manage")` asks for `roles:manage` to write. Without resources each action has to say
    what it asks for, unless a requirement for all of them is given: `HasPermission(SIGNED_IN)`.
    """

    def __init__(self, *resources: str | Requirement, read: str = "read", write: str = "write") -> None:
        self.resources = resources
        self.read, self.write = read, write

    def __call__(self) -> Self:
        return self  # DRF makes its instances itself; this one holds nothing of a request

    def has_permission(self, request: Request, view: Any) -> bool:
        described = view.action_description
        if described is None:  # a method that the path does not have: 405, but only for those who are signed in
            return SIGNED_IN.allows(request.user, None)
        method = request._request.method or ""  # past DRF's wrapper, which looks for it twice
        return self.requirement(described.permission, method).allows(
            request.user, view.kwargs.get(view.lookup_url_kwarg or view.lookup_field)
        )

    def requirement(self, permission: "str | Requirement | None", method: str) -> Requirement:
        """What an action that describes `permission` asks for. Raises ImproperlyConfigured where nothing says it."""
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
        raise ImproperlyConfigured("neither the action nor its class says which permission it asks for")
    return require(*(f"{resource}:{action}" for resource in resources))


@cache
def requirement_of(
    permissions: tuple[object, ...], permission: str | Requirement | None, method: str
) -> Requirement | None:
    """What `permission_classes` ask for an action that describes `permission`, as documents and errors say it.

    Of composed ones it is the first `HasPermission`; where there is none, a session is said to be needed, whatever the
    classes ask besides. None where nothing is declared.
    """
    declared = list(_permission_classes(permissions))
    for each in declared:
        if isinstance(each, HasPermission):
            try:
                return each.requirement(permission, method)
            except ImproperlyConfigured:
                return None
    if not declared or NotDeclared in declared:
        return None
    return PUBLIC if declared == [AllowAny] else SIGNED_IN


def _permission_classes(permissions: Iterable[object]) -> Iterator[object]:
    for each in permissions:
        if isinstance(each, OperandHolder):
            yield from _permission_classes((each.op1_class, each.op2_class))
        elif isinstance(each, SingleOperandHolder):
            yield from _permission_classes((each.op1_class,))
        else:
            yield each
