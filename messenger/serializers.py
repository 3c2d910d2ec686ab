"""The shape of conversations and messages in JSON."""

from messenger.choices import ConversationType
from messenger.queries import attachments_of_one, last_message_of_one, members_of_one
from skeleton.files.serializers import download_path
from skeleton.rest.fields import (
    BooleanField,
    Child,
    Children,
    ChoiceField,
    DateTimeField,
    FromColumns,
    IntegerField,
    ListField,
    TextField,
    UUIDField,
)
from skeleton.rest.serializers import InputSerializer, Serializer

LONGEST_MESSAGE = 10_000  # characters
MOST_MEMBERS, MOST_ATTACHMENTS = 500, 20


def _unread(last_seq: int, read_seq: int) -> int:
    return last_seq - read_seq


def _is_set(moment: object) -> bool:
    return moment is not None


# --- out --------------------------------------------------------------------------------------------------------------


class AttachmentSerializer(Serializer):
    id = UUIDField(source="file_id", help_text="The file's.")
    name = TextField(source="file.name")
    mime_type = TextField(source="file.mime_type")
    size = IntegerField(source="file.size", help_text="Bytes.")
    url = FromColumns(TextField(), "file_id", compute=download_path)


class ChatMessageSerializer(Serializer):
    """A message at its place `seq`, which is the order that everybody sees. A deleted one is empty."""

    id = UUIDField()
    seq = IntegerField(help_text="1, 2, 3 … in each conversation, without gaps.")
    conversation_id = UUIDField()
    sender_id = UUIDField()
    sender_name = TextField(source="sender.name")
    content = TextField(allow_null=True, max_length=LONGEST_MESSAGE)
    attachments = Children(AttachmentSerializer, attachments_of_one())
    client_id = TextField(allow_null=True, max_length=100)
    created_at = DateTimeField()
    edited_at = DateTimeField(allow_null=True)
    deleted_at = DateTimeField(allow_null=True)


class MemberSerializer(Serializer):
    user_id = UUIDField()
    name = TextField(source="user.name")
    email = TextField(source="user.email")
    read_seq = IntegerField(help_text="How far they have read.")
    joined_at = DateTimeField()


class ConversationRowSerializer(Serializer):
    """A conversation in a list."""

    id = UUIDField()
    type = ChoiceField(ConversationType.choices)
    name = TextField(source="title", allow_null=True, help_text="Of a direct one: the name of the other in it.")
    description = TextField(allow_null=True, max_length=LONGEST_MESSAGE)
    owner_id = UUIDField(allow_null=True, help_text="Null for a direct one.")
    archived = FromColumns(BooleanField(), "archived_at", compute=_is_set)
    archived_at = DateTimeField(allow_null=True)
    member_count = IntegerField()
    last_seq = IntegerField(help_text="The number of messages, and the place of the last one.")
    read_seq = IntegerField(help_text="How far you have read.")
    unread_count = FromColumns(IntegerField(), "last_seq", "read_seq", compute=_unread)
    last_message = Child(ChatMessageSerializer, last_message_of_one())
    last_activity_at = DateTimeField()
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class ConversationSerializer(ConversationRowSerializer):
    """A conversation with its members, the longest-standing first."""

    members = Children(MemberSerializer, members_of_one())


class ConversationEventSerializer(Serializer):
    """A conversation as all in it see it: what an event says of it."""

    id = UUIDField()
    type = ChoiceField(ConversationType.choices)
    name = TextField(allow_null=True)
    description = TextField(allow_null=True, max_length=LONGEST_MESSAGE)
    owner_id = UUIDField(allow_null=True)
    archived = FromColumns(BooleanField(), "archived_at", compute=_is_set)
    archived_at = DateTimeField(allow_null=True)
    member_count = IntegerField()
    last_seq = IntegerField()
    members = Children(MemberSerializer, members_of_one())


class TicketSerializer(Serializer):
    ticket = TextField(help_text="For `?ticket=` of one stream.")
    expires_at = DateTimeField()


# --- in ---------------------------------------------------------------------------------------------------------------


class ConversationInputSerializer(InputSerializer):
    output_serializer_class = ConversationSerializer
    type = ChoiceField(ConversationType.choices)
    member_ids = ListField(
        child=UUIDField(), min_length=1, max_length=MOST_MEMBERS, help_text="Users; you are one in any case."
    )
    name = TextField(required=False, allow_null=True, help_text="Of a group.")
    description = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE, help_text="Of a group.")


class GroupInputSerializer(InputSerializer):
    output_serializer_class = ConversationSerializer
    name = TextField()
    description = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE)


class MemberInputSerializer(InputSerializer):
    user_id = UUIDField()


class MessageInputSerializer(InputSerializer):
    output_serializer_class = ChatMessageSerializer
    content = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE, trim_whitespace=False)
    attachments = ListField(child=UUIDField(), max_length=MOST_ATTACHMENTS, required=False, help_text="Your own files.")
    client_id = TextField(
        required=False,
        allow_null=True,
        max_length=100,
        help_text="Your name for this message: sent again, it gives the first one back and makes no second.",
    )


class MessageUpdateInputSerializer(InputSerializer):
    output_serializer_class = ChatMessageSerializer
    content = TextField(max_length=LONGEST_MESSAGE, trim_whitespace=False)


class ReadInputSerializer(InputSerializer):
    seq = IntegerField(min_value=0, max_value=2**63 - 1, help_text="The last message that was read.")
