"""A stream from its beginning: where it starts, what it says at once, and how it goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

from messenger import feed
from messenger.hub import hub
from messenger.services.tickets import Standing
from skeleton.kernel.transactions import snapshot
from skeleton.server.responses import EventStream


@dataclass(frozen=True, slots=True)
class Start:
    """`position` is what the client has; `reset` where something between that and now cannot be told any more."""

    standing: Standing
    position: int
    newest: int
    reset: bool

    def now(self) -> Iterator[bytes]:
        """For a server that knows no streams: what there is now, and the end. An EventSource comes again by itself."""
        yield self._greeting()
        position = self.position
        while position < self.newest:
            with snapshot():
                missed, position = feed.missed_events(self.standing.user_id, position, self.newest)
            yield b"".join(one.frame for one in missed)
        yield feed.mark(position)

    def follow(self, stream: EventStream) -> None:
        """Go on as it comes."""
        stream.send(self._greeting())
        hub.join(self.standing, self.position, stream)

    def _greeting(self) -> bytes:
        return feed.frame(self.position, feed.RESET if self.reset else feed.STARTED, {})


def begin(standing: Standing, last_event_id: int | None) -> Start:
    """A stream from behind `last_event_id`, or from now on."""
    log = feed.log_now()
    if last_event_id is None:
        return Start(standing, log.newest, log.newest, reset=False)
    if log.reaches(last_event_id):
        return Start(standing, last_event_id, log.newest, reset=False)
    return Start(standing, log.newest, log.newest, reset=True)
