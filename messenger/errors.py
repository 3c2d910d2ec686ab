"""Messages for the constraints that exist only in SQL (migration 0002)."""

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Forbidden, NotFound

ARCHIVED = "The conversation is archived: it can be read, not written to."
DELETED = "The message was deleted."


def declare_constraints() -> None:
    """Register the messages. Called once, at startup."""
    declare("messenger_conversation_identity", Conflict, "What a conversation is, and between whom, stays.")
    declare("messenger_conversation_counted", Conflict, "The numbers of messages follow from the messages.")
    declare("messenger_conversation_permanent", Conflict, "A conversation is never deleted; it can be archived.")
    declare("messenger_conversation_archived", Conflict, ARCHIVED)
    declare("messenger_conversation_owner", Conflict, "A group is owned by one of its members.")
    declare("messenger_member_direct", Conflict, "A direct conversation keeps its two members.")
    declare("messenger_member_identity", Conflict, "A membership stays what it is.")
    declare("messenger_member_read_grows", Conflict, "What was read stays read.")
    declare("messenger_message_sender_is_member", NotFound, "There is no such conversation.")
    declare("messenger_message_identity", Conflict, "Place, sender and time of a message stay.")
    declare("messenger_message_deleted", Conflict, DELETED)
    declare("messenger_message_permanent", Conflict, "A message keeps its place; deleting it empties it.")
    declare("messenger_attachment_own_file", Forbidden, "Only one's own files can be attached.")
    declare("messenger_attachment_fixed", Conflict, "The attachments of a message stay as they were sent.")
    declare("messenger_event_append_only", Conflict, "What happened is never changed.")
