"""Reads events from the log for streams, together with their recipients.

Everything about a batch (the events, the members of the conversations, the messages, the valid sessions) is read in one
snapshot. Therefore nobody receives events from after their removal or logout, whatever is committed in the meantime.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import BooleanField, F, Field, Func, Model

from messenger.models import Conversation, Message
from messenger.serializers import ChatMessageSerializer, ConversationEventSerializer
from skeleton.db.compiled_sql import CompiledSQL, Placeholder, compile_rows
from skeleton.db.fetching import fetch
from skeleton.rest.http import dump_json
from skeleton.rest.row_mappers import RowMapper, row_mapper

PAGE = 200
"""Events read at a time."""


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """A serialized event, and the ids of the users who may receive it (None: the user it was read for)."""

    position: int
    frame: bytes
    recipient_ids: frozenset[UUID] | None


@dataclass(frozen=True, slots=True)
class Log:
    """The range of positions in the log. Older events have been removed, and later ones do not exist yet."""

    oldest: int
    newest: int

    def covers(self, position: int) -> bool:
        """Return whether the log contains every event after `position`."""
        return self.oldest - 1 <= position <= self.newest


def log_now() -> Log:
    """Return the positions visible now. No event will be added below the newest one (migration 0002)."""
    ((oldest, newest),) = fetch(
        "SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM messenger_event", []
    )
    return Log(oldest, newest)


_COLUMNS = "e.position, e.type, e.conversation_id, e.message_id, e.user_id, e.seq"

_NOT_MISSED = """NOT EXISTS (
        SELECT FROM messenger_absence a
        WHERE a.conversation_id = m.conversation_id AND a.user_id = m.user_id AND e.message_id IS NOT NULL
          AND a.after_seq < e.seq AND a.until_seq >= e.seq)"""
"""The event is not about a message that was written while the member was absent."""

_NEW_EVENTS = f"""
    SELECT {_COLUMNS},
           ARRAY(SELECT m.user_id FROM messenger_member m
                 WHERE m.conversation_id = e.conversation_id AND m.since < e.position AND m.user_id = ANY(%s)
                   AND {_NOT_MISSED})
    FROM messenger_event e WHERE e.position > %s ORDER BY e.position LIMIT {PAGE}
"""  # noqa: S608 (constants only)

_MISSED_EVENTS = f"""
    SELECT {_COLUMNS}, NULL
    FROM messenger_member m CROSS JOIN LATERAL (
        SELECT * FROM messenger_event e
        WHERE e.conversation_id = m.conversation_id AND e.position > greatest(%s, m.since) AND e.position <= %s
          AND {_NOT_MISSED}
        ORDER BY e.position LIMIT {PAGE}
    ) e
    WHERE m.user_id = %s ORDER BY e.position LIMIT {PAGE}
"""  # noqa: S608


def new_events(after: int, until: int, listeners: Sequence[UUID]) -> tuple[list[OutgoingEvent], int]:
    """Return the next events for any of `listeners` (ids of users), and the position up to which they were read.

    Must be called in a snapshot, in which `until` is the newest position.
    """
    rows = fetch(_NEW_EVENTS, [list(listeners), after])
    return _serialize(rows), _reached(rows, until)


def missed_events(user_id: UUID, after: int, until: int) -> tuple[list[OutgoingEvent], int]:
    """Return the next events for one user after `after` and up to `until`, and the position reached."""
    rows = fetch(_MISSED_EVENTS, [after, until, user_id])
    return _serialize(rows), _reached(rows, until)


def _reached(rows: Sequence[Sequence[Any]], until: int) -> int:
    return int(rows[-1][0]) if len(rows) == PAGE else until


def _serialize(rows: Iterable[Sequence[Any]]) -> list[OutgoingEvent]:
    found = [row for row in rows if row[6] is None or row[6]]  # those with recipients
    messages = _objects(Message, {row[3] for row in found if row[3]})
    states = _objects(Conversation, {row[2] for row in found if row[1] == "conversation.updated"})
    events = []
    for position, kind, conversation_id, message_id, user_id, seq, recipient_ids in found:
        data: dict[str, Any] = {"conversation_id": conversation_id}
        if message_id:
            data["message"] = messages[message_id]
        elif kind == "conversation.updated":
            data["conversation"] = states[conversation_id]
        else:
            data |= {"user_id": user_id, "seq": seq}
        events.append(
            OutgoingEvent(
                position,
                event_frame(position, kind, data),
                frozenset(recipient_ids) if recipient_ids is not None else None,
            )
        )
    return events


def event_frame(position: int, kind: str, data: dict[str, Any]) -> bytes:
    """Return an event in the format of server-sent events. The JSON contains no line breaks."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, kind.encode(), dump_json(data))


def heartbeat_frame(position: int) -> bytes:
    """Return a heartbeat that contains only the position, which the client stores, and keeps the connection alive."""
    return b": \nid: %d\n\n" % position


STREAM_STARTED, STREAM_RESET = "stream.started", "stream.reset"
"""The first event of a stream. `stream.reset` means that the log does not cover what was missed: reload everything."""


class _OneOf(Func):
    """`key = ANY(ids)`: any number of ids in one parameter."""

    arg_joiner = " = ANY("
    template = "(%(expressions)s))"
    output_field: ClassVar["Field[Any, Any]"] = BooleanField()
    conditional = True


def _objects(model: type[Model], ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    if not ids:
        return {}
    statement, mapper = _reading(model)
    return {row[0]: mapper.build(row) for row in statement.run({"ids": list(ids)})}


@cache
def _reading(model: type[Model]) -> tuple[CompiledSQL, RowMapper]:
    """Return the compiled query that reads objects of the model by id. The first column is the id."""
    mapper = row_mapper(ChatMessageSerializer if model is Message else ConversationEventSerializer)
    rows = Message.objects.all() if model is Message else Conversation.objects.with_member_count()
    found = rows.annotate(**mapper.annotations).filter(_OneOf(F("pk"), Placeholder("ids")))
    return compile_rows(found, mapper.columns), mapper
