"""Row-level policy: members of a conversation see it and its messages. For everyone else it does not exist."""

from collections.abc import Callable, Hashable
from typing import Any

from django.db.models import QuerySet

from messenger.queries import conversations_of, conversations_without, messages_of
from skeleton.db.access import visible
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound

MEMBER, LEFT = "member", "left"
"""Scopes of the gate: conversations the actor is in, and one just left, which is returned once more in the response."""


class MembersGate:
    """Shows an actor the rows of their own conversations. No permission gives access to other conversations."""

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
    """Raise NotFound unless the actor is a member of the conversation."""
    if not visible(CONVERSATIONS, actor).filter(pk=conversation_id).exists():
        raise NotFound
