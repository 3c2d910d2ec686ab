"""Errors about an imported file."""

from skeleton.importexport.reader.errors import Source
from skeleton.kernel.errors import Invalid
from skeleton.kernel.translation import Text


class InvalidFile(Invalid):
    """The whole file is refused. The message says why, and what to do."""


class LimitExceeded(InvalidFile):
    """Reading the file exceeds the limits. It may succeed with the wider limits of a job."""


class UnclearEncoding(InvalidFile):
    """The file is text in several encodings. `source` has them, for the user to choose."""

    def __init__(self, message: Text, source: Source) -> None:
        super().__init__(message)
        self.source = source
