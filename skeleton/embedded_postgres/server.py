"""Starts, probes and stops one PostgreSQL process as a child."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from skeleton.embedded_postgres.account import Account
from skeleton.embedded_postgres.binaries import Binaries
from skeleton.embedded_postgres.cluster import DataFolder
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.locks import FileLock
from skeleton.embedded_postgres.parent import stop_with_parent
from skeleton.embedded_postgres.paths import DATABASE, USER, DatabasePaths, open_private
from skeleton.embedded_postgres.tuning import server_settings

FAST_SHUTDOWN_SECONDS = 30.0  # SIGINT: roll back, checkpoint, exit
QUICK_SHUTDOWN_SECONDS = 5.0  # SIGQUIT: exit at once, recover at the next start


class Server:
    """The PostgreSQL server of `paths`, with its socket in `socket_dir`."""

    def __init__(self, paths: DatabasePaths, binaries: Binaries, account: Account, socket_dir: Path) -> None:
        self.paths = paths
        self.binaries = binaries
        self.account = account
        self.socket_dir = socket_dir
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process. Call `stop_orphan` first, so that no earlier server is running."""
        (self.paths.data / "postmaster.pid").unlink(missing_ok=True)
        folder = DataFolder(self.paths.data, self.account)
        log = open_private(self.paths.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            with FileLock(self.paths.server_lock) as lock:
                lock.acquire_exclusive()
                self.process = subprocess.Popen(  # noqa: S603 - our own program, no input from outside
                    self.command(folder.path),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                    start_new_session=True,
                    pass_fds=(lock.descriptor, *folder.pass_fds),
                    preexec_fn=partial(stop_with_parent, os.getpid(), signal.SIGINT),  # noqa: PLW1509 - one thread only
                    **self.account.popen_arguments,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedDatabaseError(f"PostgreSQL could not be started: {error}") from error
        finally:
            folder.close()
            os.close(log)

    def command(self, data: str) -> list[str]:
        """Return the command line. `data` is the path under which the server's user can access the data folder."""
        command = [self.binaries.program("postgres"), "-D", data, "-k", str(self.socket_dir)]
        for name, value in server_settings(durable=self.paths.durable).items():
            command += ["-c", f"{name}={value}"]
        return command

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection in autocommit mode."""
        return psycopg.connect(
            host=str(self.socket_dir),
            dbname=database,
            user=USER,
            password=self.paths.password.read_text(encoding="utf-8"),
            connect_timeout=5,
            autocommit=True,
        )

    def is_responding(self) -> bool:
        """Return whether `SELECT 1` works."""
        try:
            with self.connect() as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    def create_database(self) -> None:
        """Create the application's database if it is missing, after checking that its locale supports Cyrillic."""
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found:
                return
            with connection.transaction(force_rollback=True):
                connection.execute("CREATE EXTENSION pg_trgm")
                same = connection.execute("SELECT similarity('Київ', 'київ') = 1").fetchone()
            if same != (True,):
                raise EmbeddedDatabaseError("The embedded PostgreSQL does not compare Cyrillic text: set DATABASE_URL.")
            connection.execute(f"CREATE DATABASE {DATABASE}")  # a constant; identifiers cannot be parameters

    def has_exited(self, seconds: float = 0) -> bool:
        """Return whether the process has exited, after waiting up to `seconds`."""
        if self.process is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def stop(self) -> None:
        """Stop the process: cleanly at first, then with increasingly hard signals."""
        for kind, seconds in (
            (signal.SIGINT, FAST_SHUTDOWN_SECONDS),
            (signal.SIGQUIT, QUICK_SHUTDOWN_SECONDS),
            (signal.SIGKILL, QUICK_SHUTDOWN_SECONDS),
        ):
            if self.process is None or self.has_exited():
                return
            self.process.send_signal(kind)
            self.has_exited(seconds)


def stop_orphan(paths: DatabasePaths) -> None:
    """Stop a server whose supervisor was killed, and wait until its last process has exited.

    A lock inherited by every PostgreSQL process shows whether one is alive. A process id alone is not enough, as it may
    have been reused.
    """
    with FileLock(paths.server_lock) as lock:
        for kind, seconds in (
            (signal.SIGINT, FAST_SHUTDOWN_SECONDS),
            (signal.SIGQUIT, QUICK_SHUTDOWN_SECONDS),
            (signal.SIGKILL, QUICK_SHUTDOWN_SECONDS),
        ):
            if lock.acquire_exclusive(0):
                return
            postmaster = postmaster_pid(paths)
            if postmaster:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(postmaster, kind)
            if lock.acquire_exclusive(seconds if postmaster else QUICK_SHUTDOWN_SECONDS):
                return
    raise EmbeddedDatabaseError(
        f"An earlier PostgreSQL still uses {paths.data} and does not stop: stop it and start again."
    )


def postmaster_pid(paths: DatabasePaths) -> int | None:
    """Return the process id that the running server wrote into its data folder, or None."""
    try:
        return int((paths.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
    except (OSError, ValueError):
        return None


def wait_until_ready(server: Server, seconds: float, give_up: Callable[[], bool]) -> bool:
    """Wait until the server answers. Return False if it exits, `seconds` have passed or `give_up()` is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not give_up():
        if server.is_responding():
            return True
        if server.has_exited(0.03):
            return False
    return False
