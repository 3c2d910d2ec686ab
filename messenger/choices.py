"""The kinds of conversation, and of what happens in one."""

from django.db.models import TextChoices


class ConversationType(TextChoices):
    DIRECT = "direct"
    GROUP = "group"


class EventType(TextChoices):
    """What a stream tells; the names are those of the contract."""

    MESSAGE_CREATED = "message.created"
    MESSAGE_UPDATED = "message.updated"
    MESSAGE_DELETED = "message.deleted"
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_UPDATED = "conversation.updated"
