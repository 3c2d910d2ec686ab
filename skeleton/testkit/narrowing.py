"""Narrows the types of values that a test knows more about than their declarations say."""

from typing import TypeVar

import psycopg

Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """Return `value`, which must not be None."""
    assert value is not None
    return value


def database_error(error: BaseException | None) -> psycopg.Error:
    """Return the PostgreSQL error that caused `error`, for its SQLSTATE and the name of the constraint."""
    cause = present(error).__cause__
    assert isinstance(cause, psycopg.Error), error
    return cause
