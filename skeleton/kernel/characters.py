"""The characters of texts that people enter: one normal form, none that are invisible or change what others look like.

After UTS #39 and UAX #31: controls are refused; overrides of the direction and characters of no width are removed,
except joiners and variation selectors where a script or an emoji needs them.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

FORBIDDEN_CHARACTER = _("Contains a character that no text can have. Type the text again.")

_NEW_LINES = re.compile("\r\n?|[\x0b\x0c\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
"""Controls, noncharacters and surrogates. XML allows none of them, and PostgreSQL not all."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Overrides of the direction, spaces of no width, fillers."""

_JOINER = re.compile("[\u180b-\u180d\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
"""Joiners, variation selectors and the tags of flags. They belong to the character before them."""

_NEEDS_JOINERS = re.compile("[0-9#*\u0590-\u109f\u1700-\u1dbf\u203c-\u20ff\u2100-\u2bff\u2e80-\ua63f\ua800-\ufaff]")
"""Characters of the scripts and symbols, up to U+FFFF, that are written with joiners or selectors."""

_BLANKS = "\u2800\u115f\u1160\u3164\uffa0"
"""A Braille pattern without dots and fillers: letters and symbols to Unicode, but nothing to see."""


_MARKS_IN_A_ROW = 30
"""As many as the Stream-Safe Text Format allows (UAX #15). Ordering more of them takes quadratic time."""


class ForbiddenCharacter(ValueError):
    """The text contains what no text needs: a control character, or more marks in a row than a letter can have."""


def clean_text(text: str) -> str:
    """Return the text in NFC, without invisible characters, and with line breaks as `\\n`.

    Raises ForbiddenCharacter.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _NEW_LINES.sub("\n", text)
    if _CONTROL.search(text):
        raise ForbiddenCharacter
    text = _INVISIBLE.sub("", normal_form(text))
    return _without_loose_joiners(text) if _JOINER.search(text) else text


def normal_form(text: str) -> str:
    """Return the text in NFC. Raises ForbiddenCharacter for more than 30 marks in a row."""
    if not is_stream_safe(text):
        raise ForbiddenCharacter
    return unicodedata.normalize("NFC", text)


def is_stream_safe(text: str) -> bool:
    """Return whether a text can be normalized in linear time: at most 30 combining marks follow each other."""
    if len(text) <= _MARKS_IN_A_ROW or text.isascii():
        return True
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MARKS_IN_A_ROW:
            return False
    return True


def without_controls(text: str) -> str:
    """Return the clean text of one line, for a name that nobody typed, such as a file's: controls become spaces."""
    return clean_text(_CONTROL.sub(" ", text)).replace("\n", " ").strip()


def has_visible_character(text: str) -> bool:
    """Return whether there is anything to see in a text: not only spaces, marks and characters of no width."""
    return any(_is_visible(character) for character in text)


def clean_texts(values: Mapping[str, object]) -> dict[str, object]:
    """Return a JSON object with all texts in it clean, the names of its values included. Raises ForbiddenCharacter."""
    return {clean_text(name): _clean(value) for name, value in values.items()}


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return clean_texts(value) if isinstance(value, Mapping) else value


@lru_cache(4096)
def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS


def _without_loose_joiners(text: str) -> str:
    kept: list[str] = []
    for character in text:
        if not _JOINER.match(character) or (kept and _takes_joiner(kept[-1])):
            kept.append(character)
    while kept and kept[-1] in "\u200c\u200d":
        kept.pop()
    return "".join(kept)


def _takes_joiner(before: str) -> bool:
    if before in "\u200c\u200d":
        return False
    return before > "\uffff" or bool(_NEEDS_JOINERS.match(before)) or bool(_JOINER.match(before))
