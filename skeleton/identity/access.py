"""Who may change whom. Nobody reaches above themselves: neither by giving a role, nor by touching its holder."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from skeleton.identity.models import User
from skeleton.identity.queries import permissions_of
from skeleton.kernel.actors import Actor, covers
from skeleton.kernel.errors import Forbidden


def require_reach(actor: Actor, permissions: Iterable[str]) -> None:
    """Raises Forbidden where any of `permissions` is more than the actor holds."""
    if not covers(actor.permissions, permissions):
        raise Forbidden(_("This involves permissions that you do not hold yourself."))


def require_reach_over(actor: Actor, user: User) -> None:
    """Raises Forbidden where `user` holds more than the actor does."""
    require_reach(actor, permissions_of(user))
