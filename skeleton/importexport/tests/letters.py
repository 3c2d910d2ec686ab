"""Counts pairs of letters by language in Django's translations: `python -m skeleton.importexport.tests.letters`.

The result is `reader/letter_pairs.txt`, by which the encoding of a CSV is recognised.
"""

import gettext
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import django

from skeleton.importexport.reader.encodings import LANGUAGES, PAIRS, SPACE

_DJANGO = Path(django.__file__).parent
_PLACEHOLDERS = re.compile(r"%\(\w+\)\w|%\w|<[^>]+>|\{[^}]*\}")
_WORDS = re.compile(r"[^\W\d_]+")


def letter_pairs(language: str) -> str:
    """Return a language's line: its name, the number of all pairs, and the count of each pair beyond ASCII."""
    counts = Counter(
        first + second
        for text in _texts(language)
        for word in _WORDS.findall(_PLACEHOLDERS.sub(" ", text).lower())
        for first, second in pairwise(f"{SPACE}{word}{SPACE}")
    )
    pairs = (f"{pair}{count}" for pair, count in sorted(counts.items()) if not pair.isascii())
    return " ".join((language, str(counts.total()), *pairs))


def _texts(language: str) -> Iterator[str]:
    folder = f"locale/{language}/LC_MESSAGES/django.mo"
    for path in (_DJANGO / "conf" / folder, *sorted(_DJANGO.glob(f"contrib/*/{folder}"))):
        with path.open("rb") as file:
            catalogue: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        yield from (text for key, text in catalogue.items() if key)


if __name__ == "__main__":
    PAIRS.write_text("".join(f"{letter_pairs(language)}\n" for language in LANGUAGES), encoding="utf-8")
