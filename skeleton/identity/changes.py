"""What happens to somebody's account, told to apps on higher floors, without this one knowing them.

They are called inside the verb, so what they write belongs to its transaction.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from skeleton.kernel.actors import Actor


class Change(enum.Enum):
    ROLE_GRANTED = "role_granted"
    ROLE_REMOVED = "role_removed"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What `actor` did to a user's account; `role` is the name of the role that it is about, if it is about one."""

    user_id: UUID
    change: Change
    actor: Actor
    role: str | None = None


Listener = Callable[[AccountChange], None]

_listeners: list[Listener] = []


def register(listener: Listener) -> Listener:
    """Call `listener` at every change from now on. For `AppConfig.ready()`, or a module that it imports."""
    _listeners.append(listener)
    return listener


def tell(change: AccountChange) -> None:
    """Let everybody know who registered."""
    for listener in _listeners:
        listener(change)
