"""Errors of the reading process: an English text and its values, without Django.

`sheets` raises them again as domain errors, whose messages are translated when they are shown.
"""


class InvalidFile(Exception):
    """The whole file is refused. The message says why, and what to do."""

    def __init__(self, message: str, /, **values: str | int) -> None:
        self.message, self.values = message, values
        super().__init__(message.format(**values))


class LimitExceeded(InvalidFile):
    """Reading the file exceeds the limits. It may succeed with wider ones."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation; the same as Django's."""
    return message
