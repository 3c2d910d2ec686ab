"""Identifiers: UUIDv7 (RFC 9562), made by the application, so that key order is creation order."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new UUIDv7, greater than every one this process made before it."""
    return _uuid7()


def parse_uuid(text: object) -> UUID | None:
    """The UUID that `text` spells, or None. Only the hyphenated form counts, as it is the one we write."""
    if not isinstance(text, str) or len(text) != 36:  # noqa: PLR2004
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
