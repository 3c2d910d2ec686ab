"""Messages for the constraints that exist only in SQL (migration 0002)."""

from django.utils.translation import gettext_lazy as _

from skeleton.kernel.constraints import declare
from skeleton.kernel.errors import Conflict, Forbidden, NotFound

ARCHIVED = _("The conversation is archived. It can be read, but not written to.")
DELETED = _("The message was deleted.")


def declare_constraints() -> None:
    """Register the messages. Called once, at startup."""
    declare(
        "messenger_conversation_identity",
        Conflict,
        _("The type of a conversation and the members of a direct one cannot be changed."),
    )
    declare("messenger_conversation_counted", Conflict, _("The numbers of messages are assigned automatically."))
    declare("messenger_conversation_permanent", Conflict, _("A conversation cannot be deleted. Archive it instead."))
    declare("messenger_conversation_archived", Conflict, ARCHIVED)
    declare("messenger_conversation_owner", Conflict, _("The owner of a group must be one of its members."))
    declare("messenger_member_direct", Conflict, _("The two members of a direct conversation cannot be changed."))
    declare("messenger_member_identity", Conflict, _("A membership cannot be changed."))
    declare("messenger_member_read_grows", Conflict, _("Read messages cannot become unread."))
    declare("messenger_message_sender_is_member", NotFound, _("There is no such conversation."))
    declare("messenger_message_identity", Conflict, _("The place, sender and time of a message cannot be changed."))
    declare("messenger_message_deleted", Conflict, DELETED)
    declare("messenger_message_permanent", Conflict, _("A message keeps its place; deleting it empties it."))
    declare("messenger_attachment_own_file", Forbidden, _("You can only attach your own files."))
    declare("messenger_attachment_fixed", Conflict, _("The attachments of a message cannot be changed."))
