"""Distributes events of the log to all streams of one server process.

A thread with its own database connection listens for PostgreSQL notifications. On a notification (or after a timeout,
in case one was missed) it reads the log from its last position and passes each event to the streams of its recipients.
A new stream first gets the events it missed from the log. It then joins the others at exactly their position, because
the same thread does both.
"""

import os
import select
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, connection

from skeleton.events.frames import OutgoingEvent, heartbeat_frame
from skeleton.events.log import log_state
from skeleton.events.sequencer import APPENDED
from skeleton.kernel.transactions import read_snapshot
from skeleton.server.responses import EventStream

log = structlog.get_logger("skeleton.events")

HEARTBEAT_SECONDS = 15
RETRY_SECONDS = 0.5
RECONNECT_MILLISECONDS = 2000
"""Delay after which a browser reconnects automatically."""
MAX_STREAMS_PER_USER = 50
"""Maximum number of streams per user and process. One more ends the oldest."""


class Authorization(Protocol):
    """What allows a user to have a stream. Equal ones are checked once."""

    @property
    def user_id(self) -> UUID: ...


class Listener:
    """An open stream, with its authorization and its position. `joined` means that it receives new events live.

    `selection` is what the client asked for, if its feed has a choice.
    """

    __slots__ = ("joined", "stream", "position", "authorization", "selection")

    def __init__(self, authorization: Any, position: int, stream: EventStream, selection: Any = None) -> None:
        self.authorization, self.position, self.stream = authorization, position, stream
        self.selection = selection
        self.joined = False


class Feed:
    """Which events go to which streams. All methods are called by the hub's thread."""

    name = "events"

    def new_events(
        self, listeners: Sequence[Listener], after: int, until: int
    ) -> tuple[dict[Listener, list[OutgoingEvent]], int]:
        """Return the next events for each of `listeners`, and the position up to which they were read.

        Called in a snapshot, in which `until` is the newest position.
        """
        raise NotImplementedError

    def missed_events(self, listener: Listener, after: int, until: int) -> tuple[list[OutgoingEvent], int]:
        """Return the next events for one stream after `after` and up to `until`, and the position reached."""
        raise NotImplementedError

    def valid_authorizations(self, authorizations: set[Any]) -> set[Any]:
        """Return those that are still valid."""
        raise NotImplementedError

    def connected(self, user_ids: Collection[Any]) -> None:
        """Note that exactly these users have streams in this process."""

    def renew(self) -> None:
        """Do what is due with each heartbeat."""

    def reset(self) -> None:
        """Begin anew, with a new connection to the database."""


