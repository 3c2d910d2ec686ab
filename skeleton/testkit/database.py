"""A separate PostgreSQL server, by default with durability, that a test can kill."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skeleton.db.fetching import Rows
from skeleton.embedded_postgres.account import server_account
from skeleton.embedded_postgres.binaries import runnable_binaries
from skeleton.embedded_postgres.cluster import create_cluster
from skeleton.embedded_postgres.locks import is_held
from skeleton.embedded_postgres.paths import DATABASE, USER, paths_of
from skeleton.embedded_postgres.server import Server, wait_until_ready
from skeleton.embedded_postgres.socket_dir import close_socket_dir, open_socket_dir


class OwnDatabase:
    """A server with its data in `folder`. It ends with the thread that started it, which must be long-lived."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.paths = paths_of(folder, durable=durable)
        self.paths.create()
        account = server_account(self.paths.data)
        socket_dir = open_socket_dir(self.paths, account, "")
        binaries = runnable_binaries(account, socket_dir)
        create_cluster(self.paths, binaries, account, socket_dir)
        self.server = Server(self.paths, binaries, account, socket_dir)

    @property
    def url(self) -> str:
        """Return the value for DATABASE_URL."""
        password = self.paths.password.read_text(encoding="utf-8")
        return f"postgresql://{USER}:{quote(password, '')}@{quote(str(self.server.socket_dir), '')}/{DATABASE}"

    def start(self) -> None:
        """Start the server, and return when it accepts connections."""
        self.server.start()
        assert wait_until_ready(self.server, 60, lambda: False), self.paths.log.read_text()
        self.server.create_database()

    def kill(self) -> None:
        """Send SIGKILL to all its processes at once. Data not yet passed to the operating system is lost."""
        process = self.server.process
        assert process is not None
        victims = [process.pid, *children(process.pid)]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(20)
        deadline = time.monotonic() + 20
        while is_held(self.paths.server_lock):
            assert time.monotonic() < deadline, "a process of PostgreSQL is left"
            time.sleep(0.02)

    def query(self, statement: Any, *values: object) -> Rows:
        """Execute a statement over a new connection, and return its rows."""
        with self.server.connect(DATABASE) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def own_database(folder: Path, *, durable: bool = True) -> Iterator[OwnDatabase]:
    """Yield a running server, and stop it at the end."""
    database = OwnDatabase(folder, durable=durable)
    try:
        database.start()
        yield database
    finally:
        database.server.stop()
        close_socket_dir(database.paths, database.server.socket_dir)


def children(parent: int) -> list[int]:
    """Return the ids of the running child processes of `parent`."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, ppid = status.read_text().rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found.append(int(status.parent.name))
    return found
