"""The private folder that holds the server's socket.

A socket's path has room for 107 bytes, and every folder above it must be open to the server's user. Mostly
the folder `socket` beside the data will do. A deep data folder, odd characters, or root's own folders need
another place: a folder with a random name under /tmp, 0700, made by us. Its name cannot be guessed before it
is there, it is remembered in the state file, and it is used again only after a look at its kind, owner and
mode, so nobody else can put one in its place.
"""

import re
import shutil
import stat
import tempfile
from pathlib import Path

from skeleton.embedded_postgres.account import Account
from skeleton.embedded_postgres.layout import Layout

SOCKET = ".s.PGSQL.5432"
LONGEST_PATH = 103  # macOS has 104 bytes with the closing zero, Linux 108
# A comma would list several folders to PostgreSQL and several hosts to its clients.
SAFE = re.compile(r"[A-Za-z0-9_./-]+")
TEMPORARY = Path("/tmp")  # noqa: S108 - a random name, made and checked as described above


def open_room(layout: Layout, account: Account, remembered: str) -> Path:
    """Make or find the folder for the socket, owned by `account` and closed to everybody else."""
    beside = layout.home / "socket"
    if account.uid is None and fits(beside):
        beside.mkdir(mode=0o700, exist_ok=True)
        beside.chmod(0o700)
        room = beside
    elif remembered and Path(remembered) != beside and is_private(Path(remembered), account.owner):
        room = Path(remembered)
    else:
        room = Path(tempfile.mkdtemp(prefix="skeleton-", dir=TEMPORARY))
        account.give(room)
    empty(room)
    return room


def fits(folder: Path) -> bool:
    """Whether a socket in `folder` has a path that PostgreSQL and its clients can use."""
    path = str(folder / SOCKET)
    return len(path.encode()) <= LONGEST_PATH and SAFE.fullmatch(path) is not None


def is_private(folder: Path, owner: int) -> bool:
    """Whether `folder` is a real folder of `owner` that nobody else may enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700


def empty(room: Path) -> None:
    """Remove what a server that died left behind."""
    for left in room.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def close_room(layout: Layout, room: Path) -> None:
    """Remove the folder; the one beside the data may stay."""
    if room.parent != layout.home:
        shutil.rmtree(room, ignore_errors=True)
