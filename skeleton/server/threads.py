"""The threads that run requests, with limits on waiting and running time."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from skeleton.kernel.errors import ServiceUnavailable
from skeleton.server.cycle import Outcome, RequestCycle
from skeleton.server.limits import Limits
from skeleton.server.sockets import shut_down

THREADS = 4
"""Threads per process, each with a database connection (docs/decisions/0012-application-server.md)."""
WRITERS = THREADS - 1
"""Threads that may run write requests. Even if all of these wait for a locked row, one thread is left for reads."""
PROBE_AFTER_SECONDS = 1.0
"""A request that runs for longer triggers a check whether the database still answers."""

BUSY_MESSAGE = "The server is busy. Try again shortly."
SILENT_MESSAGE = "The database does not respond. Try again shortly."
TIMEOUT_MESSAGE = "The request took too long and was stopped. Check whether your change was saved before you try again."


class ThreadState:
    """The state of one thread: its current request, its start time and its database connection."""

    __slots__ = ("_interrupted", "connection", "cycle", "started_at")

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.cycle: RequestCycle | None = None
        self.started_at = 0.0
        self._interrupted = False

    def begin(self, cycle: RequestCycle) -> None:
        self.started_at, self._interrupted = monotonic(), False
        self.cycle = cycle

    def end(self) -> None:
        self.cycle = None

    def running(self, now: float) -> float:
        """Return for how many seconds the current request has been running; 0 if there is none."""
        return now - self.started_at if self.cycle else 0.0

    def stop(self, error: ServiceUnavailable) -> None:
        """Refuse the request and cut its database connection, which frees a thread that waits for the database.

        PostgreSQL rolls back the open transaction. A thread that computes continues until its next query.
        """
        cycle = self.cycle
        if cycle is None or self._interrupted:
            return
        self._interrupted = True
        cycle.refuse(error)
        resolve(cycle, None)
        driver = self.connection.connection
        if driver is not None and not driver.closed:
            shut_down(driver.fileno())


class RequestThreads:
    """Runs request cycles in order of arrival on `THREADS` threads, at most `WRITERS` of them for write requests."""

    def __init__(self, run: Callable[[RequestCycle], Outcome | None], limits: Limits) -> None:
        self._run, self._limits = run, limits
        self._ready: SimpleQueue[RequestCycle] = SimpleQueue()
        self._waiting: deque[RequestCycle] = deque()
        self._waiting_writers: deque[RequestCycle] = deque()
        self._writing = 0
        self._lock = threading.Lock()
        self.states: list[ThreadState] = []

    def start(self) -> None:
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    def submit(self, cycle: RequestCycle) -> None:
        """Queue `cycle`. Its `outcome` future resolves to the outcome once the request has run or been refused."""
        cycle.queued_at = monotonic()
        self._waiting.append(cycle)
        if cycle.writes:
            with self._lock:
                if self._writing >= WRITERS:
                    self._waiting_writers.append(cycle)
                    return
                self._writing += 1
        self._ready.put(cycle)

    def sweep(self, now: float, *, silent: bool) -> bool:
        """Refuse requests that wait or run for too long, and return whether one has been running suspiciously long.

        `silent` means that the database does not answer.
        """
        while self._waiting:
            cycle = self._waiting[0]
            overdue = silent or now - cycle.queued_at > self._limits.queue_seconds
            if not cycle.started and not overdue:
                break
            self._waiting.popleft()
            if cycle.claim_start():
                cycle.refuse(ServiceUnavailable(SILENT_MESSAGE if silent else BUSY_MESSAGE, retry_after=2))
                resolve(cycle, None)
        for state in self.states:
            seconds = state.running(now)
            if seconds > self._limits.request_seconds:
                state.stop(ServiceUnavailable(TIMEOUT_MESSAGE, retry_after=5))
            elif silent and seconds > PROBE_AFTER_SECONDS:
                state.stop(ServiceUnavailable(SILENT_MESSAGE, retry_after=2))
        return any(state.running(now) > PROBE_AFTER_SECONDS for state in self.states)

    def _work(self) -> None:
        state = ThreadState(connections["default"])
        self.states.append(state)
        while True:
            cycle = self._ready.get()
            if cycle.claim_start():
                state.begin(cycle)
                try:
                    outcome = self._run(cycle)
                finally:
                    state.end()
                with suppress(RuntimeError):  # the server has stopped and closed the loop
                    cycle.loop.call_soon_threadsafe(resolve, cycle, outcome)
            if cycle.writes:
                self._admit_next_writer()

    def _admit_next_writer(self) -> None:
        with self._lock:
            if not self._waiting_writers:
                self._writing -= 1
                return
            cycle = self._waiting_writers.popleft()
        self._ready.put(cycle)


def resolve(cycle: RequestCycle, outcome: Outcome | None) -> None:
    """Resolve the cycle's future, unless it has been resolved. Must be called on the event loop."""
    if not cycle.outcome.done():
        cycle.outcome.set_result(outcome)
