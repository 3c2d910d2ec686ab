"""Questions that commands ask a person at a terminal."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from skeleton.core.admin.refusals import REFUSALS, refusal_of


def ask(question: str) -> str:
    """What a person types. Raises CommandError when there is nobody to ask."""
    return _typed(input, question)


def new_password() -> str:
    """A new password, typed twice. Raises CommandError when the two differ, or when there is nobody to ask."""
    password = _typed(getpass.getpass, "Password: ")
    if password != _typed(getpass.getpass, "Password (again): "):
        raise CommandError("The two passwords differ. Nothing was changed.")
    return password


def _typed(read: Callable[[str], str], question: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask at. Run this command in a terminal; see --help.")
    try:
        return read(question)
    except (EOFError, KeyboardInterrupt):
        raise CommandError("Cancelled. Nothing was changed.") from None


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a service or an Input refuses into one line for the terminal."""
    try:
        yield
    except REFUSALS as exc:
        error = refusal_of(exc)
        details = "; ".join(f"{name}: {text}" for name, text in (error.details or {}).items())
        raise CommandError(details or error.message) from exc
