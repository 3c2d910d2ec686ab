"""Registry of listeners for account changes, so that apps on higher floors are notified without a dependency on them.

They are called inside the audited transaction, so their writes belong to it.
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
    """A change that `actor` made to a user's account. `role` is the name of the role concerned, if any."""

    user_id: UUID
    change: Change
    actor: Actor
    role: str | None = None


Listener = Callable[[AccountChange], None]

_listeners: list[Listener] = []


def register(listener: Listener) -> Listener:
    """Register `listener` for all changes. Call this in `AppConfig.ready()` or a module that it imports."""
    _listeners.append(listener)
    return listener


def tell(change: AccountChange) -> None:
    """Call all listeners."""
    for listener in _listeners:
        listener(change)
