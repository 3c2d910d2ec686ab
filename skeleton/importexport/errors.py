"""Errors about an imported file."""

from skeleton.kernel.errors import Invalid


class InvalidFile(Invalid):
    """The whole file is refused. The message says why, and what to do."""


class LimitExceeded(InvalidFile):
    """Reading the file exceeds the limits. It may succeed with the wider limits of a job."""
