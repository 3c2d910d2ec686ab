"""Event stream clients in a separate process, which measure how long each message took.

It reads one job per line (JSON) from standard input: `{"port", "tokens", "count"}`. It answers "open" when all streams
are open, and with the latencies after the next line. A message contains the start time of its POST, in nanoseconds of
this machine's clock.
"""

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from typing import Any, Self

SENT = re.compile(rb'"content":"(\d{15,})"')
GREETING = b"event: stream.started"


class Listeners:
    """The harness's handle of the process."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.streams"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(20)

    def open(self, port: int, tokens: list[str], count: int) -> None:
        """Open `count` streams, and return when all are open."""
        self._say({"port": port, "tokens": tokens, "count": count})
        if self._hear() != "open":
            raise SystemExit("The streams could not be opened.")

    def latencies(self) -> list[float]:
        """Close the streams, and return the sorted milliseconds from POST to arrival, per message and stream."""
        self._say({})
        found: list[float] = self._hear()
        return found

    def _say(self, job: dict[str, Any]) -> None:
        print(json.dumps(job), file=self.process.stdin, flush=True)

    def _hear(self) -> Any:
        answer = self.process.stdout.readline()  # type: ignore[union-attr]
        if not answer:
            raise SystemExit("The listeners ended.")
        return json.loads(answer)


def connect(port: int, token: str) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"GET /api/v1/messenger/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    stream.sendall(head.encode())
    received = b""
    while GREETING not in received:
        data = stream.recv(65_536)
        if not data:
            raise SystemExit(f"No stream: {received!r}")
        received += data
    return stream


def listen(job: dict[str, Any]) -> list[float]:
    """Open the streams and listen until the harness sends another line. Return the latencies."""
    waiting = selectors.DefaultSelector()
    for number in range(job["count"]):
        stream = connect(job["port"], job["tokens"][number % len(job["tokens"])])
        stream.setblocking(False)
        waiting.register(stream, selectors.EVENT_READ)
    print(json.dumps("open"), flush=True)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    latencies: list[float] = []
    while True:
        for key, _ in waiting.select():
            if not isinstance(key.fileobj, socket.socket):  # standard input
                sys.stdin.readline()
                return sorted(latencies)
            data = key.fileobj.recv(262_144)
            now = time.time_ns()
            if not data:
                raise SystemExit("A stream ended.")
            latencies += [(now - int(sent)) / 1e6 for sent in SENT.findall(data)]


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(listen(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
