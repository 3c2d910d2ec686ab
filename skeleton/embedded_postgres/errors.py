"""Errors of the embedded database, each with a one-line message for the operator."""


class EmbeddedDatabaseError(Exception):
    """The embedded PostgreSQL cannot be used. `str()` is one line with the reason and what to do."""


class DatabaseUnusableError(Exception):
    """The database at DATABASE_URL does not answer or is unsuitable. `str()` is one line."""
