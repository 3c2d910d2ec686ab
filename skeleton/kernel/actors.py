"""Who acts: the one idea of a caller that services, row-level access and the audit share."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


def grants(held: frozenset[str], needed: str) -> bool:
    """Whether the permissions `held` include `needed`: itself, `<resource>:*` or `*:*`."""
    return needed in held or "*:*" in held or f"{needed.partition(':')[0]}:*" in held


def covers(held: frozenset[str], others: Iterable[str]) -> bool:
    """Whether every one of `others`, wildcards included, is within what is `held`."""
    return all(grants(held, permission) for permission in others)


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, or the system itself (no id), with the permission strings that all roles add up to.

    `language` is the one that the user reads."""

    id: UUID | None
    email: str
    name: str
    permissions: frozenset[str]
    session_id: UUID | None = None
    language: str = "en"

    is_authenticated = True  # what DRF and Django ask of a user
    is_active = True

    def can(self, *needed: str) -> bool:
        """Whether any one of the permissions `needed` is held."""
        held = self.permissions
        return any(grants(held, permission) for permission in needed)

    @property
    def user_id(self) -> UUID:
        """The id, where only a user will do. Raises TypeError for the system, which has no account."""
        if self.id is None:
            raise TypeError("the system has no account")
        return self.id

    @property
    def pk(self) -> UUID | None:
        return self.id


SYSTEM = Actor(id=None, email="system", name="System", permissions=frozenset({"*:*"}))
"""Commands and jobs act as this."""
