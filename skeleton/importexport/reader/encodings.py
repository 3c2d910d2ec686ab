"""Recognises the encoding of a text: by its byte order mark, as UTF-8 or UTF-16, or by the letters that it contains.

The bytes of a one-byte encoding are letters in many others. Each candidate's text is rated by how often its pairs of
letters occur in the languages that are written in it (`letter_pairs.txt`, counted in Django's translations). If two
candidates with different texts are rated almost alike, nothing is guessed.
"""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

from skeleton.importexport.reader.errors import InvalidFile, gettext_noop

PAIRS = Path(__file__).with_name("letter_pairs.txt")
SPACE = "_"
"""Stands for the beginning and the end of a word in a pair."""

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
CANDIDATES = {
    "cp1252": 0,
    "cp1250": 0,
    "cp1251": 0,
    "cp1253": -2,
    "cp1254": -4,
    "cp1257": -8,
    "koi8-u": -4,
    "iso8859-2": -4,
    "cp866": -8,
    "cp850": -8,
    "cp852": -8,
    "mac-roman": -8,
}
"""The encodings that are recognised by letters, each with a handicap for being rare."""
LANGUAGES = (
    *("be", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "hr", "hu", "is", "it", "lt", "lv", "nb"),
    *("nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk"),
)
"""The languages whose letters are known, as Django names them."""

MARGIN = 10.0
"""How much better (logarithm of the likelihood) the best text must be than any other one to be certain."""
_COMPARABLE = 25.0
_MOST_CELLS = 1_000

_NOT_SEEN, _NOT_IN_ALPHABET, _MIXED_LANGUAGES = -4.0, -15.0, -1.0
_NO_LETTER, _CONTROL, _CAPITAL_INSIDE, _QUOTE, _SIGN = -10.0, -30.0, -8.0, -4.0, -5.0
_CLOSED_ONLY = -12.0
_WORD = re.compile(r"[A-Za-z\x80-\U0010ffff]*[\x80-\U0010ffff][A-Za-z\x80-\U0010ffff]*")
_OPENING, _CLOSING = "«„“‘‚‹", "»“”’›"
_LATIN, _OTHER_SCRIPTS = re.compile("[A-Za-z]"), re.compile("[\u0370-\u052f]")
_SIGNS = "°№€–—…©®™§"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SEPARATORS = re.compile(r"[;,\t|\r\n\"]")
_LONGEST_CELL, _START, _MOST_PLACES = 100, 2_000_000, 10_000
"""Limits of what is looked at: characters on each side of a letter, bytes of a file, groups of letters."""
SAMPLES, SAMPLE_LENGTH = 4, 60


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as read in one encoding, with cells that show its letters."""

    encoding: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class Detected:
    """The encoding of a file, and the other ones it may be in if that is not certain."""

    encoding: str
    samples: list[str]
    others: list[Reading]
    is_certain: bool = True


def detect(content: bytes, given: str | None) -> Detected:
    """Return the encoding: from a byte order mark if there is one, as given, or recognised. Raises InvalidFile."""
    named = next((name for mark, name in MARKS if content.startswith(mark)), given)
    if named:
        try:
            return Detected(named, samples_of(content.decode(named)), [])
        except UnicodeDecodeError:
            name = named.upper()
            raise InvalidFile(gettext_noop("The file is not in {name}."), name=name) from None
    if b"\0" in content:
        return _utf_16(content)
    try:
        return Detected("utf-8", samples_of(content.decode()), [])
    except UnicodeDecodeError as error:
        _check_not_damaged(content, error.start)
    return _by_letters(content)


def samples_of(text: str) -> list[str]:
    """Return the first few different cells with letters beyond ASCII."""
    return [cell.strip()[:SAMPLE_LENGTH] for cell in _cells_of(text[:_START].removeprefix("\ufeff"), SAMPLES)]


def _cells_of(text: str, most: int) -> list[str]:
    """Return the first different cells with letters beyond ASCII."""
    found: dict[str, None] = {}
    end = 0
    for place in islice(_BEYOND_ASCII.finditer(text), _MOST_PLACES):
        if place.start() < end:
            continue
        before = _SEPARATORS.split(text[max(end, place.start() - _LONGEST_CELL) : place.start()])[-1]
        after = _SEPARATORS.split(text[place.start() : place.start() + _LONGEST_CELL])[0]
        end = place.start() + len(after)
        found[before + after] = None
        if len(found) == most:
            break
    return list(found)


def _utf_16(content: bytes) -> Detected:
    """Return the byte order that yields more of what separates cells. Raises InvalidFile if there is no text in it."""
    counts = {}
    for name in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            counts[name] = sum(text.count(mark) for mark in ",;\t\r\n ")
    best = max(counts, key=lambda name: counts[name], default="")
    if not best or not counts[best]:
        raise no_text()
    return Detected(best, samples_of(content.decode(best)), [])


def _check_not_damaged(content: bytes, place: int) -> None:
    """Raise InvalidFile if most of a text that is not UTF-8 is UTF-8, so that only some of its bytes are wrong."""
    beyond = [char for char in content.decode(errors="replace") if char > "\x7f"]
    wrong = beyond.count("\ufffd")
    if len(beyond) - wrong > 2 * wrong:
        line = content.count(b"\n", 0, place) + 1
        raise InvalidFile(
            gettext_noop("The file is in UTF-8, but line {line} has bytes that are not. Save it again as UTF-8."),
            line=line,
        )


def _by_letters(content: bytes) -> Detected:
    """Return the encoding in which the first cells are the most likely text. Raises InvalidFile if there is none."""
    languages, used = _languages(), bytes(set(content))
    cells = "\n".join(_cells_of(content[:_START].decode("latin-1"), _MOST_CELLS)).encode("latin-1")
    readings = []
    for name, handicap in CANDIDATES.items():
        try:
            used.decode(name)
        except UnicodeDecodeError:
            continue
        text = cells.decode(name)
        readings.append((_rating(text, languages) + handicap, name, text))
    if not readings:
        raise no_text()
    readings.sort(reverse=True)
    best, name, text = readings[0]
    different: dict[str, Reading] = {}
    for rating, other, read in readings:
        if read != text and rating > best - _COMPARABLE:
            different.setdefault(read, Reading(other, samples_of(read)))
    is_certain = all(read == text for rating, _, read in readings if rating > best - MARGIN)
    return Detected(name, samples_of(text), list(different.values()), is_certain)


# --- how likely a text is ---------------------------------------------------------------------------------------------


class Language:
    """How often pairs of letters occur in a language, as logarithms."""

    def __init__(self, total: int, counts: dict[str, int]) -> None:
        letters = Counter[str]()
        for pair, count in counts.items():
            letters[pair[0]] += count
        self._pairs = {pair: math.log((count - 0.5) / total) for pair, count in counts.items()}
        self._letters = {letter: math.log(count / total) + _NOT_SEEN for letter, count in letters.items()}
        self._letters |= dict.fromkeys(filter(str.isascii, self._letters), 0.0)

    def log(self, pair: str) -> float:
        """Return the logarithm of a pair's frequency: estimated by its rarest letter if it was not seen."""
        found = self._pairs.get(pair)
        if found is None:
            found = min(self._letters.get(letter, _NOT_IN_ALPHABET) for letter in pair if letter != SPACE)
        return found


