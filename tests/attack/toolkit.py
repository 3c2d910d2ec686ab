"""Attackers, honest clients, and measurements.

A `Siege` is a running server with its accounts. `siege.assert_withstands(attack)` runs honest clients while it calls
`attack(attackers)`, and then asserts the conditions that must hold in every attack: see `Verdict`.
"""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skeleton.embedded_postgres.client import PROJECT
from skeleton.testkit.database import OwnDatabase
from skeleton.testkit.narrowing import present
from skeleton.testkit.system import ServerProcess
from tests.attack.accounts import Accounts

FULL = os.environ.get("SKELETON_ATTACK") == "full"
"""`make attack`: full numbers and the server's default settings. Otherwise a short version in seconds."""

HEALTH_SECONDS = 0.05
"""The guaranteed 99th percentile of /health."""
QUIET_SECONDS = 0.005
"""If a bare server's 99th percentile is below this, the machine is quiet and the guarantee applies as it is. On a busy
machine, each of a request's HOPS between processes and threads may take as long as the bare server's response."""
HOPS = 3
MEASURED_SECONDS = 8 if FULL else 2.5
"""Minimum duration of the measurement, because a percentile of few values is just their maximum."""
SLACK = 1 if FULL else 6
"""`make unit` runs in parallel with other tests on the same cores."""
TRIES = 3 if FULL else 2
"""Attempts for timings and memory only: a busy machine may fail once, but a slow server fails every time."""
ANSWER_SECONDS = 5
GRACE_SECONDS = 0.5 if FULL else 2
"""Tolerance, because a server that waits for 5 s answers slightly later."""
MEMORY = 1.10
WARM_ROUNDS = 10 if FULL else 4
SETTLE_SECONDS = 25 if FULL else 15
"""Time for the server to release the resources used by the attack."""
BROKEN_SECONDS = 3
"""The same time if the attack has already succeeded."""


# --- attackers -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Attacker:
    """A connection. `answer` is the data read from it, `ended` whether the server has closed it."""

    sock: socket.socket
    answer: bytes = b""
    ended: bool = False

    @property
    def status(self):
        """Return the status of the response, or "closed" or "silent" if there is none."""
        if self.answer.startswith(b"HTTP/1."):
            return int(self.answer.split(None, 2)[1])
        return "closed" if self.ended else "silent"

    @property
    def fields(self):
        lines = self.answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def whole(self):
        """Return whether the response is complete."""
        top, found, body = self.answer.partition(b"\r\n\r\n")
        return bool(found) and len(body) >= int(self.fields.get("content-length", 0))


