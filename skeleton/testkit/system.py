"""Runs the whole system for tests: `manage.py serve` in a separate process and on a free port.

Tests start it, break it, and send it HTTP requests. Its output goes to a file, so that it never blocks on a pipe.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skeleton.embedded_postgres.client import PROJECT

START_SECONDS = 120
ADMIN = {"email": "chief@example.com", "password": "correct horse battery"}
PRODUCTION = {
    "SKELETON_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFG",
    "SKELETON_ALLOWED_HOSTS": "127.0.0.1",
    "SKELETON_ADMIN_EMAIL": ADMIN["email"],
    "SKELETON_ADMIN_PASSWORD": ADMIN["password"],
    "SKELETON_HTTPS": "off",
}
"""The settings that are required in addition to a DATABASE_URL."""


@dataclass(slots=True)
class Reply:
    """A response. Status 0 means that there was none; then `data` is the reason."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    data: Any = None


class ServerProcess:
    """A `manage.py serve` process. After `server.kill()`, `start` starts it again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port, self.token = folder, free_port(), ""
        self.log = folder / "serve.log"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SKELETON_", "DATABASE_", "DJANGO_"))
        }
        own = {"SKELETON_DATA_DIR": str(folder), "PORT": str(self.port), "SKELETON_WORKERS": "2"}
        quiet = {"SKELETON_THROTTLE": "off", "SKELETON_LOG_LEVEL": "error", "SKELETON_JOB_WORKERS": "0"}
        self.environment = kept | own | quiet | environment
        self.server: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start the process, and return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self.call("GET", "/health", prefix="").status != 200:
            assert self.server.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        self.server.terminate()
        try:
            self.server.wait(60)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def kill(self) -> None:
        """Kill the main process (SIGKILL), and return when its children have exited, too."""
        self.server.kill()
        self.server.wait()
        deadline = time.monotonic() + 20
        while self.call("GET", "/health", prefix="").status:
            assert time.monotonic() < deadline, "a worker outlived its server"
            time.sleep(0.05)

    def sign_in(self, **credentials: str) -> None:
        """Sign in as the first administrator, or with the given credentials."""
        reply = self.call("POST", "/auth/login", credentials or ADMIN)
        assert reply.status == 200, reply
        self.token = reply.data["access_token"]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        prefix: str = "/api/v1",
        seconds: float = 30,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request over a new connection."""
        headers = {**(headers or {}), **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, f"{prefix}{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, _read(answer))
        except (OSError, http.client.HTTPException) as gone:
            return Reply(0, data=repr(gone))
        finally:
            connection.close()


def _read(answer: http.client.HTTPResponse) -> Any:
    content = answer.read()
    return json.loads(content) if "json" in (answer.getheader("Content-Type") or "") else content


@contextmanager
def run_server(folder: Path, **environment: str) -> Iterator[ServerProcess]:
    """Yield a running system, and stop it at the end."""
    system = ServerProcess(folder, **environment)
    try:
        system.start()
        yield system
    finally:
        system.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
