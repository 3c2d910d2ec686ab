"""The types of conversations and of their events."""

from django.db.models import TextChoices


class ConversationType(TextChoices):
    DIRECT = "direct"
    GROUP = "group"


class EventType(TextChoices):
    """The events of a stream, with the names of the API specification."""

    MESSAGE_CREATED = "message.created"
    MESSAGE_UPDATED = "message.updated"
    MESSAGE_DELETED = "message.deleted"
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_UPDATED = "conversation.updated"
