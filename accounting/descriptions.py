"""Descriptions of entries in the reader's language.

What is stored is English, as it was posted. An app registers for each of its source types how entries are described by
purpose, from their reference, which is the number of the document, and how users undo what was posted. Entries of
accounting itself, without a document, are described by their source type. Those recorded by hand keep their own text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import pgettext_lazy

from accounting.choices import SourceType
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text

MAX_LENGTH = 500
"""The maximum length of a stored description."""

_WITHOUT_DOCUMENT: Mapping[str, Text] = {
    SourceType.OPENING: pgettext_lazy("transaction", "Opening balances"),
    SourceType.CLOSING: pgettext_lazy("transaction", "Closing of {number}"),
}
"""Descriptions of the entries that accounting posts itself, with `{number}` for the entry's reference."""


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """The words about the entries of a kind of document.

    `undo` says how to undo what was posted. `by_purpose` has descriptions, with `{number}` for the entry's reference.
    """

    undo: Text
    by_purpose: Mapping[str, Text] = field(default_factory=dict)


_words: dict[str, DocumentWords] = {}


def register_words(source_type: str, words: DocumentWords) -> None:
    """Use `words` for entries with this source type."""
    _words[source_type] = words


def words_of_document(entry: Any) -> DocumentWords | None:
    """Return the words about the document of an entry, or of the entry that it reverses. None if it has none."""
    while entry.reverses:
        entry = entry.reverses
    return _words.get(entry.source_type)


def default_reversal(description: str) -> str:
    """Return the description that is stored for a reversal, unless the user enters another."""
    return f"Reversal: {description}"[:MAX_LENGTH]


def describe(entry: Any) -> Text:
    """Return what an entry is shown as."""
    words = words_of_document(entry)
    if entry.reverses is None:
        if entry.source_type in _WITHOUT_DOCUMENT:
            return format_text(_WITHOUT_DOCUMENT[entry.source_type], number=entry.reference)
        template = words.by_purpose.get(entry.purpose) if words else None
        stored: str = entry.description
        return format_text(template, number=entry.reference) if template and entry.reference else stored
    if words is None and entry.description != default_reversal(entry.reverses.description):
        own: str = entry.description
        return own
    return format_text(pgettext_lazy("transaction", "Reversal: {description}"), description=describe(entry.reverses))
