"""Client side of the embedded PostgreSQL: starts it when needed and keeps it running while this process lives."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.locks import FileLock, is_held
from skeleton.embedded_postgres.paths import DatabasePaths, open_private, paths_of
from skeleton.embedded_postgres.socket_dir import SOCKET, is_private
from skeleton.embedded_postgres.state import FAILED, READY, State, read_state

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
POLL_SECONDS = 0.02


class Client:
    """One process's claim on one server, shared by all threads. The server runs while any process has one."""

    def __init__(self, paths: DatabasePaths) -> None:
        self.paths = paths
        self.mutex = threading.Lock()
        self.lock: FileLock | None = None
        self.host = ""

    def address(self) -> str:
        """Return the folder of the server's socket, for use as `host`. The first call starts the server if needed."""
        return self.host or self.find(START_SECONDS)

    def password(self) -> str:
        """Return the password of the database user."""
        try:
            return self.paths.password.read_text(encoding="utf-8")
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The database password {self.paths.password} cannot be read ({error.strerror})."
            ) from error

    def find(self, seconds: float) -> str:
        """Find or start the server within `seconds`, and return its host. Raises EmbeddedDatabaseError."""
        with self.mutex:
            deadline = time.monotonic() + seconds
            if self.lock is None:
                self.lock = self.acquire_lock(seconds)
            try:
                self.host = self.wait_until_ready(deadline)
            except EmbeddedDatabaseError:
                self.release_lock()
                raise
            return self.host

    def acquire_lock(self, seconds: float) -> FileLock:
        """Take the shared clients' lock. If a supervisor is stopping, this waits until it has exited."""
        self.paths.create()
        hold = FileLock(self.paths.clients_lock)
        if not hold.acquire_shared(seconds):
            hold.close()
            raise EmbeddedDatabaseError(
                f"The embedded PostgreSQL in {self.paths.home} is stopping, but did not stop in time."
            )
        return hold

    def wait_until_ready(self, deadline: float) -> str:
        """Return the host once the server accepts connections. Raises EmbeddedDatabaseError."""
        while True:
            self.start_supervisor(deadline)
            state = read_state(self.paths.state)
            if state.status == READY and accepts_connections(self.paths, state.host):
                return state.host
            self.raise_failure(state)
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"The embedded PostgreSQL is not ready in time: see {self.paths.log}.")
            time.sleep(POLL_SECONDS)

    def start_supervisor(self, deadline: float) -> None:
        """Start the supervisor unless it is running. If several processes try at once, one starts it."""
        if is_held(self.paths.supervisor_lock):
            return
        with FileLock(self.paths.start_lock) as turn:
            if not turn.acquire_exclusive(max(0.0, deadline - time.monotonic())):
                raise EmbeddedDatabaseError(f"Another process is starting the database in {self.paths.home}: wait.")
            if not is_held(self.paths.supervisor_lock):
                launch_supervisor(self.paths)

    def raise_failure(self, state: State) -> None:
        if state.status == FAILED:
            raise EmbeddedDatabaseError(state.error)

    def release_lock(self) -> None:
        """Release the lock."""
        if self.lock is not None:
            self.lock.close()
        self.lock = None
        self.host = ""

    def disconnect(self, seconds: float = 40.0) -> bool:
        """Release the lock and wait for the server to stop. Return False if other processes keep it running."""
        with self.mutex:
            if self.lock is None:
                return True
            self.release_lock()
        deadline = time.monotonic() + seconds
        while is_held(self.paths.supervisor_lock) and time.monotonic() < deadline:
            if has_other_clients(self.paths):
                return False
            time.sleep(POLL_SECONDS)
        return True


def has_other_clients(paths: DatabasePaths) -> bool:
    """Return whether another client holds the shared lock (the supervisor takes it exclusively)."""
    with FileLock(paths.clients_lock) as lock:
        return lock.acquire_shared() and not lock.acquire_exclusive()


def launch_supervisor(paths: DatabasePaths) -> None:
    """Start the supervisor, and return once it has detached and holds its lock. Raises EmbeddedDatabaseError."""
    log = open_private(paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        started = subprocess.run(  # noqa: S603 - our own module
            [
                sys.executable,
                "-m",
                "skeleton.embedded_postgres.supervisor",
                str(paths.home),
                "durable" if paths.durable else "test",
            ],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            start_new_session=True,
        )
    finally:
        os.close(log)
    if started.returncode:
        raise EmbeddedDatabaseError(f"The database supervisor did not start: see {paths.log}.")


def accepts_connections(paths: DatabasePaths, host: str) -> bool:
    """Return whether a process listens on the socket, in a folder that only the server's user can enter."""
    folder = Path(host)
    try:
        if not is_private(folder, paths.data.stat().st_uid):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(str(folder / SOCKET))
    except OSError:
        return False
    return True


_clients: dict[Path, Client] = {}


def client_of(root: str | Path, *, durable: bool = True) -> Client:
    """Return this process's client for the server under `root` (`<data dir>/postgres`)."""
    paths = paths_of(root, durable=durable)
    return _clients.setdefault(paths.home, Client(paths))


def reset_after_fork() -> None:
    """Drop the inherited locks in a forked child. It takes its own lock when it first needs the database."""
    for client in _clients.values():
        client.mutex = threading.Lock()
        client.release_lock()


os.register_at_fork(after_in_child=reset_after_fork)
