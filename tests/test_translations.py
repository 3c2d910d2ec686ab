"""The catalogues are complete and compiled, and all texts for users are marked for translation."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest
from django.apps import apps
from django.utils.functional import Promise
from procrastinate.contrib.django import app

from billing.state_machine import ACTION_NAMES
from contracts.choices import Action
from parties.services import ACTIONS as PARTY_ACTIONS
from skeleton.audit.actions import ACTIONS
from skeleton.jobs.titles import job_title
from skeleton.kernel import errors
from tests import messages
from tests.messages import LANGUAGES, ROOT, Message

marked = cache(messages.marked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_marked_is_translated_and_nothing_else(language):
    catalog = messages.read(language)
    known = messages.translations(catalog)
    assert sorted(map(str, marked() - known.keys())) == [], "run make translations"
    assert sorted(map(str, known.keys() - marked())) == [], "run make translations"
    assert [text for text, strings in known.items() if not all(strings)] == []
    assert [message.id for message in catalog if message.fuzzy and message.id] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_values(language):
    for message, strings in messages.translations(messages.read(language)).items():
        wanted = messages.values_in(message.plural or message.text)
        for string in strings:
            assert messages.values_in(string) == wanted, message


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_translated(language):
    written = messages.translations(messages.read(language))
    assert messages.translations(messages.compiled(language)) == written, "run make translations"


def test_one_english_word_for_two_things_has_a_context():
    contexts = {text: {message.context for message in marked() if message.text == text} for text in AMBIGUOUS}
    assert {text: found for text, found in contexts.items() if len(found) < 2} == {}


AMBIGUOUS = (
    "Check",
    "Cancel",
    "Open",
    "Close",
    "Issue",
    "Transfer",
    "Submit",
    "Expired",
    "Cancelled",
    "position",
    "delivery",
    "Credit",
    "Delivery",
    "Sent",
)


def test_the_texts_of_the_theme_are_known():
    """The theme has no translations. Texts that Django has as well are translated by Django."""
    themes = [Path(config.path) for config in apps.get_app_configs() if config.name.startswith("unfold")]
    said = {message.text for theme in themes for message in messages.marked_in(theme, "contrib")}
    djangos = set.intersection(*map(messages.of_django, LANGUAGES))
    ours = {message.text for message in marked()}
    assert said - djangos - ours == set()


def test_the_audit_log_has_a_label_for_every_action():
    named = {
        node.args[1].value
        for path in messages.files("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _name(node.func) == "verb" and len(node.args) > 1 and _is_text(node.args[1])
    }
    assert {*named, *Action.values, *ACTION_NAMES.values(), *PARTY_ACTIONS} - ACTIONS.keys() == set()


def test_every_job_has_a_title():
    ours = {name for name in app.tasks if name.partition(".")[0] in OURS and ".tests." not in name}
    assert ours
    assert {name for name in ours if not isinstance(job_title(name).name, Promise)} == set()


OURS = ("skeleton", "billing", "contracts", "inventory", "messenger")


# --- every refusal is marked where it stands --------------------------------------------------------------------------

API_ONLY = {
    "billing/customer_views.py",
    "skeleton/rest/atomic_handling.py",
    "skeleton/rest/etags.py",
    "skeleton/rest/idempotency.py",
    "skeleton/rest/listing.py",
    "skeleton/rest/filters.py",
    "skeleton/rest/parsers.py",
    "skeleton/rest/views.py",
    "skeleton/rest/permissions.py",
    "skeleton/rest/middleware.py",
    "skeleton/rest/handler.py",
    "skeleton/events/parameters.py",
    "skeleton/files/uploads.py",
    "skeleton/identity/authentication.py",
    "skeleton/identity/tokens.py",
    "skeleton/identity/services/bootstrap.py",
    "messenger/authentication.py",
}
"""Modules whose messages only reach API clients or operators, and stay in English."""

EXPECTED_ERRORS = {
    name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.DomainError)
} | {"ValidationError", "InvalidFile", "LimitExceeded", "CellError", "BadParameter"}
MESSAGES = ("default_error_messages", "error_messages", "default_message")


def _is_for_people(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    apart = {"tests", "migrations", "server", "views", "testkit", "management", "settings", "demo"}
    is_api = name in API_ONLY or path.stem in ("views", "filters")
    return not (is_api or apart & set(path.parts) or name.startswith("skeleton/embedded_postgres"))


def _unmarked(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield unmarked texts that are passed as the message of an error."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in EXPECTED_ERRORS:
            details = [word.value for word in node.keywords if word.arg == "details"]
            told = [value for one in details if isinstance(one, ast.Dict) for value in one.values]
            yield from (one for one in (*node.args[:1], *told) if _is_bare(one))
        elif isinstance(node, ast.Assign) and any(_name(target) in MESSAGES for target in node.targets):
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            yield from (one for one in values if _is_bare(one))


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_bare(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value
    return isinstance(node, ast.JoinedStr)


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_every_refusal_is_marked_where_it_stands():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in messages.files("*.py")
        if _is_for_people(path)
        for node in _unmarked(ast.parse(path.read_text()))
    ]
    assert found == []


def test_what_is_looked_for():
    tree = ast.parse("""
