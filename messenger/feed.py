"""Reads events from the log for streams, together with their recipients.

Everything about a batch (the events, the members of the conversations, the messages, the valid sessions) is read in one
snapshot. Therefore nobody receives events from after their removal or logout, whatever is committed in the meantime.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import BooleanField, F, Field, Func, Model

from messenger.authorization import valid_authorizations
from messenger.models import Conversation, Message
from messenger.presence import PresenceRegistry
from messenger.serializers import ChatMessageSerializer, ConversationEventSerializer
from messenger.services.tickets import StreamAuthorization
from skeleton.db.compiled_sql import CompiledSQL, Placeholder, compile_rows
from skeleton.db.fetching import fetch
from skeleton.events.frames import OutgoingEvent, event_frame
from skeleton.events.hub import Feed, Hub, Listener
from skeleton.rest.row_mappers import RowMapper, row_mapper

PAGE = 200
"""Events read at a time."""


_COLUMNS = """
    e.position, e.source, e.verb, e.scope_id, e.resource_id, (e.data->>'user_id')::uuid, (e.data->>'seq')::bigint"""

_NOT_MISSED = """NOT EXISTS (
        SELECT FROM messenger_absence a JOIN messenger_message missed ON missed.id = e.resource_id
        WHERE a.conversation_id = m.conversation_id AND a.user_id = m.user_id AND e.source = 'messenger_message'
          AND a.after_seq < missed.seq AND a.until_seq >= missed.seq)"""
"""The event is not about a message that was written while the member was absent."""

_NEW_EVENTS = f"""
    SELECT {_COLUMNS},
           ARRAY(SELECT m.user_id FROM messenger_member m
                 WHERE m.conversation_id = e.scope_id AND m.since < e.number AND m.user_id = ANY(%s)
                   AND {_NOT_MISSED})
    FROM events_event e
    WHERE e.position > %s AND e.position <= %s AND e.resource = 'messenger' AND e.scope_id IS NOT NULL
    ORDER BY e.position LIMIT {PAGE}
"""  # noqa: S608 (constants only)

_MISSED_EVENTS = f"""
    SELECT {_COLUMNS}, ARRAY[m.user_id]
    FROM messenger_member m CROSS JOIN LATERAL (
        SELECT * FROM events_event e
        WHERE e.scope_id = m.conversation_id AND e.position > %s AND e.position <= %s AND e.number > m.since
          AND {_NOT_MISSED}
        ORDER BY e.position LIMIT {PAGE}
    ) e
    WHERE m.user_id = %s ORDER BY e.position LIMIT {PAGE}
"""  # noqa: S608


class MessengerFeed(Feed):
    """Sends each user the events of their conversations, and records who is connected."""

    name = "messenger"

    @cached_property
    def _presence(self) -> PresenceRegistry:
        """Return the records of this process, which begin with its first stream: the server forks before."""
        return PresenceRegistry()

    def new_events(
        self, listeners: Sequence[Listener], after: int, until: int
    ) -> tuple[dict[Listener, list[OutgoingEvent]], int]:
        by_user: dict[UUID, list[Listener]] = {}
        for listener in listeners:
            by_user.setdefault(listener.authorization.user_id, []).append(listener)
        rows = fetch(_NEW_EVENTS, [list(by_user), after, until])
        found: dict[Listener, list[OutgoingEvent]] = {}
        for event, user_ids in _serialize(rows):
            for user_id in user_ids:
                for listener in by_user[user_id]:
                    found.setdefault(listener, []).append(event)
        return found, _reached(rows, until)

    def missed_events(self, listener: Listener, after: int, until: int) -> tuple[list[OutgoingEvent], int]:
        return missed_events(listener.authorization.user_id, after, until)

    def valid_authorizations(self, authorizations: set[StreamAuthorization]) -> set[StreamAuthorization]:
        return valid_authorizations(authorizations)

    def connected(self, user_ids: Collection[UUID]) -> None:
        self._presence.update(user_ids)

    def renew(self) -> None:
        self._presence.renew()

    def reset(self) -> None:
        self._presence.reset()


def missed_events(user_id: UUID, after: int, until: int) -> tuple[list[OutgoingEvent], int]:
    """Return the next events for one user after `after` and up to `until`, and the position reached."""
    rows = fetch(_MISSED_EVENTS, [after, until, user_id])
    return [event for event, _ in _serialize(rows)], _reached(rows, until)


def _reached(rows: Sequence[Sequence[Any]], until: int) -> int:
    return int(rows[-1][0]) if len(rows) == PAGE else until


def _serialize(rows: Iterable[Sequence[Any]]) -> list[tuple[OutgoingEvent, Sequence[UUID]]]:
    """Return the events that have recipients, with the ids of these."""
    found = [row for row in rows if row[7]]
    messages = _objects(Message, {row[4] for row in found if row[1] == "messenger_message"})
    states = _objects(Conversation, {row[3] for row in found if row[1] == "messenger_conversation"})
    events = []
    for position, source, verb, conversation_id, object_id, user_id, seq, recipient_ids in found:
        sent: dict[str, Any] = {"conversation_id": conversation_id}
        if source == "messenger_message":
            kind, sent["message"] = f"message.{verb}", messages[object_id]
        elif source == "messenger_conversation":
            kind, sent["conversation"] = "conversation.updated", states[object_id]
        else:
            kind, sent = "conversation.read", {**sent, "user_id": user_id, "seq": seq}
        events.append((OutgoingEvent(position, event_frame(position, kind, sent)), recipient_ids))
    return events


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


hub = Hub(MessengerFeed())
"""The hub of this process. It is created before the server forks and started afterwards."""
