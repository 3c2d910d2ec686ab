"""Attackers, honest clients, and what is measured meanwhile.

A `Siege` is a running server with its accounts. `siege.withstands(attack)` runs honest clients, calls
`attack(attackers)` meanwhile, and then asserts what every attack must leave standing: see `Verdict`.
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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from skeleton.embedded_postgres.client import PROJECT

FULL = os.environ.get("SKELETON_ATTACK") == "full"
"""`make attack`: the true numbers and the server's own settings. Otherwise the same in seconds."""

HEALTH_SECONDS = 0.05
"""The 99th percentile of /health that is promised."""
QUIET_SECONDS = 0.005
"""A machine on which a bare server's 99th percentile is below this is quiet, and the promise is taken at its word. On
a busy one, each of the HOPS of a request between processes and threads may cost as much as the bare server's."""
HOPS = 3
MEASURED_SECONDS = 8 if FULL else 2.5
"""The least that is measured, however short the attack: a percentile of few values is their maximum."""
SLACK = 1 if FULL else 6
"""`make unit` runs beside other tests on the same cores."""
TRIES = 3 if FULL else 2
"""Only for percentiles: a machine may hiccup, a server that is too slow is too slow three times."""
ANSWER_SECONDS = 5
GRACE_SECONDS = 0.5 if FULL else 2
"""A server that waits for 5 s answers after 5 s."""
MEMORY = 1.10
WARM_ROUNDS = 10 if FULL else 4
SETTLE_SECONDS = 25 if FULL else 15
"""How long the server has to let go of what the attack has cost."""
BROKEN_SECONDS = 3
"""The same where the attack has succeeded already."""


# --- attackers -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Attacker:
    """One connection. `answer` is what was read of it, `ended` whether the server has closed it."""

    sock: socket.socket
    answer: bytes = b""
    ended: bool = False

    @property
    def status(self):
        """The status of the answer; "closed" or "silent" where there is none."""
        if self.answer.startswith(b"HTTP/1."):
            return int(self.answer.split(None, 2)[1])
        return "closed" if self.ended else "silent"

    @property
    def fields(self):
        lines = self.answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def whole(self):
        """Whether all of the answer is there."""
        top, found, body = self.answer.partition(b"\r\n\r\n")
        return bool(found) and len(body) >= int(self.fields.get("content-length", 0))


class Attackers:
    """Raw connections in a thread of their own. They cost nothing while they are silent."""

    def __init__(self, port):
        self.port, self.all = port, []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="attackers", daemon=True)
        self._thread.start()

    def open(self, count, payload=b"", *, addresses=1, port=None, receive_buffer=None):
        """Connections that have sent `payload` (bytes, or what gives them for a number), from so many addresses."""
        return self._run(self._open_all(count, payload, addresses, port or self.port, receive_buffer))

    def send(self, attackers, data):
        """As far as the server takes it."""
        self._run(self._gather(self._send(one, data) for one in attackers))

    def trickle(self, attackers, data, *, seconds, pause=1.0):
        """`data` from each, again and again."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self.send(attackers, data)
            time.sleep(pause)

    def sip(self, attackers, *, seconds, pause=1.0):
        """Reads one byte of each, again and again."""
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            self._run(self._gather(self._receive(one, 1, 0.05) for one in attackers))
            time.sleep(pause)

    def statuses(self, attackers, *, seconds):
        """What the server has answered by then, counted."""
        self._run(self._gather(self._answered(one, seconds) for one in attackers))
        return Counter(one.status for one in attackers)

    def ended(self, attackers, *, seconds):
        """How many of them the server has closed by then."""
        self._run(self._gather(self._closed(one, seconds) for one in attackers))
        return sum(one.ended for one in attackers)

    def abort(self, attackers, *, reset):
        """Close them, politely or by RST."""
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
            pass  # the server does not read: so be it

    async def _receive(self, attacker, size, seconds):
        """Whether something came."""
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
    """Attackers come from 127.1.0.0/16, honest clients from 127.0.0.1."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


# --- honest clients --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Kind:
    """One kind of honest request, and how often it comes."""

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
    """One honest request and its answer: status 0 is none."""

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
    """They ask from `start` to `stop`, which gives a Measurement."""

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
        self.process.stdin.write(json.dumps([kind.described() for kind in self.kinds]) + "\n")
        self.process.stdin.flush()

    def stop(self):
        said, _ = self.process.communicate(timeout=60)
        return Measurement([Record(*json.loads(line)) for line in said.splitlines()])


@dataclass(slots=True)
class Measurement:
    """What the honest clients met."""

    records: list

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
        """A line a kind."""
        for kind in self.kinds:
            found = self.of(kind)
            counted = ", ".join(f"{n} × {status}" for status, n in sorted(Counter(r.status for r in found).items()))
            median, last, longest = (1000 * self.percentile(kind, share) for share in (0.5, 0.99, 1))
            yield f"{kind:9} p50 {median:7.1f}  p99 {last:7.1f}  most {longest:7.1f} ms   {counted}"


