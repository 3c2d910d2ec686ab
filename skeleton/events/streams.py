"""Streams of the event log: one event of the API per message, as the reader may see it at that moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from skeleton.events.frames import OutgoingEvent, event_frame, heartbeat_frame
from skeleton.events.hub import Feed, Hub, Listener
from skeleton.events.log import LogState, log_state
from skeleton.events.queries import Page, Selection, events_after
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import read_snapshot
from skeleton.server.responses import EventStream

PAGE = 200
"""Events sent to one stream at a time."""

ActorSource = Callable[[UUID, UUID], Actor | None]
_actor_sources: list[ActorSource] = []


def actors_from(source: ActorSource) -> None:
    """Use `source` to read the actor of a session anew. It returns None once the session has ended."""
    _actor_sources[:] = [source]


@dataclass(frozen=True, slots=True)
class SessionAuthorization:
    """The session that opened a stream. The stream ends with it."""

    user_id: UUID
    session_id: UUID

    def actor(self) -> Actor | None:
        """Return the user with their present permissions, or None if the session has ended."""
        (source,) = _actor_sources
        return source(self.session_id, self.user_id)


class EventFeed(Feed):
    """Sends each stream the events that it selects and that its user may see now."""

    def new_events(
        self, listeners: Sequence[Listener], after: int, until: int
    ) -> tuple[dict[Listener, list[OutgoingEvent]], int]:
        reached = min(until, after + PAGE)
        state = replace(log_state(), newest=reached)
        found = {listener: self._page(listener, after, state).events for listener in listeners}
        return {listener: _outgoing(events) for listener, events in found.items() if events}, reached

    def missed_events(self, listener: Listener, after: int, until: int) -> tuple[list[OutgoingEvent], int]:
        page = self._page(listener, after, replace(log_state(), newest=until))
        return _outgoing(page.events), page.reached

    def _page(self, listener: Listener, after: int, state: LogState) -> Page:
        actor = listener.authorization.actor()
        if actor is None:
            return Page([], state.newest, state.newest)
        return events_after(after, state, listener.selection, actor, PAGE)

    def valid_authorizations(self, authorizations: set[Any]) -> set[Any]:
        return {one for one in authorizations if one.actor()}


def _outgoing(events: Sequence[dict[str, Any]]) -> list[OutgoingEvent]:
    return [OutgoingEvent(one["position"], event_frame(one["position"], one["type"], one)) for one in events]


hub = Hub(EventFeed())
"""The hub of this process. It is created before the server forks and started afterwards."""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The start of a stream after `position`, which the log covers."""

    authorization: SessionAuthorization
    position: int
    newest: int
    selection: Selection
    actor: Actor

    def replay(self) -> Iterator[bytes]:
        """Yield the events up to now, for a server without stream support. An EventSource reconnects automatically."""
        position = self.position
        while position < self.newest:
            with read_snapshot():
                state = replace(log_state(), newest=self.newest)
                page = events_after(position, state, self.selection, self.actor, PAGE)
            yield b"".join(event.frame for event in _outgoing(page.events))
            position = page.reached
        yield heartbeat_frame(position)

    def attach(self, stream: EventStream) -> None:
        """Pass the stream to the hub. Called on the event loop."""
        stream.send(heartbeat_frame(self.position))
        hub.join(self.authorization, self.position, stream, self.selection)
