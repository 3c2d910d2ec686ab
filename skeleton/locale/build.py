"""The catalogues of the back office: what there is to translate, and compiling the translations.

    python -m skeleton.locale.build          look for texts, bring the .po files up to date, compile them
    python -m skeleton.locale.build check    ends with 1 where something is missing or not compiled

A translator writes in `<language>/LC_MESSAGES/django.po`. Compiled files are kept beside them, so that a running system
needs no tool; they hold nothing but the texts, so the same texts give the same bytes.

Development only: it needs Babel. Texts are found by reading the code (`skeleton.office.words` says why most of it
is not marked): calls of gettext, what is said in the places where the bases of the back office look for words, what
services refuse with; then the names of models, fields and choices; and the texts of the theme, which brings none.
"""

import ast
import io
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.translation.template import templatize

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LANGUAGES = ("uk", "de")
TEMPLATES = HERE / "templates.txt"

Message = str | tuple[str, str]
"""A text, or one in the singular and in the plural."""

MARKED = {"_", "say", "gettext", "gettext_lazy", "gettext_noop", "trans"}
MARKED_BY_NUMBER = {"ngettext", "ngettext_lazy"}
SHOWN_AS = {"description", "label", "help_text", "question", "title", "violation_error_message", "text", "purpose"}
"""Keywords, names and keys of dicts whose value is words for people."""

SAID_BY = {
    "act": (0,), "moving": (1,), "download": (0,), "money": (1,), "status": (2,), "Conflict": (0,), "Invalid": (0,),
    "Forbidden": (0,), "NotFound": (0,), "ValidationError": (0,), "_not_allowed": (1,), "BadFile": (0,),
    "TooMuch": (0,), "BadCell": (0,), "refuse": (1,), "TextColumn": (1,), "EmailColumn": (1,), "NumberColumn": (1,),
    "AmountColumn": (1,), "CodeColumn": (1,), "ChoiceColumn": (1,), "BooleanColumn": (1,), "ObjectColumn": (1,),
    "ReferenceColumn": (1,), "TooManyRequests": (0,),
}  # fmt: skip
"""Calls, and which of their arguments are words for people."""

UNREAD = {"tests", "testkit", "migrations", "bench", "management", "locale", "var", "views"}
API_ONLY = {"views", "filters", "examples", "schema", "documentation", "settings", "generate", "words"}
"""Folders and modules in which nothing is said to people on pages."""

REFUSALS_ONLY = {"serializers", "fields"}
"""Modules whose hints are for readers of the API, and whose refusals are for everybody."""

CLASS_WORDS = {"title", "verbose_name", "verbose_name_plural", "search_help_text"}


def main() -> int:
    django.setup()
    wanted = found()
    if "check" in sys.argv:
        wrong = [line for language in LANGUAGES for line in problems(language, wanted)]
        print(*wrong, sep="\n")  # noqa: T201
        return 1 if wrong else 0
    TEMPLATES.write_text("".join(f"{line}\n" for line in templates(wanted)))
    for language in LANGUAGES:
        catalog = updated(language, wanted)
        po(language).write_bytes(as_po(catalog))
        mo(language).write_bytes(as_mo(catalog))
    return 0


def found() -> list[Message]:
    """Everything that there is to translate, but for what Django has words for itself."""
    known = of_django()
    return [text for text in dict.fromkeys(messages()) if (text if isinstance(text, str) else text[0]) not in known]


HEADER = "# Texts of the back office. Written by skeleton/locale/build.py; translations are kept."


# --- catalogues -------------------------------------------------------------------------------------------------------


def po(language: str) -> Path:
    return HERE / language / "LC_MESSAGES" / "django.po"


def mo(language: str) -> Path:
    return po(language).with_suffix(".mo")


def read(language: str) -> Catalog:
    """The catalogue as translators left it."""
    if not po(language).exists():
        po(language).parent.mkdir(parents=True, exist_ok=True)
        return Catalog(locale=language)
    with po(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, found: Iterable[Message]) -> Catalog:
    """The catalogue with exactly the messages found, in order, and the translations that there are."""
    old, new = read(language), Catalog(locale=language, charset="utf-8", header_comment=HEADER, fuzzy=False)
    for message in sorted(found, key=lambda text: text if isinstance(text, str) else text[0]):
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known is not None else None)
    return new


def as_po(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, omit_header=False, width=110, no_location=True)
    return _without_times(file.getvalue())


