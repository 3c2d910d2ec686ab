"""The texts: complete in every language, with existing values only, in the notation of the language."""

from string import Formatter

import pytest

from skeleton.identity.choices import Language
from skeleton.notifications.choices import EVENT_VALUES, Event
from skeleton.notifications.tests import factories
from skeleton.notifications.texts import FOLDER, one_line, texts_for

PARTS = ("title", "body", "email", "sms")


def fields(text):
    """Return the values in a text, with their formats."""
    return {(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None}


def test_there_is_a_file_for_each_language():
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(Language.values)


@pytest.mark.parametrize("code", Language.values)
class TestLanguage:
    def test_every_event_has_its_texts(self, code):
        texts = texts_for(code).texts
        assert texts.keys() == {"frame", "words", *Event.values}
        for event in Event:
            assert texts[event.value].keys() == set(PARTS), event
            assert all(text.strip() for text in texts[event.value].values()), event

    def test_texts_name_only_the_events_values(self, code):
        for event in Event:
            for part in PARTS:
                named = {name for name, _ in fields(texts_for(code).texts[event.value][part])}
                assert named <= EVENT_VALUES[event], (event, part)

    def test_texts_are_about_the_same_as_in_english(self, code):
        """A translation has all values of a title or an e-mail, with the same formats."""
        for event in Event:
            for part in ("title", "email"):
                ours, english = texts_for(code).texts[event.value][part], texts_for("en").texts[event.value][part]
                assert fields(ours) == fields(english), (event, part)

    def test_words_are_the_same_as_in_english(self, code):
        words = {name: set(table) for name, table in texts_for(code).words.items()}
        assert words == {name: set(table) for name, table in texts_for("en").words.items()}

    def test_everything_can_be_said(self, code):
        texts = texts_for(code)
        for event in Event:
            values = {**factories.VALUES[event]}
            for part in ("title", "body", "sms"):
                line = texts.line(event, part, values)
                assert line
                assert not set("{}\n") & set(line), line
            letter = texts.email_text(event, values, name="Vera", address="https://crm.example.com/x")
            assert "Vera" in letter
            assert "https://crm.example.com/x" in letter
            assert not set("{}") & set(letter), letter


@pytest.mark.parametrize(
    "code, expected",
    [
        ("en", "Acme Corp still owes 5,000 JPY, due on 15 February 2026."),
        ("uk", "Борг Acme Corp: 5 000 JPY, строк сплати минув 15.02.2026."),
        ("de", "Acme Corp schuldet noch 5.000 JPY, fällig am 15.02.2026."),
    ],
)
def test_each_language_writes_its_way(code, expected):
    body = texts_for(code).line(Event.INVOICE_OVERDUE, "body", factories.VALUES[Event.INVOICE_OVERDUE])
    assert body == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("one\r\nBcc: two@example.com", "one Bcc: two@example.com"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f\x00g\x1bh", "a b c d e f g h"),
        ("  Київ \t — 日本 ", "Київ — 日本"),
        ("evil\u202egpj.exe", "evil gpj.exe"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("", ""),
    ],
    ids=["header", "controls", "blanks", "turned", "joined", "empty"],
)
def test_one_line(text, expected):
    assert one_line(text) == expected


def test_braces_in_values_are_only_text():
    values = {"sender": "{text.__class__}", "text": "{sender} {0} {"}
    assert texts_for("en").line(Event.MESSAGE, "sms", values) == "{text.__class__}: {sender} {0} {"
    letter = texts_for("en").email_text(Event.MESSAGE, values, name="{link}", address=None)
    assert "Hello {link}," in letter