raise Conflict(f"The order is {order.status}.", details={"lines": "None left.", "allowed": ["x"], "amount": _("Low.")})
raise Invalid(_("No."))
class Field:
    default_error_messages = {"bad": "Is bad.", "good": _("Is good.")}
""")
    assert [ast.unparse(node) for node in _unmarked(tree)] == [
        "f'The order is {order.status}.'",
        "'None left.'",
        "'Is bad.'",
    ]
    assert Message(None, "This contract has been terminated. Create a new one instead.") in marked()


# --- messages and politeness ------------------------------------------------------------------------------------------


def test_every_message_of_a_screen_is_marked():
    """What `messages.success` and its like show, and what an action returns to be shown, is not a bare text."""
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in messages.files("*.py")
        if _is_for_people(path)
        for node in _said(ast.parse(path.read_text()))
    ]
    assert bare == []


def _said(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the bare texts that are shown as a message: arguments, and results of the parts of actions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "message_user" or ast.unparse(node.func).startswith("messages."):
                yield from (one for one in node.args if _has_words(one))
        elif isinstance(node, ast.FunctionDef) and _returns_message(node):
            results = (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)
            yield from (one for one in results if _has_words(one))


def _returns_message(function: ast.FunctionDef) -> bool:
    """Return whether the function has a request and returns a text, as those do that run an action."""
    result = ast.unparse(function.returns) if function.returns else ""
    return result in ("str", "Text", "SafeString") and "request" in {one.arg for one in function.args.args}


def _has_words(node: ast.expr) -> bool:
    """Return whether a text, also one in formatting calls or an f-string, has words besides HTML and placeholders."""
    if isinstance(node, ast.Constant):
        bare = re.sub(r"<[^>]*>|\{\w*\}", "", node.value) if isinstance(node.value, str) else ""
        return any(map(str.isalpha, bare))
    if isinstance(node, ast.JoinedStr):
        return any(map(_has_words, node.values))
    if isinstance(node, ast.Call) and _name(node.func) in ("format_html", "format_text", "str", "format"):
        inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return any(map(_has_words, [*inner, *node.args]))
    return False


FAMILIAR = re.compile(
    r"\b(du|dich|dir|dein(e[mnrs]?)?)\b|(?:^|[.!?:]\s+)(Bitte )?(Gib|Stelle|Lade|Nutze|Benutze|Prüfe|Nimm|Wähle|Melde|"
    r"Lösche|Versuche|Klicke|Verwende|Gehe?|Trage|Ändere|Füge|Beachte|Achte|Erstelle|Öffne|Sende|Setze)\s",
    re.IGNORECASE,
)
NEVER_SHOWN = {"Connect, get help, or contribute", "The '{}' setting has been removed. Please refer to '{}' for "}
"""Beginnings of texts of Django's welcome page, and for developers."""


def test_german_is_polite_in_the_libraries_too():
    ours = messages.translations(messages.read("de"))
    familiar = {
        message.text: string
        for message, strings in [*messages.of_libraries("de"), *ours.items()]
        for string in (ours.get(message) or strings)
        if FAMILIAR.search(string) and not message.text.startswith(tuple(NEVER_SHOWN))
    }
    assert familiar == {}
