"""The process that keeps the embedded PostgreSQL running: `python -m skeleton.embedded_postgres.supervisor HOME`.

The first client starts it. It detaches, creates the data folder if there is none, runs PostgreSQL as its child,
restarts it after a crash, and stops it when no process holds the clients' lock any more. It publishes its state in the
state file and never writes to a terminal. If it is killed, PostgreSQL stops too (Linux) or becomes an orphan that the
next supervisor stops first. Either way, no committed data is lost.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from skeleton.embedded_postgres.account import server_account
from skeleton.embedded_postgres.binaries import runnable_binaries
from skeleton.embedded_postgres.cluster import create_cluster, error_line
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.locks import FileLock
from skeleton.embedded_postgres.paths import DatabasePaths
from skeleton.embedded_postgres.server import Server, stop_orphan, wait_until_ready
from skeleton.embedded_postgres.socket_dir import close_socket_dir, open_socket_dir
from skeleton.embedded_postgres.state import FAILED, READY, STARTING, STOPPED, State, read_state, write_state

GRACE_SECONDS = 1.0  # keeps the server running between consecutive manage.py commands
POLL_SECONDS = 0.2
READY_SECONDS = 600.0  # allows for crash recovery of a large database
MAX_FIRST_ATTEMPTS = 3
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
STABLE_AFTER_SECONDS = 30.0
MAX_LOG_BYTES = 10 * 1024 * 1024  # bytes


class Supervisor:
    """Runs the server from its first client to its last."""

    def __init__(self, paths: DatabasePaths) -> None:
        self.paths = paths
        self.previous_socket_dir = read_state(paths.state).host
        self.clients = FileLock(paths.clients_lock)
        self.unused_since: float | None = None
        self.stop_requested = False
        self.was_ready = False
        self.log_start = 0

    def run(self) -> int:
        """Prepare and run the server. Return the exit code."""
        for kind in (signal.SIGTERM, signal.SIGINT):
            signal.signal(kind, self.request_stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            server = self.open()
        except (EmbeddedDatabaseError, OSError) as error:
            self.publish(FAILED, error=one_line(error))
            return 1
        try:
            self.serve(server)
        except (EmbeddedDatabaseError, OSError) as error:
            self.publish(FAILED, error=one_line(error))
            return 1
        else:
            self.publish(STOPPED)
            return 0
        finally:
            server.stop()
            close_socket_dir(self.paths, server.socket_dir)

    def request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_requested = True

    def open(self) -> Server:
        """Prepare everything that PostgreSQL needs to start, and return the server."""
        stop_orphan(self.paths)
        self.log_start = rotate_log(self.paths.log)
        account = server_account(self.paths.data)
        socket_dir = open_socket_dir(self.paths, account, self.previous_socket_dir)
        self.publish(STARTING, socket_dir)  # stores the folder's name, in case this process is killed
        try:
            binaries = runnable_binaries(account, socket_dir)
            create_cluster(self.paths, binaries, account, socket_dir)
        except BaseException:
            close_socket_dir(self.paths, socket_dir)
            raise
        return Server(self.paths, binaries, account, socket_dir)

    def serve(self, server: Server) -> None:
        """Keep the server running until it is no longer needed. Raises EmbeddedDatabaseError."""
        tries = 0
        pause = SHORTEST_PAUSE
        while not self.should_stop():
            started = time.monotonic()
            server.start()
            if wait_until_ready(server, READY_SECONDS, self.should_stop):
                self.announce(server)
                self.watch(server)
            if self.should_stop():
                return
            tries += 1
            if not self.was_ready and tries >= MAX_FIRST_ATTEMPTS:
                reason = error_line(log_since(self.paths.log, self.log_start), self.paths.data)
                raise EmbeddedDatabaseError(f"PostgreSQL does not start: {reason}")
            self.publish(STARTING, server.socket_dir)
            server.stop()
            stop_orphan(self.paths)  # the children of a killed postmaster may outlive it for a moment
            pause = SHORTEST_PAUSE if time.monotonic() - started > STABLE_AFTER_SECONDS else pause
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def announce(self, server: Server) -> None:
        """Publish the server's address to the clients."""
        if not self.was_ready:
            server.create_database()
            self.was_ready = True
        self.publish(READY, server.socket_dir)

    def watch(self, server: Server) -> None:
        """Return when the server has exited or is no longer needed."""
        while not self.should_stop():
            if server.has_exited(POLL_SECONDS):
                return
            rotate_log(self.paths.log)

    def should_stop(self) -> bool:
        """Return whether no client has used the server for GRACE_SECONDS, or a signal requested a stop.

        In the former case this process keeps the clients' lock, so a new client waits until it has exited and then
        starts a new supervisor.
        """
        if self.stop_requested:
            return True
        if not self.clients.acquire_exclusive():
            self.unused_since = None
            return False
        now = time.monotonic()
        if self.unused_since is None:
            self.unused_since = now
        if now - self.unused_since >= GRACE_SECONDS:
            self.stop_requested = True
            return True
        self.clients.release()
        return False

    def publish(self, status: str, socket_dir: Path | None = None, error: str = "") -> None:
        write_state(self.paths.state, State(status, host=str(socket_dir or ""), error=error))


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def log_since(log: Path, start: int) -> str:
    """Return what was logged after the first `start` bytes, without the rejections of premature connections."""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(line for line in lines if "the database system is" not in line)


def rotate_log(log: Path) -> int:
    """Rotate the log if it is too large, keeping one old copy. Return its size.

    The server has the file open in append mode, so truncating it is safe.
    """
    size = log.stat().st_size if log.exists() else 0
    if size <= MAX_LOG_BYTES:
        return size
    shutil.copy2(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
    return 0


def main(home: str, durable: str) -> int:
    """Take the lock, detach from the parent, and run. The parent's exit code 0 means that a supervisor is running."""
    paths = DatabasePaths(home=Path(home), durable=durable == "durable")
    lock = FileLock(paths.supervisor_lock)
    if not lock.acquire_exclusive(POLL_SECONDS):  # wait a little: a client may hold it for a moment in `is_held`
        return 0
    supervisor = Supervisor(paths)
    supervisor.publish(STARTING, Path(supervisor.previous_socket_dir) if supervisor.previous_socket_dir else None)
    if os.fork():
        os._exit(0)
    os.umask(0o077)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