class Attackers:
    """Raw connections, run by a separate thread. Idle ones cost nothing."""

    def __init__(self, port):
        self.port, self.all = port, []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="attackers", daemon=True)
        self._thread.start()

    def open(self, count, payload=b"", *, addresses=1, port=None, receive_buffer=None):
        """Open connections from `addresses` addresses that send `payload` (bytes, or a function of the number)."""
        return self._run(self._open_all(count, payload, addresses, port or self.port, receive_buffer))

    def send(self, attackers, data):
        """Send `data` on each connection, as far as the server reads it."""
        self._run(self._gather(self._send(one, data) for one in attackers))

    def trickle(self, attackers, data, *, seconds, pause=1.0):
        """Send `data` on each connection repeatedly."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self.send(attackers, data)
            time.sleep(pause)

    def read_slowly(self, attackers, *, seconds, pause=1.0):
        """Read one byte from each connection repeatedly."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self._run(self._gather(self._receive(one, 1, 0.05) for one in attackers))
            time.sleep(pause)

    def statuses(self, attackers, *, seconds):
        """Return the number of responses by status after at most `seconds`."""
        self._run(self._gather(self._answered(one, seconds) for one in attackers))
        return Counter(one.status for one in attackers)

    def ended(self, attackers, *, seconds):
        """Return how many connections the server has closed after at most `seconds`."""
        self._run(self._gather(self._closed(one, seconds) for one in attackers))
        return sum(one.ended for one in attackers)

    def abort(self, attackers, *, reset):
        """Close the connections, normally or with RST."""
        for one in attackers:
            if reset:
                one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sock.close()
            self.all.remove(one)

    def close(self):
        for one in self.all:
            one.sock.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _gather(self, work):
        return await asyncio.gather(*work)

    async def _open_all(self, count, payload, addresses, port, receive_buffer):
        at_once = asyncio.Semaphore(50)

        async def one(number):
            async with at_once:
                data = payload if isinstance(payload, bytes) else payload(number)
                return await self._open(address_of(number % addresses), port, data, receive_buffer)

        opened = [found for found in await asyncio.gather(*(one(number) for number in range(count))) if found]
        self.all += opened
        return opened

    async def _open(self, address, port, data, receive_buffer):
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        attacker = Attacker(sock)
        try:
            sock.bind((address, 0))
            async with asyncio.timeout(3):
                await self._loop.sock_connect(sock, ("127.0.0.1", port))
        except (OSError, TimeoutError):
            sock.close()
            return None
        await self._send(attacker, data)
        return attacker

    async def _send(self, attacker, data):
        try:
            async with asyncio.timeout(3):
                await self._loop.sock_sendall(attacker.sock, data)
        except OSError:
            attacker.ended = True
        except TimeoutError:
            pass  # the server does not read

    async def _receive(self, attacker, size, seconds):
        """Return whether data was received."""
        if attacker.ended or seconds <= 0:
            return False
        try:
            async with asyncio.timeout(seconds):
                data = await self._loop.sock_recv(attacker.sock, size)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        attacker.answer += data
        attacker.ended = not data
        return bool(data)

    async def _answered(self, attacker, seconds):
        ending = time.monotonic() + seconds
        while not attacker.whole and await self._receive(attacker, 65536, ending - time.monotonic()):
            pass

    async def _closed(self, attacker, seconds):
        ending = time.monotonic() + seconds
        while await self._receive(attacker, 65536, ending - time.monotonic()):
            pass


def address_of(number):
    """Return the address of an attacker, in 127.1.0.0/16. Honest clients use 127.0.0.1."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


# --- honest clients --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Kind:
    """A kind of honest request, and its rate."""

    name: str
    request: str
    port: int
    pause: float
    address: str = "127.0.0.1"
    clients: int = 1
    kept: bool = False
    steady: bool = False

    def described(self):
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Record:
    """An honest request and its response. Status 0 means that there was none."""

    kind: str
    started: float
    seconds: float
    status: int
    retry_after: str
    said: str

    @property
    def served(self):
        return 200 <= self.status < 400


class HonestClients:
    """Honest clients that send requests from `start` to `stop`, which returns a Measurement."""

    def __init__(self, kinds):
        self.kinds = kinds

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.honest"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stdin = present(self.process.stdin)
        stdin.write(json.dumps([kind.described() for kind in self.kinds]) + "\n")
        stdin.flush()

    def stop(self):
        said, _ = self.process.communicate(timeout=60)
        return Measurement([Record(*json.loads(line)) for line in said.splitlines()])


@dataclass(slots=True)
class Measurement:
    """The results of the honest clients."""

    records: list[Record]

    def of(self, *kinds):
        return [one for one in self.records if one.kind in kinds]

    def percentile(self, kind, share):
        taken = sorted(one.seconds for one in self.of(kind))
        return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else float("inf")

    @property
    def kinds(self):
        return sorted({one.kind for one in self.records})

    def served_share(self):
        asked = [one for one in self.records if one.kind not in ("health", "bare")]
        return sum(one.served for one in asked) / len(asked) if asked else 0.0

    def figures(self):
        """Yield a line of figures per kind."""
        for kind in self.kinds:
            found = self.of(kind)
            counted = ", ".join(f"{n} × {status}" for status, n in sorted(Counter(r.status for r in found).items()))
            median, last, longest = (1000 * self.percentile(kind, share) for share in (0.5, 0.99, 1))
            yield f"{kind:9} p50 {median:7.1f}  p99 {last:7.1f}  most {longest:7.1f} ms   {counted}"


# --- the server, looked at from outside ------------------------------------------------------------------------------


@dataclass(slots=True)
class Footprint:
    """The server's resources: its processes, memory, files in its data folder and open descriptors."""

    pids: frozenset[int]
    memory: int
    files: frozenset[Any]
    descriptors: int

    @classmethod
    def of(cls, system):
        pids = frozenset(session_of(system.server.pid))
        return cls(pids, sum(resident(pid) for pid in pids), left_in(system.folder), sum(map(descriptors, pids)))

    def differences(self, before):
        """Yield a description of each difference."""
        if self.pids != before.pids:
            yield f"processes: {sorted(before.pids)} became {sorted(self.pids)}"
        if self.files - before.files:
            yield f"files left: {sorted(self.files - before.files)[:5]}"
        if self.memory > before.memory * MEMORY:
            yield f"memory: {before.memory >> 20} MB became {self.memory >> 20} MB"
        if self.descriptors > before.descriptors + 40:
            yield f"descriptors: {before.descriptors} became {self.descriptors}"


