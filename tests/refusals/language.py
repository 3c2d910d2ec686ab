"""Reads messages as a person would: whether each is wholly in its language, without a template, with names intact."""

import re
from collections.abc import Collection, Iterator, Mapping

LANGUAGES = ("de", "uk")
"""The languages that every message is translated into."""

ENGLISH = re.compile(r"\b(the|is|are|must|not|only|can|cannot|be|has|have|already|this|that|there|of|and|with)\b", re.I)
"""Words that no sentence in German or Ukrainian has."""

LATIN = re.compile(r"(?<![\w-])(?!nnnnnn|chunked)[a-z]{4,}(?![\w-])")
"""A word in Latin letters that is no name of a field (`client_id`)."""

TEMPLATE = re.compile(r"%\(|[{}]")
"""What is left of a text whose values were not filled in."""

ADDRESS = re.compile(r"\S+@\S+\.\S+|https?://\S*")
"""An address of e-mail or of a page, which is the same in every language."""

_WORD = re.compile(r"(?<![\w.-])[a-z]{4,}(?![\w.-])")


def complaints(texts: Mapping[str, str], *, kept: Collection[str] = ()) -> Iterator[str]:
    """Yield what is wrong with a message, given by language (`en`, `de`, `uk`; one can be missing).

    `kept` are texts from users or of the API that no language changes: names, codes, the values that were sent. They
    may contain anything, and are in each language or in none.
    """
    for language, text in texts.items():
        found = _complaint(language, text, texts, kept)
        if found:
            yield f"{language}: {found}: {text!r}"


def _complaint(language: str, text: str, texts: Mapping[str, str], kept: Collection[str]) -> str:
    """Return what is wrong with a message in one language, or an empty text."""
    bare = without(text, kept)
    others = [other for name, other in texts.items() if name != language]
    if any(re.search(r"[^\W\d]{3}", bare) and without(other, kept) == bare for other in others):
        return "the same in another language"
    if any((name in text) != (name in other) for name in kept for other in others):
        return "a name is not as it was given"
    if TEMPLATE.search(bare):
        return "a template"
    if language == "en":
        return ""
    shared = set(_WORD.findall(bare)) & set(_WORD.findall(texts.get("en", "")))
    return "English" if ENGLISH.search(bare) or shared or (language == "uk" and LATIN.search(bare)) else ""


def without(text: str, kept: Collection[str]) -> str:
    """Return a message without the names and addresses in it."""
    for name in sorted(kept, key=len, reverse=True):
        text = text.replace(name, "")
    return ADDRESS.sub("", text)
