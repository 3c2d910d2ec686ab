"""Conversations for tests, created with the services."""

from typing import Any
from uuid import UUID

from messenger import services
from messenger.models import Conversation, Message
from skeleton.identity.models import User
from skeleton.identity.tests.factories import actor_of
from skeleton.kernel.actors import Actor


def conversation(by: User, *others: User, type: str = "group", **fields: Any) -> Conversation:  # noqa: A002
    values = {"type": type, "member_ids": [user.pk for user in others], **fields}
    pk, _ = services.create_conversation(values=values, actor=actor_of(by))
    return Conversation.objects.get(pk=pk)


def message(by: User, where: Conversation, content: str = "Hello!", **fields: Any) -> Message:
    pk = send(actor_of(by), where.pk, content, **fields)
    return Message.objects.get(pk=pk)


def send(actor: Actor, conversation_id: UUID, content: str = "Hello!", **fields: Any) -> UUID:
    pk, _ = services.send_message(conversation_id=conversation_id, values={"content": content, **fields}, actor=actor)
    return pk
