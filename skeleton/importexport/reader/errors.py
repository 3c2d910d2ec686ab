"""What is wrong with a file, as the process that reads it says it: a text in English and its values, without Django.

`sheets` raises it again as an error of the domain, which is translated where it is shown.
"""


class InvalidFile(Exception):
    """The whole file cannot be taken. The message says why, and what would help."""

    def __init__(self, message: str, /, **values: str | int) -> None:
        self.message, self.values = message, values
        super().__init__(message.format(**values))


class LimitExceeded(InvalidFile):
    """Reading the file would cost more than its limits allow. With wider limits it may succeed."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation; the same as Django's."""
    return message
