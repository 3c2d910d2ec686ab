"""The actor: the representation of the caller that services, row-level policies and the audit log share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

from django.db.models import Model


def grants_permission(held: frozenset[str], needed: str) -> bool:
    """Return whether the permissions `held` grant `needed`: by itself, `<resource>:*` or `*:*`."""
    return needed in held or "*:*" in held or f"{needed.partition(':')[0]}:*" in held


def covers_permissions(held: frozenset[str], others: Iterable[str]) -> bool:
    """Return whether `held` grants all of `others`, including wildcards."""
    return all(grants_permission(held, permission) for permission in others)


@dataclass(frozen=True, slots=True, repr=False)
class Actor:
    """A user, or the system itself (no id), with the permissions of all roles.

    `language` is the user's language. An actor is not a Django user: comparing it with a model instance, or using it as
    a value of a query, raises TypeError."""

    id: UUID | None
    email: str
    name: str
    permissions: frozenset[str]
    session_id: UUID | None = None
    language: str = "en"

    is_authenticated = True  # required by DRF and Django
    is_active = True
    is_anonymous = False

    def __repr__(self) -> str:
        return f"Actor({self.id})"  # neither permissions nor session in messages and logs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Model):  # False would be wrong wherever a user is excluded
            raise TypeError(
                f"An actor is not a {type(other).__name__}: compare ids, such as obj.owner_id == request.user.id."
            )
        if not isinstance(other, Actor):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Actor.__slots__)

    def __hash__(self) -> int:
        return hash((self.id, self.email, self.permissions))

    def resolve_expression(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to be a value of a query. Django calls this for arguments of `filter()` and values of columns."""
        raise TypeError("An actor is not a value of a query: use its id, such as filter(owner_id=request.user.id).")

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise AttributeError(
                f"An actor has no {name!r}. Unlike Django's users, it has id, email, name and"
                " can('<resource>:<action>').",
                name=name,
                obj=self,
            )

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