@cache
def _languages() -> list[Language]:
    with PAIRS.open(encoding="utf-8") as lines:
        return [Language(*_parsed(line)) for line in lines]


def _parsed(line: str) -> tuple[int, dict[str, int]]:
    _, total, *pairs = line.split()
    return int(total), {pair[:2]: int(pair[2:]) for pair in pairs}


def _rating(text: str, languages: list[Language]) -> float:
    """Return the logarithm of how likely the words of a text are in the language that fits best.

    A pair that another language has counts as well, with a deduction: names are from anywhere.
    """
    rating, pairs = 0.0, Counter[str]()
    for word in set(_WORD.findall(text)):
        core, marks = _without_quotes(word)
        rating += marks
        if len(core) == 1 and core in _SIGNS:
            rating += _SIGN
        elif core and not core.isascii():
            rating += _oddities(core)
            pairs.update(a + b for a, b in pairwise(f"{SPACE}{core.lower()}{SPACE}") if not (a + b).isascii())
    logs = {pair: [language.log(pair) for language in languages] for pair in pairs}
    by_any = {pair: max(each) + _MIXED_LANGUAGES for pair, each in logs.items()}
    return rating + max(
        sum(count * max(logs[pair][n], by_any[pair]) for pair, count in pairs.items()) for n in range(len(languages))
    )


def _without_quotes(word: str) -> tuple[str, float]:
    """Return a word without its quotation marks, and the deduction for them."""
    inner = word.lstrip(_OPENING)
    core = inner.rstrip(_CLOSING)
    return core, _CLOSED_ONLY if len(core) < len(inner) == len(word) else _QUOTE * (len(word) - len(core))


def _oddities(word: str) -> float:
    """Return the deduction for what words rarely have: signs, capitals after small letters, letters of two scripts."""
    mixed = _NO_LETTER if _LATIN.search(word) and _OTHER_SCRIPTS.search(word) else 0.0
    return mixed + sum(_odd(before, char) for before, char in pairwise(f" {word}"))


def _odd(before: str, char: str) -> float:
    if char.isascii():
        return _CAPITAL_INSIDE if char.isupper() and before > "\x7f" and before.islower() else 0.0
    if not char.isalpha() or char in "ºª":
        return _CONTROL if unicodedata.category(char) in ("Cc", "Co") else _NO_LETTER
    return _CAPITAL_INSIDE if char.isupper() and before.islower() else 0.0


def no_text() -> InvalidFile:
    return InvalidFile(gettext_noop("This is neither a workbook nor a text. Save it as XLSX, or as CSV in UTF-8."))
