"""Texts that people enter: normal form, invisible characters, visible characters."""

import time
import unicodedata

import pytest

from skeleton.kernel.characters import ForbiddenCharacter, clean_text, clean_texts, has_visible_character

FAMILY, ENGLAND = "👨‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"


@pytest.mark.parametrize("text", ["Café", "Клей-1", "Їжак", "Nguyễn", "Å", "각", "שלום", "がぎ"])
def test_every_form_becomes_one(text):
    for form in ("NFC", "NFD"):
        assert clean_text(unicodedata.normalize(form, text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\u200bb", "ab"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u202aacme\u202c", "acme"),
        ("\u2066acme\u2069", "acme"),
        ("\u200eacme\u200f\u061c", "acme"),
        ("\ufeffacme", "acme"),
        ("soft\u00adhyphen", "softhyphen"),
        ("word\u2060joiner", "wordjoiner"),
        ("a\u3164b\uffa0", "ab"),
        ("A\u200dcme", "Acme"),
        ("Ac\u200cme", "Acme"),
        ("Acme\ufe0f", "Acme"),
        ("\u200dacme", "acme"),
        ("Привіт\u200d", "Привіт"),
        ("क्\u200d", "क्"),
        ("a\r\nb\rc\u2028d\u2029e\x0bf", "a\nb\nc\nd\ne\nf"),
        ("a\u00a0b\tc", "a\u00a0b\tc"),
        ("a\U000e0041b", "ab"),
    ],
)
def test_invisible_characters_are_removed(text, clean):
    assert clean_text(text) == clean


@pytest.mark.parametrize("text", [FAMILY, ENGLAND, "❤️", "1️⃣", "می‌خواهم", "क्‍ष", "葛󠄀", "ᠠ᠋", "👍🏽", "A b", ""])
def test_what_a_script_or_an_emoji_needs_stays(text):
    assert clean_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "character", ["\x00", "\x01", "\x08", "\x1b", "\x7f", "\x85", "\x9f", "\ufffe", "\uffff", "\ud800"]
)
def test_controls_are_refused(character):
    with pytest.raises(ForbiddenCharacter):
        clean_text(f"a{character}b")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\u00a0\u2003", "\u200b", "\u3164", "\u2800", "\u0301", "\u115f\u1160", "\ufe0f", "\n\t", "\u00ad"],
)
def test_nothing_to_see(text):
    assert not has_visible_character(text)


@pytest.mark.parametrize("text", ["a", "王", ".", "€", "👍", " 1 ", "ª", "\u0301a"])
def test_something_to_see(text):
    assert has_visible_character(text)


def test_json_is_cleaned_as_a_whole():
    given = {"e\u0301": ["a\u200b", 1, None, {"b": "e\u0301"}]}
    assert clean_texts(given) == {"é": ["a", 1, None, {"b": "é"}]}


@pytest.mark.parametrize("marks", [31, 400_000])
def test_more_marks_than_a_letter_can_have_are_refused_at_once(marks):
    """Ordering them takes quadratic time: hours for one megabyte."""
    started = time.process_time()
    with pytest.raises(ForbiddenCharacter):
        clean_text("a" + "\u0301\u0323" * marks)
    assert time.process_time() - started < 5


def test_as_many_marks_as_a_stream_may_have_are_kept():
    assert clean_text("a" + "\u0323" * 30) == "\u1ea1" + "\u0323" * 29
