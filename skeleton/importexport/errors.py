"""Errors about an imported file."""

from skeleton.kernel.errors import Invalid


class BadFile(Invalid):
    """The whole file is refused. The message says why, and what to do."""


class TooMuch(BadFile):
    """Reading the file exceeds the limits. It may succeed with the wider limits of a job."""
