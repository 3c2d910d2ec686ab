"""Row-level policy: members of a conversation see it and its messages. For everyone else it does not exist."""

from typing import Any

from messenger.models import Conversation
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound


def require_member(conversation_id: Any, actor: Actor) -> None:
    """Raise NotFound unless the actor is a member of the conversation."""
    if not Conversation.objects.visible_to(actor).filter(pk=conversation_id).exists():
        raise NotFound
