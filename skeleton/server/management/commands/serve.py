"""`manage.py serve`: prepares an installation and runs the server, in one command.

It checks the settings and the database, migrates, seeds, and then runs the API server until Ctrl-C or SIGTERM. An error
at startup is reported in one line, with exit code 1.

The main process serves no requests; it supervises its workers. Job workers run as `ChildProcess`,
started by `Granian.on_startup` and stopped by `Granian.on_shutdown`.
"""

import errno
import hashlib
import os
import resource
import signal
import socket
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.common import AbstractServer

from skeleton.db.rights import foreign_owner
from skeleton.embedded_postgres.base import DatabaseWrapper as EmbeddedDatabase
from skeleton.embedded_postgres.check import check_server
from skeleton.embedded_postgres.errors import DatabaseUnusableError
from skeleton.embedded_postgres.parent import stop_with_parent
from skeleton.server.application import Application
from skeleton.server.child_process import ChildProcess

# An arbitrary number ("skel" in ASCII) that all servers of one database share.
START_LOCK = 0x736B656C
BACKLOG = 1024
OTHER_FILES = 512  # open files of a worker besides its connections
KILL_SECONDS = 10
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_WORKER_MEGABYTES = 512  # megabytes; a worker above this limit is replaced gracefully


class Address(NamedTuple):
    """The address that the server listens on: `host` as configured, `ip` as resolved."""

    host: str
    ip: str
    port: int
    family: socket.AddressFamily

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Command(BaseCommand):
    help = "Prepare the database and serve the API, its documentation and the back office."
    requires_system_checks = ()  # run explicitly, after the progress message

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prepare-only", action="store_true", help="stop before serving")

    def handle(self, *args: object, prepare_only: bool = False, **options: object) -> None:
        """Prepare the installation, serve, and stop the embedded database."""
        for kind in STOP_SIGNALS:
            signal.signal(kind, interrupt)
        try:
            address = find_address(settings.HOST, settings.PORT)
            require_free(address)
            self.prepare()
            if not prepare_only:
                require_free(address)  # another program may have taken it in the meantime
                self.serve(address)
        except KeyboardInterrupt:
            pass
        finally:
            self.stop_database()
        if not prepare_only:
            self.log_line("Stopped.")

    def prepare(self) -> None:
        """Bring the data folder, database, seed data and static files up to date."""
        require_writable(Path(settings.SKELETON_DATA_DIR))
        self.open_database()
        require_valid_settings()
        with startup_lock():
            self.migrate()
            self.seed()
        self.collect_static()
        close_all_connections()

    def open_database(self) -> None:
        """Start the embedded database, or check the configured one."""
        database = connections["default"]
        embedded = isinstance(database, EmbeddedDatabase)
        self.log_line("Starting the embedded PostgreSQL." if embedded else "Checking the database.")
        try:
            if embedded:
                database.ensure_connection()
            else:
                check_server(database)
        except (OperationalError, DatabaseUnusableError) as error:
            raise CommandError(" ".join(str(error).split())) from error

    def migrate(self) -> None:
        executor = MigrationExecutor(connections["default"])
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing:
            owner = foreign_owner()
            if owner is not None:
                raise CommandError(
                    f"Migrations are pending ({missing}): run manage.py migrate and manage.py grant_rights as {owner},"
                    f" who owns the tables, and start again."
                )
            self.log_line(f"Applying {missing} migrations.")
            call_command("migrate", interactive=False, verbosity=0)

    def seed(self) -> None:
        """Run the commands of SKELETON_SEEDS. They are idempotent."""
        self.log_line("Loading roles, reference data and the administrator.")
        for seed in settings.SKELETON_SEEDS:
            call_command(seed, verbosity=0)

    def collect_static(self) -> None:
        """Collect the static files if one of them has changed since the last time."""
        if not settings.STATIC_ROOT:
            return
        folder = Path(settings.STATIC_ROOT)
        mark = folder.with_name(f"{folder.name}.collected")  # not inside the folder, whose contents are served
        now = fingerprint_of_static_files()
        if folder.is_dir() and mark.exists() and mark.read_text(encoding="utf-8") == now:
            return
        self.log_line("Collecting the static files.")
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        mark.write_text(now, encoding="utf-8")

    def serve(self, address: Address) -> None:
        """Run the API server until it is stopped. Raises CommandError if its workers keep failing."""
        server = api_server(address)
        children = [ChildProcess("worker") for _ in range(settings.SKELETON_JOB_WORKERS)]
        server.on_startup(lambda: self.announce(address))
        for child in children:
            server.on_startup(child.start)
            server.on_shutdown(child.stop)
        try:
            loader: Any = partial(load_application, os.getpid())
            server.serve(target_loader=loader, wrap_loader=False)
        except SystemExit:
            # A worker that exits while the server is being stopped is not a failure.
            if not server.interrupt_signal:
                raise CommandError("The API server stopped: its workers kept failing, see above.") from None

    def announce(self, address: Address) -> None:
        self.log_line(f"API            {address.url}/api/v1")
        self.log_line(f"Documentation  {address.url}/api/v1/docs")
        self.log_line(f"Back office    {address.url}/admin/")
        self.log_line("Stop with Ctrl-C.")

    def stop_database(self) -> None:
        """Disconnect, and wait for the embedded database to stop unless other processes use it."""
        for kind in STOP_SIGNALS:
            signal.signal(kind, signal.SIG_IGN)  # a second Ctrl-C would interrupt the shutdown
        connections.close_all()
        database = connections["default"]
        if isinstance(database, EmbeddedDatabase):
            database.server.disconnect()

    def log_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def api_server(address: Address) -> AbstractServer[Any]:
    """Return the application server. It replaces workers that fail."""
    connections_limit = allow_connections(settings.SKELETON_SERVER_LIMITS["connections"])
    return Granian(
        settings.RSGI_APPLICATION,
        address=address.ip,
        port=address.port,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        websockets=False,
        workers=worker_count(),
        backlog=BACKLOG,
        backpressure=connections_limit,  # counts connections, including idle ones
        http1_settings=HTTP1Settings(header_read_timeout=settings.SKELETON_HEADER_SECONDS * 1000),
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
        workers_max_rss=MAX_WORKER_MEGABYTES,
        log_level=LogLevels.error,
    )


