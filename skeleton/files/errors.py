"""Refusals of this app that no other one knows."""

from skeleton.kernel.errors import DomainError


class RangeNotSatisfiable(DomainError):
    """The part asked for lies behind the file's end (RFC 9110, 15.5.17)."""

    status, code, default_message = 416, "range_not_satisfiable", "The file does not have that part."
