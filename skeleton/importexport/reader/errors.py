"""Errors of the reading process: an English text and its values, without Django.

`sheets` raises them again as domain errors, whose messages are translated when they are shown.
"""

from typing import Any

Source = dict[str, Any]
"""How a file is written: its kind, and of a CSV encoding, separator, sample cells and other possible encodings."""


class InvalidFile(Exception):
    """The whole file is refused. The message says why, and what to do."""

    def __init__(self, message: str, /, **values: str | int) -> None:
        self.message, self.values = message, values
        super().__init__(message.format(**values))


class LimitExceeded(InvalidFile):
    """Reading the file exceeds the limits. It may succeed with wider ones."""


class UnclearEncoding(InvalidFile):
    """The bytes are text in several encodings. `source` has them, for the user to choose."""

    def __init__(self, source: Source) -> None:
        self.source = source
        super().__init__(gettext_noop("The encoding of this file is not certain. Choose one below."))


def gettext_noop(message: str) -> str:
    """Mark a text for translation; the same as Django's."""
    return message