class Hub:
    """The process's event distributor of one feed. Its thread starts with the first stream and never ends."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._changes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._by_user: defaultdict[Any, list[Listener]] = defaultdict(list)
        self._resuming: list[Listener] = []
        self._position: int | None = None
        self._next_heartbeat = 0.0
        self._notified = False
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    # from any thread

    def join(self, authorization: Authorization, position: int, stream: EventStream, selection: object = None) -> None:
        """Send `stream` all events after `position`, past and future, until it closes."""
        if stream.closed.done():  # the client left before the stream began
            return
        listener = Listener(authorization, position, stream, selection)
        stream.on_close = lambda: self._change(lambda: self._remove(listener))
        stream.send(b"retry: %d\n\n" % RECONNECT_MILLISECONDS)
        with self._starting:
            if self._thread is None:
                self._start()
        self._change(lambda: self._add(listener))

    def _start(self) -> None:
        """Start the thread. This must not happen before the server forks, or its processes would share the pipe."""
        self._wakeup_read, self._wakeup_write = os.pipe()
        os.set_blocking(self._wakeup_write, False)
        self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
        self._thread = threading.Thread(target=self._run, name=f"{self._feed.name}-hub", daemon=True)
        self._thread.start()

    def _change(self, change: Callable[[], None]) -> None:
        self._changes.put(change)
        with suppress(BlockingIOError):  # the pipe is full, so the thread is awake
            os.write(self._wakeup_write, b"!")

    # the thread

    def _run(self) -> None:
        while True:
            try:
                self._listen()
            except (DatabaseError, InterfaceError) as exc:
                log.warning("hub_waits_for_database", feed=self._feed.name, reason=str(exc).strip())
            except Exception as exc:  # streams stay open and continue where they were
                log.error("unhandled_exception", exc_info=exc)
            connection.close()
            time.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        connection.ensure_connection()
        raw = connection.connection
        raw.add_notify_handler(self._on_notify)  # also called for notifications that arrive during a query
        raw.execute(f"LISTEN {APPENDED}")
        self._feed.reset()
        while True:
            self._notified = False
            more = self._run_once()
            if not (more or self._notified):
                self._wait(raw)

    def _on_notify(self, announcement: Any) -> None:
        """Note that there is news. The payload is ignored; the event log is the source of truth."""
        self._notified = True

    def _wait(self, raw: Any) -> None:
        """Wait for a notification, a new or closed stream, or the time of the next heartbeat."""
        waiting = select.poll()  # not `select`, which does not support descriptors from 1024 on
        for descriptor in (raw.fileno(), self._wakeup_read):
            waiting.register(descriptor, select.POLLIN)
        patience = max(0.0, self._next_heartbeat - time.monotonic())
        ready = [descriptor for descriptor, _ in waiting.poll(patience * 1000)]
        if self._wakeup_read in ready:
            os.read(self._wakeup_read, 4096)
        if raw.fileno() in ready:
            with connection.wrap_database_errors:
                raw.pgconn.consume_input()
            while raw.pgconn.notifies():
                pass

    def _run_once(self) -> bool:
        """Send pending events, and return whether there are more."""
        self._take_changes()
        if not self._by_user:
            self._position = None
            self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
            return False
        if self._position is None:
            self._position = log_state().newest
        more = self._send_new_events(self._position)
        self._send_missed_events(self._position)
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
            self._heartbeat()
        return more or bool(self._resuming)

    def _take_changes(self) -> None:
        while True:
            try:
                change = self._changes.get_nowait()
            except Empty:
                break
            change()
        self._feed.connected(self._by_user.keys())

    def _add(self, listener: Listener) -> None:
        own = self._by_user[listener.authorization.user_id]
        own.append(listener)
        self._resuming.append(listener)
        if len(own) > MAX_STREAMS_PER_USER:
            self._end([own[0]])

    def _remove(self, listener: Listener) -> None:
        own = self._by_user[listener.authorization.user_id]
        if listener in own:
            own.remove(listener)
        if listener in self._resuming:
            self._resuming.remove(listener)
        if not own:
            del self._by_user[listener.authorization.user_id]

    # sending

    def _send_new_events(self, seen: int) -> bool:
        """Send new events to the live streams, and return whether there are more."""
        with read_snapshot():
            newest = log_state().newest
            if newest <= seen:
                return False
            joined = [listener for own in self._by_user.values() for listener in own if listener.joined]
            events, reached = self._feed.new_events(joined, seen, newest)
            live = self._valid_authorizations(events)
        self._position = reached
        outgoing: dict[Listener, list[bytes]] = {}
        for listener, found in events.items():
            unseen = [event for event in found if event.position > listener.position]
            outgoing[listener] = [event.frame for event in unseen]
            listener.position = max([listener.position, *(event.position for event in unseen)])
        self._deliver(outgoing, live)
        return reached < newest

    def _send_missed_events(self, seen: int) -> None:
        """Send resumed streams the events they missed, one page per stream and turn."""
        for listener in tuple(self._resuming):
            outgoing: dict[Listener, list[bytes]] = {}
            if listener.position < seen:
                with read_snapshot():
                    missed, reached = self._feed.missed_events(listener, listener.position, seen)
                    live = self._valid_authorizations([listener])
                outgoing[listener] = [one.frame for one in missed]
                listener.position = reached
                self._deliver(outgoing, live)
            if listener.position >= seen and listener in self._resuming:
                listener.joined = True
                self._resuming.remove(listener)

    def _heartbeat(self) -> None:
        """Send a heartbeat with the current position to every stream, and end those that lost their authorization."""
        everybody = [listener for own in self._by_user.values() for listener in own]
        live = self._valid_authorizations(everybody)
        seen = self._position or 0
        beat = {one: [heartbeat_frame(max(one.position, seen) if one.joined else one.position)] for one in everybody}
        self._deliver(beat, live)
        self._feed.renew()

    def _valid_authorizations(self, listeners: Iterable[Listener]) -> set[Any]:
        return self._feed.valid_authorizations({listener.authorization for listener in listeners})

    def _deliver(self, outgoing: dict[Listener, list[bytes]], live: set[Any]) -> None:
        """Send `outgoing` on the event loop, in order. Streams without a valid authorization are ended instead."""
        ended = [listener for listener in outgoing if listener.authorization not in live]
        sent = [(one.stream, b"".join(parts)) for one, parts in outgoing.items() if parts and one.authorization in live]
        self._end(ended)
        if sent:
            sent[0][0].loop.call_soon_threadsafe(_send, sent)

    def _end(self, listeners: Iterable[Listener]) -> None:
        for listener in tuple(listeners):
            self._remove(listener)
            listener.stream.loop.call_soon_threadsafe(listener.stream.close)


def _send(batches: list[tuple[EventStream, bytes]]) -> None:
    for stream, data in batches:
        stream.send(data)
