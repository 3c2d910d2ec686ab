"""Gates: which rows of a kind an actor may see. One gate per kind of object, asked by the API and the admin alike.

What a gate hides does not exist for the actor: in reads, lists, counts and searches it is a 404 or an absence.
"""

from collections.abc import Callable, Hashable
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from skeleton.db.counting import Counted
from skeleton.db.statements import Param
from skeleton.kernel.actors import Actor


class Gate(Protocol):
    """`scope` names what the actor may see, in few values; `rows` are those, the actor's id perhaps a Param."""

    def scope(self, actor: Actor) -> Hashable: ...

    def rows(self, scope: Hashable, actor_id: Any) -> QuerySet[Any]: ...


class OpenGate:
    """Whoever holds the permission of the route sees every row.

    `counted` says where PostgreSQL keeps the number of exactly these rows, if it does.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any]], *, counted: Counted | None = None) -> None:
        self._rows, self.counted = rows, counted

    def scope(self, actor: Actor) -> Hashable:
        return "all"

    def rows(self, scope: Hashable, actor_id: Any) -> QuerySet[Any]:
        return self._rows()


class OwnGate:
    """Everybody sees their own rows, those whose `owner` path leads to them; `unless` is the permission to see all."""

    def __init__(self, rows: Callable[[], QuerySet[Any]], *, owner: str, unless: str | None = None) -> None:
        self._rows, self._owner, self._unless = rows, owner, unless

    def scope(self, actor: Actor) -> Hashable:
        return "all" if self._unless and actor.can(self._unless) else "own"

    def rows(self, scope: Hashable, actor_id: Any) -> QuerySet[Any]:
        rows = self._rows()
        return rows if scope == "all" else rows.filter(Q(**{self._owner: actor_id}))


ACTOR = Param("actor_id")
"""Stands for the caller's id in a compiled statement."""


def visible(gate: Gate, actor: Actor) -> QuerySet[Any]:
    """The rows that `actor` may see, as an ordinary queryset."""
    return gate.rows(gate.scope(actor), actor.id)
