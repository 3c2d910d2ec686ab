"""Telling those who are not connected that somebody has written to them."""

from uuid import UUID

from messenger.presence import FRESH_SECONDS
from skeleton.db.fetching import fetch
from skeleton.identity.queries import Recipient
from skeleton.kernel.actors import Actor
from skeleton.notifications.choices import Event
from skeleton.notifications.services import notify

EXCERPT = 200  # characters

# Who had read everything before this message, and has no stream open anywhere. Of what comes after they are told by the
# number of unread messages: one notification until they have looked.
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


def tell_those_away(*, conversation_id: UUID, message_id: UUID, text: str, sender: Actor) -> None:
    """To be called in the verb that writes the message. `text` is what it says, or the names of its files."""
    away = [Recipient(*row) for row in fetch(_AWAY, [message_id])]
    if away:
        excerpt = text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…"
        values = {"sender": sender.name, "text": excerpt}
        notify(event=Event.MESSAGE, recipients=away, values=values, link=f"/api/v1/conversations/{conversation_id}")
