"""Queries for conversations and messages, as their members see them."""

from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from messenger.choices import ConversationType
from messenger.models import Attachment, Conversation, Member, Message


def conversations() -> QuerySet[Conversation]:
    """Return all conversations with their number of members."""
    members = Member.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    return Conversation.objects.annotate(member_count=Coalesce(Subquery(members.values(n=Count("*"))), 0))


def conversations_of(user_id: Any) -> QuerySet[Conversation]:
    """Return the user's conversations, each with the position they have read to and the title they see."""
    rows = conversations().filter(members__user_id=user_id).annotate(read_seq=F("members__read_seq"))
    return _titled(rows, user_id)


def conversations_without(user_id: Any) -> QuerySet[Conversation]:
    """Return all conversations as seen by a user who has just left: with everything read."""
    return _titled(conversations().annotate(read_seq=F("last_seq")), user_id)


def _titled(rows: QuerySet[Conversation], user_id: Any) -> QuerySet[Conversation]:
    """Add the title: the other member's name for a direct conversation, otherwise its own name."""
    other = Case(When(low_user_id=user_id, then=F("high_user__name")), default=F("low_user__name"))
    title = Case(When(type=ConversationType.DIRECT, then=other), default=F("name"), output_field=CharField())
    return rows.annotate(title=title)


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


def messages_of(user_id: Any) -> QuerySet[Message]:
    """Return the messages of all conversations that the user is in."""
    return Message.objects.filter(conversation__members__user_id=user_id)
