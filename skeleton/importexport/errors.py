"""What is wrong with a file."""

from skeleton.kernel.errors import Invalid


class BadFile(Invalid):
    """The whole file cannot be taken. The message says why, and what would help."""


class TooMuch(BadFile):
    """Reading the file would cost more than its limits allow. With wider limits it may succeed."""
