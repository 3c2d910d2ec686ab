"""Starting a stream: its position, its first event, and the handover to the hub."""

from collections.abc import Iterator
from dataclasses import dataclass

from messenger import feed
from messenger.hub import hub
from messenger.services.tickets import Standing
from skeleton.kernel.transactions import read_snapshot
from skeleton.server.responses import EventStream


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a stream. `position` is the client's last one; `reset` means that the log does not cover the gap."""

    standing: Standing
    position: int
    newest: int
    reset: bool

    def now(self) -> Iterator[bytes]:
        """Yield the events up to now, for a server without stream support. An EventSource reconnects automatically."""
        yield self._greeting()
        position = self.position
        while position < self.newest:
            with read_snapshot():
                missed, position = feed.missed_events(self.standing.user_id, position, self.newest)
            yield b"".join(one.frame for one in missed)
        yield feed.mark(position)

    def follow(self, stream: EventStream) -> None:
        """Send the first event, and pass the stream to the hub. Called on the event loop."""
        stream.send(self._greeting())
        hub.join(self.standing, self.position, stream)

    def _greeting(self) -> bytes:
        return feed.frame(self.position, feed.RESET if self.reset else feed.STARTED, {})


def begin(standing: Standing, last_event_id: int | None) -> Start:
    """Return the start of a stream after `last_event_id`, or from now on if it is None."""
    log = feed.log_now()
    if last_event_id is None:
        return Start(standing, log.newest, log.newest, reset=False)
    if log.reaches(last_event_id):
        return Start(standing, last_event_id, log.newest, reset=False)
    return Start(standing, log.newest, log.newest, reset=True)
