"""Serializers of conversations and messages."""

from messenger.choices import ConversationType
from messenger.queries import attachments_of_one, last_message_of_one, members_of_one
from skeleton.files.serializers import download_path
from skeleton.rest.computed_fields import Child, Children, FromColumns
from skeleton.rest.fields import BooleanField, ChoiceField, DateTimeField, IntegerField, ListField, TextField, UUIDField
from skeleton.rest.serializers import InputSerializer, Serializer

LONGEST_MESSAGE = 10_000  # characters
MOST_MEMBERS, MOST_ATTACHMENTS = 500, 20


def _unread(last_seq: int, read_seq: int, deleted_count: int) -> int:
    return last_seq - read_seq - deleted_count


def _is_set(moment: object) -> bool:
    return moment is not None


# --- out --------------------------------------------------------------------------------------------------------------


class AttachmentSerializer(Serializer):
    id = UUIDField(source="file_id", help_text="The file's id.")
    name = TextField(source="file.name")
    mime_type = TextField(source="file.mime_type")
    size = IntegerField(source="file.size", help_text="Bytes.")
    url = FromColumns(TextField(), "file_id", compute=download_path)


class ChatMessageSerializer(Serializer):
    """A message. `seq` is its position, in the order that all members see. A deleted message is empty."""

    id = UUIDField()
    seq = IntegerField(help_text="1, 2, 3 … within the conversation, without gaps.")
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
    read_seq = IntegerField(help_text="The `seq` of the last message that they have read.")
    joined_at = DateTimeField()


class ConversationRowSerializer(Serializer):
    """A conversation in a list."""

    id = UUIDField()
    type = ChoiceField(ConversationType.choices)
    name = TextField(
        source="title", allow_null=True, help_text="In a direct conversation, the name of the other member."
    )
    description = TextField(allow_null=True, max_length=LONGEST_MESSAGE)
    owner_id = UUIDField(allow_null=True, help_text="Null for direct conversations.")
    archived = FromColumns(BooleanField(), "archived_at", compute=_is_set)
    archived_at = DateTimeField(allow_null=True)
    member_count = IntegerField()
    last_seq = IntegerField(help_text="The number of messages, which is the `seq` of the last one.")
    read_seq = IntegerField(help_text="The `seq` of the last message that you have read.")
    unread_count = FromColumns(
        IntegerField(help_text="Messages after `read_seq` that were not deleted."),
        "last_seq",
        "read_seq",
        "deleted_count",
        compute=_unread,
    )
    last_message = Child(ChatMessageSerializer, last_message_of_one())
    last_activity_at = DateTimeField()
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class ConversationSerializer(ConversationRowSerializer):
    """A conversation with its members, longest-standing first."""

    members = Children(MemberSerializer, members_of_one())


class ConversationEventSerializer(Serializer):
    """A conversation in an event: the fields that are the same for all members."""

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
    ticket = TextField(help_text="Pass it as `?ticket=` when opening a stream.")
    expires_at = DateTimeField()


# --- in ---------------------------------------------------------------------------------------------------------------


class ConversationInputSerializer(InputSerializer):
    output_serializer_class = ConversationSerializer
    type = ChoiceField(ConversationType.choices)
    member_ids = ListField(
        child=UUIDField(), min_length=1, max_length=MOST_MEMBERS, help_text="Users. You are always a member yourself."
    )
    name = TextField(required=False, allow_null=True, help_text="Groups only.")
    description = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE, help_text="Groups only.")


class GroupInputSerializer(InputSerializer):
    output_serializer_class = ConversationSerializer
    name = TextField()
    description = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE)


class MemberInputSerializer(InputSerializer):
    user_id = UUIDField()


class MessageInputSerializer(InputSerializer):
    output_serializer_class = ChatMessageSerializer
    content = TextField(required=False, allow_null=True, max_length=LONGEST_MESSAGE, trim_whitespace=False)
    attachments = ListField(
        child=UUIDField(), max_length=MOST_ATTACHMENTS, required=False, help_text="Ids of your own files."
    )
    client_id = TextField(
        required=False,
        allow_null=True,
        max_length=100,
        help_text="Your own id for this message. Repeating it returns the first message.",
    )


class MessageUpdateInputSerializer(InputSerializer):
    output_serializer_class = ChatMessageSerializer
    content = TextField(max_length=LONGEST_MESSAGE, trim_whitespace=False)


class ReadInputSerializer(InputSerializer):
    seq = IntegerField(min_value=0, max_value=2**63 - 1, help_text="The last message that you have read.")
