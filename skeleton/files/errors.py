"""Domain errors of this app."""

from skeleton.kernel.errors import DomainError


class RangeNotSatisfiable(DomainError):
    """The requested range starts after the end of the file (RFC 9110, 15.5.17)."""

    status, code, default_message = 416, "range_not_satisfiable", "The file does not have that part."
