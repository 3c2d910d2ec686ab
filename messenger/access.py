"""Who sees what: whoever is in a conversation sees it and what was written in it. For anybody else there is nothing."""

from collections.abc import Callable, Hashable
from typing import Any

from django.db.models import QuerySet

from messenger.queries import conversations_of, conversations_without, messages_of
from skeleton.db.access import visible
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound

MEMBER, LEFT = "member", "left"
"""Scopes of the gate: what one is in; and what one has just left, shown once more as the answer to leaving it."""


class MembersGate:
    """The rows that an actor sees by being in their conversation. No permission opens others' conversations."""

    def __init__(self, rows: Callable[[Any], QuerySet[Any]], *, left: Callable[[Any], QuerySet[Any]] | None = None):
        self._rows = {MEMBER: rows, LEFT: left}

    def scope(self, actor: Actor) -> Hashable:
        return MEMBER

    def rows(self, scope: Hashable, actor_id: Any) -> QuerySet[Any]:
        rows = self._rows[str(scope)]
        if rows is None:
            raise ValueError(f"nothing is seen as {scope}")
        return rows(actor_id)


CONVERSATIONS = MembersGate(conversations_of, left=conversations_without)
MESSAGES = MembersGate(messages_of)


def require_member(conversation_id: Any, actor: Actor) -> None:
    """Raises NotFound for anybody who is not in the conversation."""
    if not visible(CONVERSATIONS, actor).filter(pk=conversation_id).exists():
        raise NotFound
