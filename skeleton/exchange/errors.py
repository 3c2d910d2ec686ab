"""What is wrong with a file."""

from skeleton.core.errors import Invalid


class BadFile(Invalid):
    """The whole file cannot be taken. The message says why, and what would help."""
