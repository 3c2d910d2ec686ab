"""What can go wrong with the embedded database, said in one line for a person."""


class EmbeddedDatabaseError(Exception):
    """The embedded PostgreSQL cannot be used. `str()` is one line that says why and what to do."""


class DatabaseUnusableError(Exception):
    """A database given by DATABASE_URL does not answer or does not fit. `str()` is one line."""
