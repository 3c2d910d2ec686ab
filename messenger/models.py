"""Conversations, who is in them, what they wrote, and the log of what happened that streams are read from.

PostgreSQL keeps what must hold: the constraints here, and the triggers of migration 0002, which give each message its
`seq`, keep read marks from going back, and write the log.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messenger.choices import ConversationType, EventType
from skeleton.files.models import File
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record


class Conversation(Record):
    """Two people (`direct`) or any number of them (`group`), and what they wrote to each other.

    `last_seq` and `last_activity_at` follow from the messages. A direct conversation is between `low_user` and
    `high_user`, by their ids, and there is one between any two. A group has an owner as long as it has members.
    """

    type = models.CharField(max_length=6, choices=ConversationType.choices)
    name = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (the API says null)
    description = models.TextField(null=True, blank=True)  # noqa: DJ001
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    low_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    high_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    last_seq = models.BigIntegerField(default=0, editable=False)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "messenger_conversation"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(type__in=ConversationType.values),
                name="messenger_conversation_type_known",
                violation_error_message=_("Is not one of the values to choose from."),
                violation_error_code="type",
            ),
            models.CheckConstraint(
                condition=Q(type=ConversationType.GROUP, low_user=None, high_user=None)
                | Q(
                    type=ConversationType.DIRECT,
                    low_user__isnull=False,
                    high_user__isnull=False,
                    low_user__lt=F("high_user"),
                    owner=None,
                    name=None,
                    description=None,
                ),
                name="messenger_conversation_fits_type",
                violation_error_message=_("A direct conversation has two members and no name, a group an owner."),
            ),  # fmt: skip
            models.CheckConstraint(
                condition=~Q(name=""),
                name="messenger_conversation_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
            models.UniqueConstraint(
                fields=["low_user", "high_user"],
                name="messenger_conversation_direct_unique",
                violation_error_message=_("These two users already have a conversation."),
                violation_error_code="member_ids",
            ),
            models.CheckConstraint(
                condition=Q(last_seq__gte=0),
                name="messenger_conversation_last_seq",
                violation_error_message=_("Must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.type


class Member(models.Model):
    """That somebody is in a conversation, and how far they have read. `since` is where the log stood when they came."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="members", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    read_seq = models.BigIntegerField(default=0)
    since = models.BigIntegerField(default=0, editable=False)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "messenger_member"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["conversation", "user"],
                name="messenger_member_unique",
                violation_error_message=_("Is already a member."),
                violation_error_code="user_id",
            ),
            models.CheckConstraint(
                condition=Q(read_seq__gte=0),
                name="messenger_member_read_seq",
                violation_error_message=_("Must not be negative."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("user", "conversation", name="messenger_member_user"),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Message(models.Model):
    """What somebody wrote, at the place `seq` of its conversation: 1, 2, 3 …, given by PostgreSQL and without gaps.

    A deleted one keeps its place and nothing else. `client_id` is what its sender's client called it, once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="messages", db_index=False)
    seq = models.BigIntegerField(default=0, editable=False)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = models.TextField(null=True, blank=True)  # noqa: DJ001
    client_id = models.CharField(max_length=100, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "messenger_message"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["conversation", "seq"],
                name="messenger_message_seq_unique",
                violation_error_message=_("Two messages cannot have the same number."),
            ),
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_id"],
                name="messenger_message_client_id_unique",
                violation_error_message=_("There is already a message with this client_id."),
                violation_error_code="client_id",
            ),
            models.CheckConstraint(
                condition=Q(seq__gt=0),
                name="messenger_message_seq_positive",
                violation_error_message=_("Must be over 0."),
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(content=None),
                name="messenger_message_deleted_is_empty",
                violation_error_message=_("A deleted message has no content."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.content or ''}"


class Attachment(models.Model):
    """That a file came with a message, at the place `position`. The file can't be deleted meanwhile."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(
        Message, models.PROTECT, related_name="attachments", db_index=False, verbose_name=_("message")
    )
    position = models.IntegerField(verbose_name=_("position"))
    file = models.ForeignKey(File, models.PROTECT, related_name="+", verbose_name=_("file"))

    class Meta:
        db_table = "messenger_attachment"
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["message", "position"],
                name="messenger_attachment_position_unique",
                violation_error_message=_("Two attachments cannot have the same position."),
            ),
            models.UniqueConstraint(
                fields=["message", "file"],
                name="messenger_attachment_file_unique",
                violation_error_message=_("This file is already attached."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.position}"


_REFERENCE: dict[str, Any] = {"related_name": "+", "db_index": False, "db_constraint": False}
"""Of the log: what its triggers refer to is there, and is never deleted, so nothing is looked up and locked again."""


class Event(models.Model):
    """That something happened in a conversation: what streams are told, in the order of `position`.

    Written by triggers when the change commits, so that a reader who has seen one position never meets a lower one
    later. It names what changed and does not repeat it: a stream tells how it is when it is told.
    """

    position = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=20, choices=EventType.choices)
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, **_REFERENCE)
    message = models.ForeignKey(Message, models.DO_NOTHING, null=True, **_REFERENCE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, **_REFERENCE)
    seq = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "messenger_event"
        indexes: ClassVar[list[models.Index]] = [
            models.Index("conversation", "position", name="messenger_event_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.type}"


class Ticket(models.Model):
    """Opens one stream, once, within half a minute: for browsers, whose EventSource cannot send a token.

    Only its SHA-256 is kept. Behind it stands a session of the API; or one of the back office with the password that
    held then (a digest of its hash), for Django ends such a session when the password changes. The stream ends with it.
    """

    hash = models.BinaryField(max_length=32, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    session_id = models.UUIDField(null=True)
    web_session = models.CharField(max_length=40, null=True)  # noqa: DJ001
    web_password = models.CharField(max_length=32, null=True)  # noqa: DJ001
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "messenger_ticket"

    def __str__(self) -> str:
        return str(self.user_id)


class Presence(models.Model):
    """That a server process has a stream of somebody open. UNLOGGED (migration 0004): nothing is lost with it."""

    id = models.BigAutoField(primary_key=True)
    process = models.UUIDField()
    user_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "messenger_presence"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user_id", "process"],
                name="messenger_presence_unique",
                violation_error_message=_("This connection is already known."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.process}"
