"""Registry of handlers of account changes, so that apps on higher floors are notified without a dependency on them.

They are called inside the audited transaction, so their writes belong to it.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from skeleton.kernel.actors import Actor


class AccountChangeKind(enum.Enum):
    ROLE_GRANTED = "role_granted"
    ROLE_REMOVED = "role_removed"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A change that `actor` made to a user's account. `role` is the name of the role concerned, if any."""

    user_id: UUID
    kind: AccountChangeKind
    actor: Actor
    role: str | None = None


Handler = Callable[[AccountChange], None]

_handlers: list[Handler] = []


def register_handler(handler: Handler) -> Handler:
    """Register `handler` for all changes. Call this in `AppConfig.ready()` or a module that it imports."""
    _handlers.append(handler)
    return handler


def dispatch(change: AccountChange) -> None:
    """Call all handlers."""
    for handler in _handlers:
        handler(change)