def session_of(leader):
    """Yield the process ids of a session: the server, its workers, and their children."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = status.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                yield int(status.parent.name)


def resident(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return 0


def descriptors(pid):
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def left_in(folder):
    """Return the files that requests may have left behind, without static files, the log and stored uploads."""
    kept = ("static", "serve.log", "static.collected", "files")
    found = [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in kept]
    return frozenset(str(path.relative_to(folder)) for path in found if path.is_file())


# --- the verdict -----------------------------------------------------------------------------------------------------


class FlakyFailure(AssertionError):
    """A correct response was late, a percentile was missed, or memory grew. Only these failures are retried.

    The machine may be busy, or a process may have loaded something for the first time. A leak grows again.
    """


@dataclass(slots=True)
class Verdict:
    """The conditions that must hold in every attack."""

    measurement: Measurement
    before: Footprint
    after: Footprint
    served: float
    """Minimum share of honest requests that must be served and not refused."""
    problems: list[str]
    """Problems that the attack itself found."""

    def hold(self):
        """Raise an error with all problems and the figures if a condition is violated."""
        self._answers()
        differences = list(self.after.differences(self.before))
        late = [found for found in (*differences, self._slow_health()) if found.startswith(("memory", "/health"))]
        unsettled = [*self._late(), *late]
        self.problems += [found for found in differences if found not in unsettled]
        report = "\n".join([*self.problems, *unsettled, *self.figures()])
        if self.problems:
            raise AssertionError(report)
        if unsettled:
            raise FlakyFailure(report)

    def figures(self):
        yield from self.measurement.figures()
        yield (
            f"served {self.measurement.served_share():.0%}, memory {self.before.memory >> 20} → "
            f"{self.after.memory >> 20} MB, descriptors {self.before.descriptors} → {self.after.descriptors}"
        )

    def _answers(self):
        for one in self.measurement.records:
            problem = wrong_with(one)
            if problem and not is_right(one) and len(self.problems) < 8:
                self.problems.append(problem)

    def _late(self):
        yield from [problem for one in self.measurement.records if is_right(one) and (problem := wrong_with(one))][:8]
        if self.measurement.served_share() < self.served:
            yield f"only {self.measurement.served_share():.0%} of the honest requests were served"

    def _slow_health(self):
        taken, machine = (self.measurement.percentile(kind, 0.99) for kind in ("health", "bare"))
        if taken < HEALTH_SECONDS * SLACK + (HOPS * machine if machine > QUIET_SECONDS else 0):
            return ""
        return f"/health: p99 {1000 * taken:.0f} ms, a bare server {1000 * machine:.0f} ms"


def is_right(record):
    """Return whether the response is valid for an honest client, however late it is."""
    return record.served or (record.status == 503 and record.kind != "health" and record.retry_after.isdecimal())


def wrong_with(record):
    """Return why a response to an honest client is a violation, or ""."""
    name = f"{record.kind} after {record.seconds:.2f} s: {record.status} {record.said}"
    if record.kind == "bare" or (record.served and record.seconds < ANSWER_SECONDS + GRACE_SECONDS):
        return ""
    if record.kind == "health" or record.status != 503:
        return name
    if not record.retry_after.isdecimal():
        return f"{name} without Retry-After"
    return "" if record.seconds < ANSWER_SECONDS + GRACE_SECONDS else name


# --- the siege -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Siege:
    """A server under attack, with its honest clients and a function that records figures."""

    system: ServerProcess
    kinds: list[Kind]
    database: OwnDatabase
    accounts: Accounts
    note: Callable[[str], object]

    def assert_withstands(self, attack, *, served=0.0, port=None):
        """Run `attack(attackers)` alongside honest clients, and assert the conditions of `Verdict`."""
        for left in reversed(range(TRIES)):
            try:
                self._try(attack, served, port)
                return
            except FlakyFailure:
                if not left:
                    raise

    def _try(self, attack, served, port):
        before, seen = self._warm(port), []
        with honest_clients(self._kinds(port)) as measured:
            ending = time.monotonic() + MEASURED_SECONDS
            with attackers_of(self.system.port) as attackers:
                time.sleep(0.5)
                seen += failures_of(attack, attackers)
            time.sleep(max(1, ending - time.monotonic()))
        after = self._settled(before, BROKEN_SECONDS if seen else SETTLE_SECONDS)
        verdict = Verdict(measured[0], before, after, served, seen)
        for line in verdict.figures():
            self.note(line)
        verdict.hold()

    def _kinds(self, port):
        """Return the kinds of requests, sent to `port` (a proxy's) if given, except for those to the bare server."""
        return [
            kind if kind.name == "bare" or port is None else Kind(**(kind.described() | {"port": port}))
            for kind in self.kinds
        ]

    def _warm(self, port):
        """Run honest clients until memory stops growing, so that later growth is caused by the attack."""
        busier = [Kind(**(kind.described() | {"pause": kind.pause / 5})) for kind in self._kinds(port)]
        before = Footprint.of(self.system)
        for _ in range(WARM_ROUNDS):
            with honest_clients(busier):
                time.sleep(1.5)
            now = Footprint.of(self.system)
            if now.memory < before.memory * 1.01:
                break
            before = now
        time.sleep(0.3)
        return Footprint.of(self.system)

    def _settled(self, before, seconds):
        """Return the footprint once it equals `before`, or after `seconds`."""
        ending = time.monotonic() + seconds
        while True:
            after = Footprint.of(self.system)
            if time.monotonic() > ending or not list(after.differences(before)):
                return after
            time.sleep(0.5)


def failures_of(attack, attackers):
    """Run the attack, and return its failed assertion, so that the verdict reports it with the rest."""
    try:
        attack(attackers)
    except AssertionError as wrong:
        return [str(wrong)]
    return []


@contextmanager
def honest_clients(kinds):
    """Run honest clients during the block. Yield a list that contains their Measurement afterwards."""
    clients, measured = HonestClients(kinds), list[Measurement]()
    clients.start()
    try:
        yield measured
    finally:
        measured.append(clients.stop())


@contextmanager
def attackers_of(port):
    attackers = Attackers(port)
    try:
        yield attackers
    finally:
        attackers.close()


@contextmanager
def bare_server():
    """Run a bare server for comparison, and yield its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.attack.bare"], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    stdout = present(process.stdout)
    try:
        yield int(stdout.readline())
    finally:
        process.kill()
        process.wait()
        stdout.close()
