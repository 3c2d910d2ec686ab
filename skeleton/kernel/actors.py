"""The actor: the representation of the caller that services, row-level policies and the audit log share."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


def grants_permission(held: frozenset[str], needed: str) -> bool:
    """Return whether the permissions `held` grant `needed`: by itself, `<resource>:*` or `*:*`."""
    return needed in held or "*:*" in held or f"{needed.partition(':')[0]}:*" in held


def covers_permissions(held: frozenset[str], others: Iterable[str]) -> bool:
    """Return whether `held` grants all of `others`, including wildcards."""
    return all(grants_permission(held, permission) for permission in others)


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, or the system itself (no id), with the permissions of all roles.

    `language` is the user's language."""

    id: UUID | None
    email: str
    name: str
    permissions: frozenset[str]
    session_id: UUID | None = None
    language: str = "en"

    is_authenticated = True  # required by DRF and Django
    is_active = True

    def can(self, *needed: str) -> bool:
        """Return whether the actor has any of the permissions `needed`."""
        held = self.permissions
        return any(grants_permission(held, permission) for permission in needed)

    @property
    def user_id(self) -> UUID:
        """Return the id of a user. Raises TypeError for the system, which has no account."""
        if self.id is None:
            raise TypeError("the system has no account")
        return self.id

    @property
    def pk(self) -> UUID | None:
        return self.id


SYSTEM = Actor(id=None, email="system", name="System", permissions=frozenset({"*:*"}))
"""The actor of commands and jobs."""
