"""The system user that PostgreSQL runs as. PostgreSQL refuses root, so root switches to an unprivileged user."""

import contextlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

# From a range that no distribution assigns (65520-65533), so unlike `nobody` it is not shared with other services.
DATABASE_UID = 65525


class PopenUser(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that switch the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user to switch to, or `CURRENT_USER` (uid None) if this process already runs as an ordinary user."""

    uid: int | None

    @property
    def popen_arguments(self) -> PopenUser:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.uid, "extra_groups": []}

    @property
    def owner(self) -> int:
        """Return the uid that owns this account's files."""
        return os.geteuid() if self.uid is None else self.uid

    def chown(self, path: Path) -> None:
        """Make this account the owner of one file or folder."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def chown_tree(self, path: Path) -> None:
        """Make this account the owner of a folder and all its contents."""
        if self.uid is None:
            return
        self.chown(path)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                self.chown(Path(folder) / name)


CURRENT_USER = Account(uid=None)


def server_account(data: Path) -> Account:
    """Return the account for PostgreSQL: the current user or, as root, the owner of `data` or DATABASE_UID.

    Raises EmbeddedDatabaseError if root owns the data.
    """
    if os.geteuid() != 0:
        return CURRENT_USER
    owner = data.stat().st_uid if data.exists() else DATABASE_UID
    if owner == 0:
        raise EmbeddedDatabaseError(f"The database folder {data} belongs to root: PostgreSQL refuses it.")
    return Account(owner)


def initdb_account(account: Account) -> Account:
    """Return the account for `initdb`, which requires a user with a name: `account` if it has one, or `nobody`."""
    if account.uid is None:
        return account
    for known in pwd.getpwall():
        if known.pw_uid == account.uid:
            return account
    with contextlib.suppress(KeyError):
        return Account(pwd.getpwnam("nobody").pw_uid)
    raise EmbeddedDatabaseError(
        "As root, the embedded PostgreSQL needs the system user `nobody` to create its data: "
        "add it, start as an ordinary user, or set DATABASE_URL."
    )
