"""The private folder for the server's socket.

A socket's path is limited to 107 bytes, and the server's user must be able to enter every folder above it. Usually this
is the folder `socket` next to the data. If the path is too long, contains unusual characters or leads through root's
folders, a randomly named folder with mode 0700 under /tmp is used instead. An attacker cannot guess its name in
advance. The name is stored in the state file, and the folder is reused only if its type, owner and mode are right, so
nobody can replace it.
"""

import re
import shutil
import stat
import tempfile
from pathlib import Path

from skeleton.embedded_postgres.account import Account
from skeleton.embedded_postgres.paths import DatabasePaths

SOCKET = ".s.PGSQL.5432"
MAX_PATH_BYTES = 103  # macOS allows 104 bytes including the terminating zero, Linux 108
# A comma would separate several folders for PostgreSQL, and several hosts for its clients.
SAFE_PATH = re.compile(r"[A-Za-z0-9_./-]+")
TEMPORARY = Path("/tmp")  # noqa: S108 - random name, created and checked as described above


def open_socket_dir(paths: DatabasePaths, account: Account, previous: str) -> Path:
    """Create or reuse the folder for the socket, owned by `account` and closed to everyone else."""
    preferred = paths.home / "socket"
    if account.uid is None and has_valid_path(preferred):
        preferred.mkdir(mode=0o700, exist_ok=True)
        preferred.chmod(0o700)
        socket_dir = preferred
    elif previous and Path(previous) != preferred and is_private(Path(previous), account.owner):
        socket_dir = Path(previous)
    else:
        socket_dir = Path(tempfile.mkdtemp(prefix="skeleton-", dir=TEMPORARY))
        account.chown(socket_dir)
    clear(socket_dir)
    return socket_dir


def has_valid_path(folder: Path) -> bool:
    """Return whether a socket in `folder` has a path that PostgreSQL and its clients can use."""
    path = str(folder / SOCKET)
    return len(path.encode()) <= MAX_PATH_BYTES and SAFE_PATH.fullmatch(path) is not None


def is_private(folder: Path, owner: int) -> bool:
    """Return whether `folder` is a real folder (no link) of `owner` that nobody else can enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700


def clear(socket_dir: Path) -> None:
    """Remove files left behind by a crashed server."""
    for left in socket_dir.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def close_socket_dir(paths: DatabasePaths, socket_dir: Path) -> None:
    """Remove the folder, unless it is the one next to the data."""
    if socket_dir.parent != paths.home:
        shutil.rmtree(socket_dir, ignore_errors=True)
