"""Who may ask about a conversation: whoever is in it. For anybody else there is none."""

from typing import Any

from messenger.models import Conversation
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import NotFound


def require_member(conversation_id: Any, actor: Actor) -> None:
    """Raises NotFound for anybody who is not in the conversation."""
    if not Conversation.objects.visible_to(actor).filter(pk=conversation_id).exists():
        raise NotFound
