"""Notifications about new messages, for members who aren't connected."""

from uuid import UUID

from messenger.presence import FRESH_SECONDS
from skeleton.db.fetching import fetch
from skeleton.identity.queries import Recipient
from skeleton.kernel.actors import Actor
from skeleton.notifications.choices import Event
from skeleton.notifications.services import notify

EXCERPT = 200  # characters

# Members who had read everything before this message and have no open stream. So there is one notification until they
# read the conversation; later messages only increase the number of unread ones.
_AWAY = f"""
    SELECT m.user_id, u.language
    FROM messenger_message g
    JOIN messenger_member m ON m.conversation_id = g.conversation_id AND m.user_id <> g.sender_id
    JOIN identity_user u ON u.id = m.user_id AND u.is_active
    WHERE g.id = %s AND m.read_seq = g.seq - 1 AND NOT EXISTS (
        SELECT FROM messenger_presence p
        WHERE p.user_id = m.user_id AND p.seen_at > clock_timestamp() - interval '{FRESH_SECONDS} seconds'
    )
"""  # noqa: S608 (constants only)


def notify_offline_members(*, conversation_id: UUID, message_id: UUID, text: str, sender: Actor) -> None:
    """Notify members who are away. Call this in the message's transaction. `text` is its text, or its file names."""
    away = [Recipient(*row) for row in fetch(_AWAY, [message_id])]
    if away:
        excerpt = text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
        values = {"sender": sender.name, "text": excerpt}
        notify(event=Event.MESSAGE, recipients=away, values=values, link=f"/api/v1/conversations/{conversation_id}")
