"""Creates PostgreSQL's data folder, atomically."""

import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from skeleton.embedded_postgres.account import Account, initdb_account
from skeleton.embedded_postgres.binaries import Binaries
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError
from skeleton.embedded_postgres.paths import USER, DatabasePaths, private_write

# The built-in provider needs no operating system locale. With PG_UNICODE_FAST, lower(), ILIKE and pg_trgm support
# Cyrillic, and text sorts by code point.
LOCALE = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
    "--lc-collate=C",
    "--lc-ctype=C.UTF-8",
    "--data-checksums",
)


def create_cluster(paths: DatabasePaths, binaries: Binaries, account: Account, socket_dir: Path) -> None:
    """Run `initdb` unless the data folder exists. Raises EmbeddedDatabaseError with the program's error message."""
    if paths.data.exists():
        if not paths.password.exists():
            raise EmbeddedDatabaseError(f"The password of the embedded database is missing: restore {paths.password}.")
        return
    refuse_older_data(paths)
    new_data = paths.home / "data.new"
    shutil.rmtree(new_data, ignore_errors=True)
    new_data.mkdir(mode=0o700)
    creator = initdb_account(account)
    creator.chown(new_data)
    creator.chown(socket_dir)
    private_write(paths.password, secrets.token_urlsafe(32))
    run_initdb(paths, binaries, creator, new_data, socket_dir)
    account.chown_tree(new_data)
    account.chown(socket_dir)
    new_data.rename(paths.data)


def run_initdb(paths: DatabasePaths, binaries: Binaries, creator: Account, new_data: Path, socket_dir: Path) -> None:
    """Run `initdb` in the empty folder `new_data`."""
    secret = socket_dir / "password"
    secret.touch(mode=0o600)
    creator.chown(secret)
    secret.write_text(paths.password.read_text(encoding="utf-8"), encoding="utf-8")
    opened = DataFolder(new_data, creator)
    try:
        made = subprocess.run(  # noqa: S603 - our own program, no input from outside
            [
                binaries.program("initdb"),
                f"--pgdata={opened.path}",
                f"--username={USER}",
                f"--pwfile={secret}",
                "--auth-local=scram-sha-256",
                "--auth-host=reject",
                "--no-instructions",
                # The password has 256 random bits, so more hash iterations would only slow down connections.
                "--set=scram_iterations=1",
                *LOCALE,
                *(() if paths.durable else ("--no-sync",)),
            ],
            capture_output=True,
            check=False,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            pass_fds=opened.pass_fds,
            **creator.popen_arguments,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedDatabaseError(f"PostgreSQL could not create {paths.data}: {error}") from error
    finally:
        opened.close()
        secret.unlink(missing_ok=True)
    if made.returncode:
        shutil.rmtree(new_data, ignore_errors=True)
        raise EmbeddedDatabaseError(f"PostgreSQL could not create {paths.data}: {error_line(made.stderr, paths.data)}")


def refuse_older_data(paths: DatabasePaths) -> None:
    """Raise EmbeddedDatabaseError if there is data of another major version, instead of silently starting empty."""
    for other in sorted(paths.home.parent.glob("*/data/PG_VERSION")):
        if other.parent.parent != paths.home:
            raise EmbeddedDatabaseError(
                f"{other.parent.parent} holds data of PostgreSQL {other.parent.parent.name}, and PostgreSQL "
                f"{paths.home.name} is installed: back up with the release that made it and restore, "
                f"or move that folder away."
            )


def error_line(output: str, data: Path) -> str:
    """Return the line of a program's output with the error, with the data folder's real path."""
    lines = [re.sub(r"/proc/self/fd/\d+", str(data), line).strip() for line in output.splitlines()]
    lines = [line for line in lines if line]
    for marker in ("FATAL:", "PANIC:", "error:", "ERROR:"):
        for line in reversed(lines):
            if marker in line:
                return line.partition(marker)[2].strip()
    return lines[-1] if lines else "no error message"


class DataFolder:
    """The path under which an account can access a data folder.

    Another user cannot traverse root's private folders, whose permissions stay unchanged. Therefore root opens the data
    folder and passes the descriptor to the server, which on Linux can use it as /proc/self/fd/N.
    """

    def __init__(self, folder: Path, account: Account) -> None:
        self.descriptor = -1
        self.path = str(folder)
        if account.uid is None:
            return
        if not Path("/proc/self/fd").exists():
            raise EmbeddedDatabaseError(
                "The embedded PostgreSQL does not run as root on this system: start as an ordinary user."
            )
        self.descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        self.path = f"/proc/self/fd/{self.descriptor}"

    @property
    def pass_fds(self) -> tuple[int, ...]:
        return () if self.descriptor < 0 else (self.descriptor,)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
