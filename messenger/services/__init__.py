"""The services of conversations and messages."""

from messenger.services.conversations import (
    add_member,
    archive_conversation,
    create_conversation,
    mark_read,
    remove_member,
    unarchive_conversation,
    update_group,
)
from messenger.services.messages import delete_message, edit_message, send_message

__all__ = [
    "add_member",
    "archive_conversation",
    "create_conversation",
    "delete_message",
    "edit_message",
    "mark_read",
    "remove_member",
    "send_message",
    "unarchive_conversation",
    "update_group",
]
