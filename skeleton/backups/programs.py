"""Runs PostgreSQL's `pg_dump`, `pg_restore` and `psql`: the embedded ones or, without them, the system's."""

import os
import shutil
import subprocess  # noqa: S404 (PostgreSQL's programs, no input from outside)
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.db import connection
from psycopg.conninfo import make_conninfo

from skeleton.backups.errors import BackupError
from skeleton.embedded_postgres.binaries import bundled_binaries
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

NOT_LIBPQ = ("cursor_factory", "context", "prepare_threshold", "options", "password", "client_encoding")
TIMEOUT, KNOWS_TRANSACTION_TIMEOUT = b"SET transaction_timeout = 0;\n", 17
"""pg_restore emits this statement since version 17, but servers older than 17 do not support it."""


def program(name: str) -> str:
    """Return the path of PostgreSQL's program `name`. Raises BackupError."""
    try:
        return bundled_binaries().program(name)
    except EmbeddedDatabaseError:
        found = shutil.which(name)
        if found is None:
            raise BackupError(f"PostgreSQL's {name} was not found. Install PostgreSQL's client programs.") from None
        return found


def connection_arguments() -> tuple[str, dict[str, str]]:
    """Return libpq's connection string for Django's database, and an environment with the password."""
    given: dict[str, Any] = connection.get_connection_params()
    password = str(given.get("password") or "")
    conninfo = make_conninfo(**{name: value for name, value in given.items() if name not in NOT_LIBPQ})
    # Every user of the machine could read a password in the arguments.
    return conninfo, os.environ | {"PGPASSWORD": password, "PGOPTIONS": "-c statement_timeout=0", "LC_ALL": "C"}


def dump(into: IO[bytes], *, snapshot: str, exclude_data: Iterable[str]) -> None:
    """Write the database as of `snapshot` in pg_dump's custom format. Tables in `without` are dumped without rows."""
    conninfo, environment = connection_arguments()
    left_out = [f"--exclude-table-data=public.{table}" for table in exclude_data]
    options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}"]
    with subprocess.Popen(  # noqa: S603
        [program("pg_dump"), *options, *left_out, f"--dbname={conninfo}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as running:
        errors: list[bytes] = []
        reader = _drain_stderr(running.stderr, errors)
        if running.stdout is not None:
            shutil.copyfileobj(running.stdout, into, 1 << 20)
        reader.join()
    if running.returncode:
        raise BackupError(f"pg_dump failed: {_error_line(errors)}")


def load(dumped: Path, *, before: str) -> None:
    """Run the SQL `before` and then the dump, in one transaction. Raises BackupError; then nothing has changed."""
    conninfo, environment = connection_arguments()
    errors: list[bytes] = []
    with (
        subprocess.Popen(  # noqa: S603
            [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dumped)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as source,
        subprocess.Popen(  # noqa: S603
            [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", conninfo],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as running,
    ):
        readers = [_drain_stderr(source.stderr, errors), _drain_stderr(running.stderr, errors)]
        _pipe_to_psql(source, running.stdin, before, older=_server_version() < KNOWS_TRANSACTION_TIMEOUT)
        for reader in readers:
            reader.join()
    if source.returncode or running.returncode:
        raise BackupError(f"Nothing was restored: {_error_line(errors)}")


def _pipe_to_psql(source: "subprocess.Popen[bytes]", psql: Any, before: str, *, older: bool) -> None:
    """Pass pg_restore's output to psql, and commit only if pg_restore has finished successfully."""
    try:
        psql.write(f"BEGIN;\n{before}\n".encode())
        for line in source.stdout or ():
            if not (older and line == TIMEOUT):
                psql.write(line)
        if source.wait() == 0:
            psql.write(b"COMMIT;\n")
        psql.close()
    except BrokenPipeError:  # psql exited because of an error, which is on its standard error
        source.kill()
        with suppress(BrokenPipeError):
            psql.close()


def _server_version() -> int:
    connection.ensure_connection()
    return int(connection.pg_version) // 10_000  # type: ignore[attr-defined]


def _drain_stderr(stream: Any, into: list[bytes]) -> threading.Thread:
    """Read a program's standard error in a thread, so that the program never blocks on it."""
    thread = threading.Thread(target=lambda: into.extend(stream), daemon=True)
    thread.start()
    return thread


def _error_line(errors: list[bytes]) -> str:
    """Return the first line with an error message."""
    lines = [line.decode(errors="replace").strip() for line in errors]
    found = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no error message")
    return found.rpartition("ERROR:")[2].strip()