def as_mo(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it: two tables of lengths and places, then the texts, sorted. Nothing else."""
    texts = {"": f"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: {catalog.plural_forms}\n"}
    for message in catalog:
        if message.id and all(_strings(message)):
            known = message.id if isinstance(message.id, str) else "\0".join(message.id)
            texts[known] = "\0".join(_strings(message))
    pairs = sorted((known.encode(), text.encode()) for known, text in texts.items())
    tables, place = b"", 28 + 16 * len(pairs)
    data = b""
    for column in zip(*pairs, strict=True):
        for text in column:
            tables += struct.pack("<II", len(text), place + len(data))
            data += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 28 + 16 * len(pairs))
    return head + tables + data


def _without_times(data: bytes) -> bytes:
    """A header of nothing but what gettext needs: dates would make each build another."""
    return re.sub(rb'"?(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator'
                  rb"|Language-Team|Project-Id-Version): [^\n]*\n", b"", data)  # fmt: skip


def problems(language: str, found: Iterable[Message]) -> Iterator[str]:
    """What keeps the language from being complete."""
    catalog, wanted = read(language), list(found)
    known = {message.id: message for message in catalog if message.id}
    for text in wanted:
        message = known.pop(text, None)
        strings = _strings(message) if message else []
        if not strings or not all(strings):
            yield f"{language}: no translation of {text!r}"
        elif any(places(string) != places(text) for string in strings):
            yield f"{language}: other values in the translation of {text!r}"
    yield from (f"{language}: nothing says {text!r} any more" for text in known)
    if mo(language).read_bytes() != as_mo(catalog):
        yield f"{language}: the compiled catalogue is older than the translations"
    if TEMPLATES.read_text().splitlines() != templates(wanted):
        yield "the list of templates is older than the code"


def places(text: Message) -> set[str]:
    """The values that a text names."""
    whole = text if isinstance(text, str) else text[1]
    return set(re.findall(r"\{\w+\}|%\(\w+\)[sd]|%[sd]", whole))


def templates(found: Iterable[Message]) -> list[str]:
    """The messages that are made with values as an f-string makes them."""
    texts = (text for text in found if isinstance(text, str))
    return sorted(text for text in texts if re.search(r"\{\w+\}", text) and re.search(r"[^\W\d_]{3}", _bare(text)))


def _bare(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


# --- what there is to translate ---------------------------------------------------------------------------------------


def messages() -> Iterator[Message]:
    for path in sorted(ROOT.rglob("*.py")):
        if _is_read(path.relative_to(ROOT)):
            tree = ast.parse(path.read_text())
            yield from of_refusals(tree) if path.stem in REFUSALS_ONLY else of_code(tree)
    for path in sorted(ROOT.rglob("templates/**/*.html")):
        if _is_read(path.relative_to(ROOT)):
            yield from of_template(path)
    yield from of_models()
    yield from of_theme()


def _is_read(path: Path) -> bool:
    inside, name = set(path.parts[:-1]), path.stem
    return not (inside & UNREAD or name in API_ONLY or any(part.startswith(".") for part in inside))


def of_models() -> Iterator[Message]:
    """Names of models, fields and choices. (`office.words.translate_names` lets them be shown in words.)"""
    for config in apps.get_app_configs():
        if "site-packages" in Path(config.path).parts:
            continue
        for model in filter(_is_shown, config.get_models()):
            yield from (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                yield str(field.verbose_name)
                for _, text in field.flatchoices:
                    yield from (str(text), str(text).lower())  # by itself, and within a sentence


def _is_shown(model: Any) -> bool:
    """Whether a model has a screen, or is a part of what has one."""
    parents = (field.related_model for field in model._meta.local_fields if field.related_model)
    shown = {one for one in admin.site._registry if one is not get_user_model()}
    return model in admin.site._registry or any(one in shown for one in parents)


def of_theme() -> Iterator[Message]:
    """The theme's own texts: it comes without translations."""
    for config in apps.get_app_configs():
        if config.name.startswith("unfold"):
            home = Path(config.path)
            for path in sorted(home.rglob("*.py")):
                if "contrib" not in path.relative_to(home).parts:
                    yield from _marked_only(ast.parse(path.read_text()))
            for path in sorted(home.rglob("templates/**/*.html")):
                if "contrib" not in path.relative_to(home).parts:
                    yield from of_template(path)


def of_django() -> set[str]:
    """What Django says in all of the languages already."""
    folders = [
        Path(django.__path__[0]) / "conf",
        *(Path(one.path) for one in apps.get_app_configs() if _is_djangos(one)),
    ]
    said = []
    for language in LANGUAGES:
        files = (folder / "locale" / language / "LC_MESSAGES" / "django.mo" for folder in folders)
        said.append({text for file in files if file.exists() for text in _texts_of(file)})
    return set.intersection(*said)


def _is_djangos(config: Any) -> bool:
    return bool(config.name.startswith("django.")) or config.name == "skeleton.backoffice.apps"


def _texts_of(file: Path) -> Iterator[str]:
    with file.open("rb") as opened:
        for message in read_mo(opened):
            if message.id and all(_strings(message)):
                yield message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Any) -> list[str]:
    """A message's translation, in each of its numbers."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def of_template(path: Path) -> Iterator[Message]:
    """Django turns a template into calls of gettext, one of which we read here."""
    source = templatize(path.read_text())
    text = r"""(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
    for found in re.finditer(rf"\b(n?gettext|_)\(\s*{text}(?:\s*,\s*{text})?", source):
        first, second = (ast.literal_eval(part.lstrip("u")) if part else "" for part in found.group(2, 3))
        if first:
            yield (first, second) if found.group(1) == "ngettext" else first


def of_code(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node)
        elif isinstance(node, ast.FunctionDef):
            yield from _of_function(node)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from _of_pairs(
                (ast.literal_eval(key), value) for key, value in pairs if isinstance(key, ast.Constant)
            )


def of_refusals(tree: ast.AST) -> Iterator[Message]:
    """What a field or an Input refuses with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("Invalid", "ValidationError", "fail"):
            yield from _of_call(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target, value in _assignments(node):
                if target in MESSAGES and isinstance(value, ast.Dict):
                    yield from (text for one in value.values for text in _said(one))


MESSAGES = ("default_error_messages", "MESSAGES", "messages")


def _is_title(key: ast.AST | None) -> bool:
    return isinstance(key, ast.Constant) and key.value in ("title", "label", "description", "help_text")


def _marked_only(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in MARKED | MARKED_BY_NUMBER:
            yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[Message]:
    name = _name(node.func)
    if name in MARKED_BY_NUMBER and len(node.args) >= 2:
        one, many = (_text(part) for part in node.args[:2])
        if one and many:
            yield (one, many)
        return
    for index in (0,) if name in MARKED else SAID_BY.get(name, ()):
        if index < len(node.args):
            yield from _said(node.args[index])
    yield from _of_pairs((word.arg, word.value) for word in node.keywords)
    if name in ("Conflict", "Invalid", "Forbidden", "NotFound"):
        details = [word.value for word in node.keywords if word.arg == "details"]
        yield from (text for value in details for text in _of_details(value))


def _of_details(node: ast.AST) -> Iterator[Message]:
    """The texts at the fields of a refusal."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            if not isinstance(value, (ast.List, ast.Tuple)):
                yield from _said(value)
    elif isinstance(node, ast.Call) and _name(node.func) == "fromkeys" and len(node.args) > 1:
        yield from _said(node.args[1])


def _of_pairs(pairs: Iterable[tuple[Any, ast.AST]]) -> Iterator[Message]:
    for name, value in pairs:
        if name in SHOWN_AS:
            yield from _said(value)


def _of_class(node: ast.ClassDef) -> Iterator[Message]:
    is_form = any(_name(base).endswith(("Form", "Terms", "ActForm")) for base in node.bases)
    for part in node.body:
        for target, value in _assignments(part):
            if target in CLASS_WORDS:
                yield from _said(value)
            elif target in ("default_error_messages", "MESSAGES") and isinstance(value, ast.Dict):
                yield from (text for one in value.values for text in _said(one))
            elif is_form and isinstance(value, ast.Call) and not any(word.arg == "label" for word in value.keywords):
                yield target.replace("_", " ").capitalize()
            elif target.isupper() or target.endswith("fieldsets"):
                yield from _of_fieldsets(value)


def _of_function(node: ast.FunctionDef) -> Iterator[Message]:
    decorators = {_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
    returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value]
    if "act" in decorators or {"request", "form"} <= {one.arg for one in node.args.args}:  # what an act says it did
        yield from (text for value in returned for text in _said(value))
    if node.name == "lookups":
        for value in returned:
            yield from (
                text for pair in ast.walk(value) if isinstance(pair, ast.Tuple) for text in _said(pair.elts[-1])
            )
    if node.name == "get_fieldsets":
        yield from _of_fieldsets(node)


def _of_fieldsets(node: ast.AST) -> Iterator[Message]:
    """The titles in `("Times", {"fields": …})`."""
    for part in ast.walk(node):
        if isinstance(part, ast.Tuple) and len(part.elts) == 2 and isinstance(part.elts[1], ast.Dict):
            yield from _said(part.elts[0])


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Names and values of an assignment: `a = x`, `a: T = x`, `a, b = x, y`."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = getattr(node, "value", None)
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from ((_name(one), each) for one, each in zip(target.elts, value.elts, strict=False))
        elif value is not None:
            yield _name(target), value


def _said(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be: itself, either side of a choice, a template."""
    if isinstance(node, ast.IfExp):
        yield from (*_said(node.body), *_said(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in _said(value))
    else:
        text = _text(node)
        if text and re.search(r"[^\W\d_]{2}", _bare(text)):
            yield text


def _text(node: ast.AST | None) -> str:
    """A constant text, or an f-string as a template with the names of its values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{_place(part)}}}" for part in node.values
        )
    return ""


def _place(node: ast.AST) -> str:
    """The name of a value in an f-string: `order.status` as `order_status`."""
    written = ast.unparse(node.value) if isinstance(node, ast.FormattedValue) else "value"
    names = re.findall(r"[A-Za-z]\w*", re.sub(r"\(\)|'[^']*'|\b(self|str|int|len|get|display|lower)\b", " ", written))
    return "_".join(names)[:60] or "value"


def _name(node: ast.AST) -> str:
    """The last name of an expression: `forms.CharField` is CharField."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


if __name__ == "__main__":
    sys.exit(main())