def allow_connections(wanted: int) -> int:
    """Raise the limit of open files for `wanted` connections. Return how many connections the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - OTHER_FILES))


def load_application(parent: int) -> Application:
    """Prepare a worker process and return its application. This runs first in every worker.

    The worker leaves the terminal's process group, so that Ctrl-C reaches only the main process: two signals at once
    make a worker hang. It exits when the main process is killed, which frees the port. Until the server installs its
    own signal handlers, the default ones apply: those inherited from the main process would lose the signal.
    """
    for kind in STOP_SIGNALS:
        signal.signal(kind, signal.SIG_DFL)
    os.setpgid(0, 0)
    stop_with_parent(parent, signal.SIGTERM)
    application: Application = import_string(settings.RSGI_APPLICATION)
    return application


def worker_count() -> int:
    """Return SKELETON_WORKERS, or the number of available processors if it is 0."""
    if settings.SKELETON_WORKERS:
        return int(settings.SKELETON_WORKERS)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_address(host: str, port: int) -> Address:
    """Resolve HOST, because the server needs an IP address. Raises CommandError."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, OverflowError, UnicodeError) as error:
        raise CommandError(f"HOST {host} is no address that can be found: {error}") from error
    return Address(host, str(place[0]), port, family)


def require_free(address: Address) -> None:
    """Refuse a port that is in use. The server would silently share it with the other program."""
    with socket.socket(address.family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.ip, address.port))
        except OSError as error:
            raise CommandError(bind_error_message(address, error)) from error


def bind_error_message(address: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {address.port} on {address.host} is used by another program: stop it, or set PORT to another number."
        )
    if error.errno == errno.EACCES:
        return f"Port {address.port} is reserved for root: set PORT to a number from 1024."
    return f"Cannot listen on {address.host}, port {address.port}: {error.strerror}. Set HOST or PORT."


def require_writable(folder: Path) -> None:
    """Check that `folder` is writable, by writing to it: permission bits alone are not reliable."""
    probe = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"The data folder {folder} cannot be written ({error.strerror}): make it writable, or set "
            f"SKELETON_DATA_DIR to another folder."
        ) from error


def require_valid_settings() -> None:
    """Refuse to start if a system check reports an error. Production mode includes the deployment checks."""
    found = checks.run_checks(include_deployment_checks=not settings.ZERO_CONFIGURATION, databases=["default"])
    wrong = [check for check in found if check.level >= checks.ERROR and not check.is_silenced()]
    if wrong:
        raise CommandError("\n".join(f"{check.msg} ({check.id})" for check in wrong))


@contextmanager
def startup_lock() -> Iterator[None]:
    """Hold an advisory lock, so that servers that start at the same time migrate and seed one after the other."""
    with connection.cursor() as cursor:
        # The timeouts that protect requests would end a long migration, or the wait for another server's migration.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
    try:
        yield
    finally:
        if connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [START_LOCK])


def close_all_connections() -> None:
    """Close every connection, including pools. Workers are forked, and processes must not share a connection."""
    connections.close_all()
    for database in connections.all(initialized_only=True):
        if isinstance(database, PostgresWrapper):
            database.close_pool()


def fingerprint_of_static_files() -> str:
    """Return a hash that changes when a static file is added, removed or modified, or the storage settings change."""
    digest = hashlib.sha256(repr(settings.STORAGES).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            file = Path(storage.path(name)).stat()
            digest.update(f"{name} {file.st_size} {file.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Handle SIGTERM like Ctrl-C during preparation."""
    raise KeyboardInterrupt
