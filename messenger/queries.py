"""Queries for conversations and messages, as their members see them."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Sum

from messenger.models import Attachment, Member, Message


def unread_of(user_id: Any) -> int:
    """Return the number of the user's unread messages in all conversations that are not archived."""
    own = Member.objects.filter(user_id=user_id, conversation__archived_at=None)
    unread = own.aggregate(n=Sum(F("conversation__last_seq") - F("read_seq")))["n"]
    return int(unread or 0)


def members_of_one() -> QuerySet[Member]:
    """Return the members of the outer query's conversation, in the order in which they joined."""
    return Member.objects.filter(conversation=OuterRef("pk")).order_by("joined_at", "id")


def last_message_of_one() -> QuerySet[Message]:
    return Message.objects.filter(conversation=OuterRef("pk"), seq=OuterRef("last_seq"))


def attachments_of_one() -> QuerySet[Attachment]:
    return Attachment.objects.filter(message=OuterRef("pk")).order_by("position")
