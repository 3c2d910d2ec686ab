"""Finds the texts marked for translation in code and templates, without GNU gettext (Babel and Django's lexer)."""

import re
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.utils.translation.template import templatize

from skeleton.testkit.narrowing import present

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("de", "uk")
LEFT_OUT = {"bench", "docs", "tests", "var"}
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (1,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
_STRING = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(p?n?gettext|_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?")


class Message(NamedTuple):
    """A text to translate: its context, singular and, if it has one, plural."""

    context: str | None
    text: str
    plural: str | None = None


def marked() -> set[Message]:
    """Return all marked texts of the project."""
    return {message for path in files("*.py") for message in _in_code(path)} | {
        message for path in files("*.html") for message in _in_template(path)
    }


def marked_in(folder: Path, *left_out: str) -> set[Message]:
    """Return all marked texts of a package, except those in the folders `left_out`."""
    paths = [path for path in folder.rglob("*") if not set(left_out) & set(path.relative_to(folder).parts)]
    code = (message for path in paths if path.suffix == ".py" for message in _in_code(path))
    pages = (path for path in paths if path.suffix == ".html" and "templates" in path.parts)
    return {*code, *(message for path in pages for message in _in_template(path))}


def of_django(language: str) -> set[str]:
    """Return the texts that Django itself translates."""
    folders = Path(django.__file__).parent.glob(f"**/locale/{language}/LC_MESSAGES/django.mo")
    found = set()
    for path in folders:
        with path.open("rb") as file:
            found |= {message.text for message, strings in translations(read_mo(file)).items() if all(strings)}
    return found


def of_libraries(language: str) -> list[tuple[Message, tuple[str, ...]]]:
    """Return the texts of Django and the installed apps that aren't ours, with their translations."""
    folders = [Path(config.path) for config in apps.get_app_configs()]
    roots = [Path(django.__file__).parent / "conf", *(path for path in folders if "site-packages" in path.parts)]
    found: list[tuple[Message, tuple[str, ...]]] = []
    for path in (root / "locale" / language / "LC_MESSAGES" / "django.mo" for root in roots):
        if path.exists():
            with path.open("rb") as file:
                found += translations(read_mo(file)).items()
    return found


def read(language: str) -> Catalog:
    """Return the source catalogue (.po)."""
    with _po(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str) -> Catalog:
    """Return the compiled catalogue (.mo)."""
    with _po(language).with_suffix(".mo").open("rb") as file:
        return read_mo(file)


def translations(catalog: Catalog) -> dict[Message, tuple[str, ...]]:
    """Return the translations of a catalogue, one for each plural form."""
    found = {}
    for message in catalog:
        if message.id:
            text, *plural = [message.id] if isinstance(message.id, str) else message.id
            strings = [message.string] if isinstance(message.string, str) else message.string
            context = message.context.decode() if isinstance(message.context, bytes) else message.context
            found[Message(context, text, *plural)] = tuple(present(strings))
    return found


def values_in(text: str) -> set[str]:
    """Return the placeholders in a text."""
    return set(re.findall(r"\{\w+\}|%\(\w+\)[sd]|%[sd]", text))


def calls_in(templatized: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the names and texts of the gettext calls in a template that Django's lexer has converted."""
    for name, *strings in _CALL.findall(templatized):
        yield name, [literal_eval(text) for text in strings if text]


def _po(language: str) -> Path:
    return ROOT / "skeleton" / "locale" / language / "LC_MESSAGES" / "django.po"


def files(pattern: str) -> Iterator[Path]:
    for path in sorted(ROOT.rglob(pattern)):
        parts = path.relative_to(ROOT).parts
        if not (LEFT_OUT & set(parts) or any(part.startswith(".") for part in parts)):
            yield path


def _in_code(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        for _line, text, _comments, context in extract("python", file, KEYWORDS):
            yield Message(context, text) if isinstance(text, str) else Message(context, *text)


def _in_template(path: Path) -> Iterator[Message]:
    """Yield the messages of a template, which Django's lexer converts to gettext calls."""
    for name, texts in calls_in(templatize(path.read_text())):
        if name == "pgettext":
            yield Message(texts[0], texts[1])
        elif texts[0]:
            yield Message(None, *texts)
