"""Starting a stream: its position, its first event, and the handover to the hub."""

from collections.abc import Iterator
from dataclasses import dataclass

from messenger import feed
from messenger.services.tickets import StreamAuthorization
from skeleton.events.frames import event_frame, heartbeat_frame
from skeleton.events.log import log_state
from skeleton.events.sequencer import append_now
from skeleton.kernel.transactions import read_snapshot
from skeleton.server.responses import EventStream


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The start of a stream. `position` is the client's last one; `reset` means that the log does not cover the gap."""

    authorization: StreamAuthorization
    position: int
    newest: int
    reset: bool

    def replay(self) -> Iterator[bytes]:
        """Yield the events up to now, for a server without stream support. An EventSource reconnects automatically."""
        yield self._greeting()
        position = self.position
        while position < self.newest:
            with read_snapshot():
                missed, position = feed.missed_events(self.authorization.user_id, position, self.newest)
            yield b"".join(one.frame for one in missed)
        yield heartbeat_frame(position)

    def attach(self, stream: EventStream) -> None:
        """Send the first event, and pass the stream to the hub. Called on the event loop."""
        stream.send(self._greeting())
        feed.hub.join(self.authorization, self.position, stream)

    def _greeting(self) -> bytes:
        return event_frame(self.position, feed.STREAM_RESET if self.reset else feed.STREAM_STARTED, {})


def start_stream(authorization: StreamAuthorization, last_event_id: int | None) -> StreamStart:
    """Return the start of a stream after `last_event_id`, or from now on if it is None."""
    if last_event_id is None:
        append_now()  # what is committed already isn't new
    log = log_state()
    if last_event_id is None:
        return StreamStart(authorization, log.newest, log.newest, reset=False)
    if log.covers(last_event_id):
        return StreamStart(authorization, last_event_id, log.newest, reset=False)
    return StreamStart(authorization, log.newest, log.newest, reset=True)
