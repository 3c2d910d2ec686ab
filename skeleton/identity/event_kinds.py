"""The kinds of objects of this app that have events."""

from django.db.models import Q

from skeleton.events.kinds import CREATED, DELETED, UPDATED, Kind, Visible
from skeleton.kernel.actors import Actor


def _users(actor: Actor) -> Visible:
    """Everybody may read themselves."""
    return actor.can("users:read") or Q(resource_id=actor.id)


KINDS = (
    Kind("user", "identity_user", "users", "/users/{id}", parts=("identity_user_role",), rows=_users),
    Kind("role", "identity_role", "roles", "/roles/{id}", ("roles:read",), verbs=(CREATED, UPDATED, DELETED)),
)
