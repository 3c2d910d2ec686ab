"""Conversations, members and messages.

PostgreSQL enforces the invariants: with the constraints here, and with the triggers of migration 0002, which assign
each message's `seq` and prevent read marks from going back. Those of migration 0009 write the events.
"""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messenger.choices import ConversationType
from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.files.models import File
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record


class ConversationQuerySet(RowLevelQuerySet["Conversation"]):
    """Conversations, as their members see them."""

    def visible_to(self, actor: Any) -> Self:
        """Return the actor's conversations. No permission gives access to those of others."""
        return self.of_member(actor.id)

    @keyed
    def of_member(self, user_id: Any) -> "models.QuerySet[Conversation]":
        """Return those that a user is in, each with how far they have read (`read_seq`) and its `title` for them.

        `deleted_count` is the number of deleted messages after the read mark, `viewer_id` is the user.
        """
        rows = self.with_member_count().filter(members__user_id=user_id)
        rows = rows.annotate(read_seq=F("members__read_seq"), viewer_id=F("members__user_id"))
        rows = rows.annotate(deleted_count=_deleted_after(OuterRef("read_seq")))
        return _titled(rows, user_id)

    @keyed
    def as_left_by(self, user_id: Any) -> "models.QuerySet[Conversation]":
        """Return all, as a user sees them who has just left: everything is read."""
        rows = self.with_member_count().annotate(read_seq=F("last_seq"))
        nobody = Value(None, output_field=models.UUIDField())
        return _titled(rows.annotate(deleted_count=Value(0), viewer_id=nobody), user_id)

    @keyed(keeps_rows=True)
    def with_member_count(self) -> "models.QuerySet[Conversation]":
        """Add the number of members."""
        members = Member.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
        return self.annotate(member_count=Coalesce(Subquery(members.values(n=Count("*"))), 0))


def _deleted_after(read_seq: Any) -> Any:
    """Return the number of the conversation's deleted messages after a read mark, which are not unread."""
    rows = Message.objects.filter(conversation=OuterRef("pk"), seq__gt=read_seq, deleted_at__isnull=False)
    counted = rows.order_by().values("conversation").values(n=Count("*"))
    return Coalesce(Subquery(counted), 0)


def _titled(rows: "models.QuerySet[Conversation]", user_id: Any) -> "models.QuerySet[Conversation]":
    """Add `title`: a direct conversation is called as the other one in it."""
    other = Case(When(low_user_id=user_id, then=F("high_user__name")), default=F("low_user__name"))
    title = Case(When(type=ConversationType.DIRECT, then=other), default=F("name"), output_field=CharField())
    return rows.annotate(title=title)


class Conversation(Record):
    """A conversation between two users (`direct`) or any number of users (`group`).

    `last_seq` and `last_activity_at` are derived from the messages. A direct conversation is between `low_user` and
    `high_user`, ordered by id; there is at most one per pair. A group has an owner as long as it has members.
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

    objects = ConversationQuerySet.as_manager()

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
            ),
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
    """A user's membership in a conversation, with their read mark.

    `since` is the number of the last event before they joined: streams send them later ones only.
    """

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


class Absence(models.Model):
    """The messages that a user missed in a conversation while removed from it: after `after_seq`, until `until_seq`.

    Written only by PostgreSQL. `until_seq` is empty until the user is added again. A member never reads such messages.
    """

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    after_seq = models.BigIntegerField()
    until_seq = models.BigIntegerField(null=True)

    class Meta:
        db_table = "messenger_absence"
        indexes: ClassVar[list[models.Index]] = [
            models.Index("conversation", "user", name="messenger_absence_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.after_seq} – {self.until_seq}"


def missed_by(user: Any, message: str = "") -> Exists:
    """Return a condition: the user was not a member when the message was written. `message` is its path with `__`."""
    place = OuterRef(f"{message}seq")
    return Exists(
        Absence.objects.filter(
            user_id=user, conversation=OuterRef(f"{message}conversation"), after_seq__lt=place, until_seq__gte=place
        )
    )


class MessageQuerySet(RowLevelQuerySet["Message"]):
    """Messages of conversations."""

    def visible_to(self, actor: Any) -> Self:
        """Return the messages that the actor may read."""
        return self.seen_by(actor.id)

    @keyed
    def seen_by(self, user_id: Any) -> "models.QuerySet[Message]":
        """Return the messages of all conversations that a user is in, except those written during an absence."""
        return self.filter(~missed_by(user_id), conversation__members__user_id=user_id)

    @keyed
    def within(self, conversation_id: Any) -> "models.QuerySet[Message]":
        """Return the messages of one conversation."""
        return self.filter(conversation_id=conversation_id)


class Message(models.Model):
    """A message. `seq` is its number in the conversation (1, 2, 3 …), assigned by PostgreSQL without gaps.

    A deleted message keeps its number but no content. `client_id` is a unique id from the sender's client, which makes
    sending idempotent.
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

    objects = MessageQuerySet.as_manager()

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
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "conversation", "seq", name="messenger_message_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.content or ''}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments of messages."""

    def seen_by(self, user_id: Any) -> Self:
        """Return the attachments of the messages that a user may read."""
        return self.filter(~missed_by(user_id, "message__"), message__conversation__members__user_id=user_id)


class Attachment(models.Model):
    """A file attached to a message, at `position`. An attached file cannot be deleted."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(
        Message, models.PROTECT, related_name="attachments", db_index=False, verbose_name=_("message")
    )
    position = models.IntegerField(verbose_name=_("position"))
    file = models.ForeignKey(File, models.PROTECT, related_name="+", verbose_name=_("file"))

    objects = AttachmentQuerySet.as_manager()

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


class Ticket(models.Model):
    """A ticket that opens one stream, once, within half a minute, because a browser's EventSource cannot send a token.

    Only its SHA-256 is stored. It belongs to an API session, or to a back-office session and the current password (a
    digest of its hash), because Django ends such a session when the password changes. The stream ends with the session.
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
    """A record that a server process has an open stream of a user. The table is UNLOGGED, as losing it is harmless."""

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
