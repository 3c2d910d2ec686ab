"""Measures uploads and downloads of 20 MB and their memory, compared with a bare file server on the same Granian."""

import json
import os
import time
from http.client import HTTPConnection
from statistics import median

from bench.database import Database, prepare
from bench.live import Live
from bench.measure import forget_peak, memory, peak
from bench.report import environment_text
from bench.rounds import ratio, rotated
from bench.servers import Kind, Server

SIZE = 20_000_000
ROUNDS, WARM_UP, LOOKS = 60, 20, 3  # transfers in each direction; number of memory measurements, evenly spread
EDGE = b"d3e9a1f7c5b24680"
HEAD = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="bench.bin"\r\n\r\n' % EDGE
BODY = os.urandom(SIZE)
FORM = b"".join((HEAD, BODY, b"\r\n--%b--\r\n" % EDGE))
OURS_UP, OURS_DOWN, BARE_UP, SYNCED_UP, BARE_DOWN = "ours up", "ours down", "bare up", "synced up", "bare down"


class Bare(Kind):
    """A bare file server, which stores its files next to ours."""

    def environment(self, database: Database) -> dict[str, str]:
        folder = database.home / "bare"
        folder.mkdir(exist_ok=True)
        return super().environment(database) | {"BENCH_FOLDER": str(folder)}


BARE = Bare("bare", 18088, ("--interface", "rsgi", "--loop", "asyncio", "bench.file_server:application"))


def run() -> str:
    """Run the measurements, and return the section of the results."""
    load = os.getloadavg()[0]
    database = prepare(1_000)
    with Server(Live("files", 18086), database) as ours, Server(BARE, database) as bare:
        for server in (ours, bare):
            server.wait_until_ready()
        transfers = Transfers(ours, bare)
        for _ in range(WARM_UP):
            transfers.turn()
        seconds: dict[str, list[float]] = {}
        held = [memory(ours.pid)]
        forget_peak(ours.pid)
        for number in range(1, ROUNDS + 1):
            for what, taken in transfers.turn(number).items():
                seconds.setdefault(what, []).append(taken)
            if number % (ROUNDS // LOOKS) == 0:
                held.append(memory(ours.pid))
        highest = peak(ours.pid)
    return section(database, load, seconds, held, highest)


class Transfers:
    """Uploads a file to both servers and downloads it again, each time over a new connection."""

    def __init__(self, ours: Server, bare: Server) -> None:
        self.ours, self.bare, self.folder = ours, bare, bare.database.home / "bare"
        self.signed = {"Authorization": f"Bearer {ours.log_in()}"}
        self.form = self.signed | {"Content-Type": f"multipart/form-data; boundary={EDGE.decode()}"}

    def turn(self, number: int = 0) -> dict[str, float]:
        """Return the seconds of each transfer, in a different order each time. The files are deleted afterwards."""
        ways = (self.through_ours, self.through_bare)
        return {what: taken for way in rotated(ways, number) for what, taken in way().items()}

    def through_ours(self) -> dict[str, float]:
        up, answer = timed(self.ours.port, "POST", "/api/v1/files", self.form, FORM)
        path = f"/api/v1/files/{json.loads(answer)['id']}"
        down, answer = timed(self.ours.port, "GET", f"{path}/download", self.signed)
        require(answer == BODY, "Ours gives back another file.")
        timed(self.ours.port, "DELETE", path, self.signed)
        return {OURS_UP: up, OURS_DOWN: down}

    def through_bare(self) -> dict[str, float]:
        plain, _ = timed(self.bare.port, "POST", "/plain/first", {}, BODY)
        synced, _ = timed(self.bare.port, "POST", "/synced/second", {}, BODY)
        down, answer = timed(self.bare.port, "GET", "/second", {})
        require(answer == BODY, "The bare server gives back another file.")
        for file in self.folder.iterdir():
            file.unlink()
        return {BARE_UP: plain, SYNCED_UP: synced, BARE_DOWN: down}


def timed(port: int, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[float, bytes]:
    """Send a request, and return the seconds from connecting to the last byte of the response, and the response."""
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        taken = time.perf_counter() - began
    finally:
        connection.close()
    require(response.status < 300, f"{method} {path} answers {response.status}: {answer[:500]!r}")
    return taken, answer


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


INTRODUCTION = """# Files

Made by `make bench-files` ({environment}).
A file of 20 MB up and down, {rounds} times after {warm_up} to warm up, one at a time; client and servers share the
machine, which had a load of {load:.0f} when this began. **bare** is `bench/file_server.py`: the bytes as they come into
a file, on the same server and disk; **bare, synced** has them on the disk before it answers, as ours does. Ours is as
`make serve` runs it, throttles off: it also reads multipart, takes SHA-256 and type, asks who sends, and writes a row
and its audit. Medians; shares are medians of the rounds' own.
"""


def section(database: Database, load: float, seconds: dict[str, list[float]], held: list[float], highest: float) -> str:
    def line(way: str, ours: str, bare: str, name: str) -> str:
        share = ratio(seconds[bare], seconds[ours])
        return f"| {way} | {speed(seconds[ours]):.0f} | {name} | {speed(seconds[bare]):.0f} | {share:.0%} |"

    rows = [f"| {number * ROUNDS // LOOKS} | {megabytes:.1f} |" for number, megabytes in enumerate(held)]
    return "\n".join(
        [
            INTRODUCTION.format(environment=environment_text(database), rounds=ROUNDS, warm_up=WARM_UP, load=load),
            "| | ours, MB/s | beside | MB/s | share |",
            "| --- | ---: | --- | ---: | ---: |",
            line("upload", OURS_UP, BARE_UP, "bare"),
            line("upload", OURS_UP, SYNCED_UP, "bare, synced"),
            line("download", OURS_DOWN, BARE_DOWN, "bare"),
            "",
            "| transfers each way | resident MB of our processes |",
            "| ---: | ---: |",
            *rows,
            f"| highest in between | {highest:.1f} |",
            "",
            "These are the two servers, what belongs to them and the job worker; *highest* adds up the peak of each.",
            "",
        ]
    )


def speed(seconds: list[float]) -> float:
    """Return the median speed in megabytes per second."""
    return SIZE / 1e6 / median(seconds)
