"""The four servers: ours as `make serve` runs it, and three to compare it with, with the same number of processes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from bench.database import PROJECT, Database, bare_environment

WORKERS, THREADS = 2, 4
OUT = PROJECT / "bench" / "out"
START_SECONDS = 60.0
ADMIN = {"email": "admin@skeleton.local", "password": "03041965"}  # of the zero-configuration mode
UNLIMITED = "1000000000"

OURS, FLOOR, STOCK, PEER = "ours", "floor", "stock", "peer"


@dataclass(frozen=True)
class Kind:
    """How a server is started. `granian` are Granian's arguments; ours is started by the manage.py of `tree`.

    `jobs` is the number of job workers beside ours.
    """

    name: str
    port: int
    granian: tuple[str, ...] = ()
    tree: Path = PROJECT
    jobs: int = 1

    def command(self) -> list[str]:
        if not self.granian:
            return [sys.executable, "manage.py", "serve"]
        return [
            str(Path(sys.executable).parent / "granian"),
            *self.granian,
            "--workers",
            str(WORKERS),
            "--http",
            "1",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-ws",
            "--log-level",
            "error",
            "--backlog",
            "1024",
        ]

    def environment(self, database: Database) -> dict[str, str]:
        if self.granian:
            secret = (database.home / "secret-key").read_text(encoding="utf-8").strip()
            return bare_environment() | database.environment | {"BENCH_SECRET": secret, "PYTHONPATH": str(PROJECT)}
        return bare_environment() | {
            "SKELETON_DATA_DIR": str(database.home),
            "PORT": str(self.port),
            "SKELETON_WORKERS": str(WORKERS),
            # rate limits are enabled as always, but too high to be reached
            "SKELETON_LIMIT_GENERAL": UNLIMITED,
            "SKELETON_LIMIT_LOGIN": UNLIMITED,
            "SKELETON_LIMIT_LOGIN_ADDRESS": UNLIMITED,
            "SKELETON_ACCESS_TOKEN_SECONDS": "86400",
            "SKELETON_JOB_WORKERS": str(self.jobs),
        }


_WSGI = ("--interface", "wsgi", "--blocking-threads", str(THREADS))

KINDS = {
    kind.name: kind
    for kind in (
        Kind(OURS, 18080),
        Kind(FLOOR, 18081, (*_WSGI, "bench.floor:application")),
        Kind(STOCK, 18082, (*_WSGI, "bench.stock.wsgi:application")),
        Kind(PEER, 18083, ("--interface", "asgi", "bench.peer:application")),
    )
}


class Server:
    """A running server."""

    def __init__(self, kind: Kind, database: Database) -> None:
        self.name, self.port, self.database = kind.name, kind.port, database
        require_free_port(kind.port)
        OUT.mkdir(parents=True, exist_ok=True)
        self.log: IO[bytes] = (OUT / f"{kind.name}.log").open("wb")
        self.process = subprocess.Popen(
            kind.command(),
            cwd=kind.tree,
            env=kind.environment(database),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self) -> None:
        """Wait until it answers any request."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.request("GET", "/api/v1/customers")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(f"The server {self.name} did not start: see {OUT / self.name}.log.")

    def request(self, method: str, path: str, body: bytes | None = None, token: str = "") -> tuple[int, bytes]:
        """Send a request, and return the status and body of its response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log_in(self) -> str:
        """Log in, and return an access token."""
        status, body = self.request("POST", "/api/v1/auth/login", json.dumps(ADMIN).encode())
        if status != 200:
            raise SystemExit(f"Logging in to {self.name} failed with {status}: {body!r}")
        token: str = json.loads(body)["access_token"]
        return token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Servers:
    """Runs several servers, and stops all of them at the end."""

    def __init__(self, database: Database, names: tuple[str, ...]) -> None:
        self.database, self.names = database, names
        self.running: dict[str, Server] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for name in self.names:
                self.running[name] = stack.enter_context(Server(KINDS[name], self.database))
            for server in self.running.values():
                server.wait_until_ready()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def __getitem__(self, name: str) -> Server:
        return self.running[name]


def require_free_port(port: int) -> None:
    """Exit if a server listens on the port, for example one of a benchmark that was killed: it would be measured."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"A server is already listening on port {port}. Stop it, then run the benchmark again.")


def processors() -> int:
    return len(os.sched_getaffinity(0))
