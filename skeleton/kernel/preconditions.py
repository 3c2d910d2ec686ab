"""What a request requires of the object that it changes, checked once the object's row is locked.

The request's row must not change between the comparison and the write, so whoever locks the row compares. This keeps
the order of locks: nothing is locked only to compare.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Precondition:
    """A check of the object with the id `pk`, or of the only one that the request locks. It raises a domain error."""

    pk: object
    check: Callable[[], None]
    checked: bool = False


_current: ContextVar[Precondition | None] = ContextVar("precondition", default=None)


@contextmanager
def checked_when_locked(precondition: Precondition) -> Iterator[None]:
    """Check `precondition` when the row is locked in the block."""
    token = _current.set(precondition)
    try:
        yield
    finally:
        _current.reset(token)


def is_precondition_open() -> bool:
    """Return whether the request has a precondition that has not been checked."""
    found = _current.get()
    return found is not None and not found.checked


def reopen_precondition() -> None:
    """Check the precondition again at the next lock, after a rollback that has released the lock."""
    found = _current.get()
    if found is not None:
        found.checked = False


def check_precondition(pk: object) -> None:
    """Check the precondition of the request if it is about this row, which the caller has locked.

    None is the only object of a request without an id, before its row exists.
    """
    found = _current.get()
    if found is not None and not found.checked and (found.pk is None or found.pk == pk):
        found.checked = True
        found.check()
