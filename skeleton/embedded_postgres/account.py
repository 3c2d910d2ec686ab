"""Which user PostgreSQL runs as. It refuses root, so root hands it to a user with no rights at all."""

import contextlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from skeleton.embedded_postgres.errors import EmbeddedDatabaseError

# Of a range that no distribution hands out (65520-65533): unlike `nobody`, no other service shares it.
DATABASE_UID = 65525


class As(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user to drop to; `ME` (uid None) when this process is an ordinary user already."""

    uid: int | None

    @property
    def popen(self) -> As:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.uid, "extra_groups": []}

    @property
    def owner(self) -> int:
        """The uid that files of this account carry."""
        return os.geteuid() if self.uid is None else self.uid

    def give(self, path: Path) -> None:
        """Make the account the owner of one file or folder."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def give_tree(self, path: Path) -> None:
        """Make the account the owner of a folder and of all in it."""
        if self.uid is None:
            return
        self.give(path)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                self.give(Path(folder) / name)


ME = Account(uid=None)


def server_account(data: Path) -> Account:
    """The account that PostgreSQL runs as: ourselves, or as root the owner of `data` or else DATABASE_UID."""
    if os.geteuid() != 0:
        return ME
    owner = data.stat().st_uid if data.exists() else DATABASE_UID
    if owner == 0:
        raise EmbeddedDatabaseError(f"The database folder {data} belongs to root: PostgreSQL refuses it.")
    return Account(owner)


def creating_account(account: Account) -> Account:
    """The account that `initdb` runs as: it insists on a user with a name, which ours has not always."""
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
