"""Who uses a file? Apps on higher floors say so, without this one knowing them.

A foreign key with PROTECT is what keeps a used file in the database; a registered use gives the refusal its words, and
covers uses that are no foreign key.
"""

from collections.abc import Callable
from uuid import UUID

InUse = Callable[[UUID], bool]

_registered: dict[str, InUse] = {}


def register(what: str, in_use: InUse) -> None:
    """Say that `what` ("a message") may use files; `in_use` tells whether the file with this id is. From `ready()`."""
    _registered[what] = in_use


def user_of(file_id: UUID) -> str | None:
    """What uses the file, if anything does."""
    return next((what for what, in_use in _registered.items() if in_use(file_id)), None)