# --- the server, looked at from outside ------------------------------------------------------------------------------


@dataclass(slots=True)
class Footprint:
    """What the server holds: its processes, memory, files in its data folder, open descriptors."""

    pids: frozenset
    memory: int
    files: frozenset
    descriptors: int

    @classmethod
    def of(cls, system):
        pids = frozenset(session_of(system.server.pid))
        return cls(pids, sum(resident(pid) for pid in pids), left_in(system.folder), sum(map(descriptors, pids)))

    def differences(self, before):
        """What is not as it was, in words."""
        if self.pids != before.pids:
            yield f"processes: {sorted(before.pids)} became {sorted(self.pids)}"
        if self.files - before.files:
            yield f"files left: {sorted(self.files - before.files)[:5]}"
        if self.memory > before.memory * MEMORY:
            yield f"memory: {before.memory >> 20} MB became {self.memory >> 20} MB"
        if self.descriptors > before.descriptors + 40:
            yield f"descriptors: {before.descriptors} became {self.descriptors}"


def session_of(leader):
    """The processes of a session: the server, its workers, and whatever they started."""
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
    """Files that a request may have made: static files and the log are not among them, stored files are."""
    kept = ("static", "serve.log", "static.collected", "files")
    found = [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in kept]
    return frozenset(str(path.relative_to(folder)) for path in found if path.is_file())


# --- the verdict -----------------------------------------------------------------------------------------------------


class Unsettled(AssertionError):
    """A right answer came late, a percentile was missed, or memory grew: this alone is tried again.

    The machine may be busy with something else. What a process loads once is not there twice; a leak grows again.
    """


@dataclass(slots=True)
class Verdict:
    """What every attack must leave standing."""

    measurement: Measurement
    before: Footprint
    after: Footprint
    served: float
    """The least share of the honest requests that has to be served, not refused."""
    problems: list
    """What the attackers have seen already."""

    def hold(self):
        """Raise with all that is wrong, and the figures."""
        self._answers()
        differences = list(self.after.differences(self.before))
        late = [found for found in (*differences, self._slow_health()) if found.startswith(("memory", "/health"))]
        unsettled = [*self._late(), *late]
        self.problems += [found for found in differences if found not in unsettled]
        report = "\n".join([*self.problems, *unsettled, *self.figures()])
        if self.problems:
            raise AssertionError(report)
        if unsettled:
            raise Unsettled(report)

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
    """Whether the answer itself is one that an honest client may get, however late."""
    return record.served or (record.status == 503 and record.kind != "health" and record.retry_after.isdecimal())


def wrong_with(record):
    """Why an answer to an honest client breaks the promise, or nothing."""
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
    """A server, what its honest clients ask, and where its figures go."""

    system: object
    kinds: list
    database: object
    accounts: object
    note: object

    def withstands(self, attack, *, served=0.0, port=None):
        """Run `attack(attackers)` under the eyes of honest clients, and hold the promises."""
        for left in reversed(range(TRIES)):
            try:
                self._try(attack, served, port)
                return
            except Unsettled:
                if not left:
                    raise

    def _try(self, attack, served, port):
        before, seen = self._warm(port), []
        with honest_clients(self._kinds(port)) as measured:
            ending = time.monotonic() + MEASURED_SECONDS
            with attackers_of(self.system.port) as attackers:
                time.sleep(0.5)
                seen += said_by(attack, attackers)
            time.sleep(max(1, ending - time.monotonic()))
        after = self._settled(before, BROKEN_SECONDS if seen else SETTLE_SECONDS)
        verdict = Verdict(measured[0], before, after, served, seen)
        for line in verdict.figures():
            self.note(line)
        verdict.hold()

    def _kinds(self, port):
        """Everything but the measure of the machine goes by `port`, where another one is given: a proxy's."""
        return [
            kind if kind.name == "bare" or port is None else Kind(**(kind.described() | {"port": port}))
            for kind in self.kinds
        ]

    def _warm(self, port):
        """Until memory grows no more by honest work alone: what grows afterwards is the attack's."""
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
        """Looked at until it is as it was, or the time is up."""
        ending = time.monotonic() + seconds
        while True:
            after = Footprint.of(self.system)
            if time.monotonic() > ending or not list(after.differences(before)):
                return after
            time.sleep(0.5)


def said_by(attack, attackers):
    """What the attack itself found wrong, for the verdict to say together with the rest."""
    try:
        attack(attackers)
    except AssertionError as wrong:
        return [str(wrong)]
    return []


@contextmanager
def honest_clients(kinds):
    """They ask as long as the block runs; afterwards the list that it gives has their Measurement."""
    clients, measured = HonestClients(kinds), []
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
    """The port of a bare server, for comparison."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.attack.bare"], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
