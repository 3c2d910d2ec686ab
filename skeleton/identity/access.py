"""Prevents privilege escalation: users can neither assign permissions that they lack, nor change users with more."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from skeleton.identity.models import User
from skeleton.identity.queries import permissions_of
from skeleton.kernel.actors import Actor, covers_permissions
from skeleton.kernel.errors import Forbidden


def require_can_grant(actor: Actor, permissions: Iterable[str]) -> None:
    """Raise Forbidden if any of `permissions` exceeds those of the actor."""
    if not covers_permissions(actor.permissions, permissions):
        raise Forbidden(_("You cannot grant or manage permissions that you do not have yourself."))


def require_can_manage(actor: Actor, user: User) -> None:
    """Raise Forbidden if `user` has permissions that the actor lacks."""
    require_can_grant(actor, permissions_of(user))
