"""The load generator: raw HTTP/1.1 over keep-alive sockets, with one thread in a separate process.

It reads one job per line (JSON) from standard input and answers each with one line. The job's clients send its requests
in turn, each waiting for its response, for the given number of seconds. Where a job has requests to follow (`then`), a
client sends them after each request, about the object that it created, and all of them count as one request.
"""

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

LARGEST_READ = 262_144
LAST_CHUNK = b"0\r\n\r\n"
CREATED, ITS_ID = re.compile(rb'"id":"([^"]+)"'), b"{id}"


@dataclass(frozen=True)
class Outcome:
    """The result of a job. Latencies are in milliseconds."""

    requests: int
    failures: int
    seconds: float
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class Client:
    """A connection that always has one request in progress."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.started = 0.0
        self.received = b""
        self.length: int | None = None
        self.following: list[bytes] = []

    def begin(self, request: bytes, then: Sequence[bytes]) -> None:
        self.started = time.perf_counter()
        self.following = list(then)
        self.send(request)

    def follow(self) -> None:
        """Send the next of the requests that follow a creation; all of them are filled in after the first response."""
        created = CREATED.search(self.received)
        if created and ITS_ID in self.following[0]:
            self.following = [request.replace(ITS_ID, created[1]) for request in self.following]
        self.send(self.following.pop(0))

    def send(self, request: bytes) -> None:
        self.received, self.length = b"", None
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read available data, and return whether the response is complete."""
        data = self.socket.recv(LARGEST_READ)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.received += data
        if self.length is None:
            head, found, body = self.received.partition(b"\r\n\r\n")
            if not found:
                return False
            if b"\r\ntransfer-encoding:" in head.lower():
                return body.endswith(LAST_CHUNK)
            self.length = len(head) + len(found) + content_length(head)
        return len(self.received) >= self.length

    @property
    def status(self) -> bytes:
        return self.received[9:12]

    @property
    def succeeded(self) -> bool:
        return self.status.startswith(b"2")


def content_length(head: bytes) -> int:
    """Return the content length of a response that is not chunked."""
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0])


def run(
    port: int, requests: list[bytes], *, clients: int, seconds: float, status: bytes, then: Sequence[bytes] = ()
) -> Outcome:
    """Keep `clients` busy for `seconds`, and return the outcome."""
    waiting = selectors.DefaultSelector()
    position = 0
    latencies: list[float] = []
    failures = 0
    begun = time.perf_counter()
    for _ in range(clients):
        client = Client(port)
        waiting.register(client.socket, selectors.EVENT_READ, client)
        client.begin(requests[position % len(requests)], then)
        position += 1
    until, busy = begun + seconds, clients
    while busy:
        for key, _ in waiting.select(30):
            client = key.data
            if not client.receive():
                continue
            if client.following and client.succeeded:
                client.follow()
                continue
            now = time.perf_counter()
            latencies.append(now - client.started)
            failures += not client.succeeded if then else client.status != status
            if now < until:
                client.begin(requests[position % len(requests)], then)
                position += 1
            else:
                waiting.unregister(client.socket)
                client.socket.close()
                busy -= 1
    latencies.sort()
    return Outcome(
        requests=len(latencies),
        failures=failures,
        seconds=time.perf_counter() - begun,
        p50=latencies[len(latencies) // 2] * 1000,
        p99=latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)] * 1000,
    )


class Generator:
    """The harness's handle of the generator process."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(10)

    def run(
        self,
        port: int,
        requests: list[bytes],
        *,
        clients: int,
        seconds: float,
        status: int = 200,
        then: Sequence[bytes] = (),
    ) -> Outcome:
        """Run a job, and return its outcome. A failed request stops the benchmark, as the result would be useless."""
        job = {
            "port": port,
            "requests": [request.decode() for request in requests],
            "clients": clients,
            "seconds": seconds,
            "status": str(status),
            "then": [request.decode() for request in then],
        }
        print(json.dumps(job), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()  # type: ignore[union-attr]
        if not answer:
            raise SystemExit("The load generator ended.")
        outcome = Outcome(**json.loads(answer))
        if outcome.failures:
            raise SystemExit(f"{outcome.failures} of {outcome.requests} requests to port {port} were not {status}.")
        return outcome


def main() -> None:
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        outcome = run(
            job["port"],
            [request.encode() for request in job["requests"]],
            clients=job["clients"],
            seconds=job["seconds"],
            status=job["status"].encode(),
            then=[request.encode() for request in job["then"]],
        )
        print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
