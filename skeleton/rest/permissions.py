"""Permissions of routes: `<resource>:<action>`, any one of several. A route that declares none does not start."""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Forbidden, Unauthorized


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of its caller: nothing (`public`), a session only, or any one of the permissions `any_of`.

    `or_oneself`: the user whose id is in the path may, too.
    """

    any_of: tuple[str, ...] = ()
    public: bool = False
    or_oneself: bool = False

    def check(self, actor: Any, pk: str | None) -> None:
        """Raises Unauthorized or Forbidden, the latter naming what is missing."""
        if self.public:
            return
        if not isinstance(actor, Actor):
            raise Unauthorized
        if not self.any_of or actor.can(*self.any_of):
            return
        if self.or_oneself and pk is not None and pk.lower() == str(actor.id):
            return
        raise Forbidden(f"This needs the permission {' or '.join(self.any_of)}.")


PUBLIC = Needs(public=True)
SIGNED_IN = Needs()


def needs(*any_of: str, or_oneself: bool = False) -> Needs:
    """Any one of the permissions `any_of`."""
    if not any_of:
        raise ValueError("name at least one permission")
    return Needs(any_of, or_oneself=or_oneself)


class HasPermission(BasePermission):
    """Asks the operation that the request is for. No operation and no permission: nobody gets in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        operation = view.operation
        if operation is None:  # a method that the path does not have: 405, but only for those who are signed in
            SIGNED_IN.check(request.user, None)
            return True
        view.needed(operation).check(request.user, view.kwargs.get("pk"))
        return True
