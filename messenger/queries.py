"""Queries for conversations and messages, as their members see them."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Sum

from messenger.models import Attachment, Conversation, Member, Message, missed_by


def unread_of(user_id: Any) -> int:
    """Return the number of the user's unread messages in all conversations that are not archived."""
    own = Conversation.objects.of_member(user_id).filter(archived_at=None)
    unread = own.aggregate(n=Sum(F("last_seq") - F("read_seq") - F("deleted_count")))["n"]
    return int(unread or 0)


def members_of_one() -> QuerySet[Member]:
    """Return the members of the outer query's conversation, in the order in which they joined."""
    return Member.objects.filter(conversation=OuterRef("pk")).order_by("joined_at", "id")


def last_message_of_one() -> QuerySet[Message]:
    """Return the last message of the outer query's conversation, unless it was written during the viewer's absence."""
    missed = missed_by(OuterRef(OuterRef("viewer_id")))
    return Message.objects.filter(~missed, conversation=OuterRef("pk"), seq=OuterRef("last_seq"))


def attachments_of_one() -> QuerySet[Attachment]:
    return Attachment.objects.filter(message=OuterRef("pk")).order_by("position")
