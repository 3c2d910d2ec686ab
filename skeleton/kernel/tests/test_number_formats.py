"""Localized numbers: parsed strictly in the notation of the language, or refused with a message."""

from decimal import Decimal

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from skeleton.kernel.money import CURRENCIES, MAX_AMOUNT
from skeleton.kernel.number_formats import InvalidNumber, NumberFormat
from skeleton.office.numbers import AmountField, LocalizedDecimalField, LocalizedIntegerField

LANGUAGES = ("en", "de", "uk")
SPACE, NO_BREAK, NARROW, THIN = " ", "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    "language, text, number",
    [
        *(("en", text, "1234.50") for text in ("1234.50", "1,234.50", "1 234.50", f"1{NARROW}234.50", " 1234.50 ")),
        *(("de", text, "1234.50") for text in ("1234,50", "1.234,50", "1 234,50", f"1{NO_BREAK}234,50", "+1234,50")),
        *(("uk", f"1{space}234,50", "1234.50") for space in (SPACE, NO_BREAK, NARROW, THIN, "")),
        ("en", "1,234", "1234"),
        ("de", "1.234", "1234"),
        ("en", "12,345,678", "12345678"),
        ("de", "12.345.678,9", "12345678.9"),
        ("uk", "12 345 678,9", "12345678.9"),
        ("en", "-5.25", "-5.25"),
        ("en", "\u22125.25", "-5.25"),
        ("de", "\u2212 5".replace(" ", ""), "-5"),
        ("en", ".5", "0.5"),
        ("de", ",5", "0.5"),
        ("en", "007", "7"),
        ("en", "0", "0"),
        ("en", "\t1234.50\u00a0\n", "1234.50"),
    ],
)
def test_what_is_read(language, text, number):
    assert NumberFormat.for_language(language).parse(text) == Decimal(number)


REFUSED = {
    "en": {
        "12,50": "12.50",
        "1,23": "1.23",
        "0,123": "0.123",
        "1.234,50": "1234.50",
        "1 234,50": "1234.50",
        "1'234,5": "1234.5",
        "-12,50": "-12.50",
        "1,2345": "1.2345",
        "1234,567": "1234.567",
    },
    "de": {"12.50": "12,50", "1.5": "1,5", "1,234.50": "1234,50", "0.123": "0,123", "1'234.50": "1234,50"},
    "uk": {"12.50": "12,50", "1.5": "1,5", "1,234.50": "1234,50", "1.234,50": "1234,50", "1.234": "1,234"},
}


@pytest.mark.parametrize("language, text", [(language, text) for language in REFUSED for text in REFUSED[language]])
def test_what_another_notation_writes_is_refused_and_the_sentence_says_how_to_write_it(language, text):
    with translation.override(language), pytest.raises(InvalidNumber) as refused:
        NumberFormat.for_language(language).parse(text)
    assert f" {REFUSED[language][text]}." in str(refused.value)


NEVER = (
    "1e3",
    "1E3",
    "0x10",
    "NaN",
    "Infinity",
    "-inf",
    "12 EUR",
    "€12",
    "$12.50",
    "12.50-",
    "(12)",
    "--5",
    "+-5",
    "- 5",
    "1_000",
    "١٢٣",
    "１２",
    "12,3456,789",
    "1,23,456",
    "01,234.5",
    "1,234,56",
    "1,234 567",
    "1  234",
    "12.",
    ",",
    ".",
    "-",
    "12..5",
    "1.2.3",
    "twelve",
    "1\n2",
    "1\x002",
    "1;2",
    "½",
    "⁵",
    "1/2",
    "10%",
    "1" * 41,
    "\u200e5",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", NEVER)
def test_what_no_language_reads(language, text):
    swapped = text.translate(str.maketrans(".,", ",."))
    for typed in (text, swapped) if language == "uk" else (swapped if language == "de" else text,):
        with pytest.raises(InvalidNumber):
            NumberFormat.for_language(language).parse(typed)


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(alphabet="0123456789.,' \u00a0\u202f+-\u2212eE_٣", max_size=14))
def test_what_is_read_is_what_stands_there(language, text):
    """Accepted numbers have the same digits in order, and the decimals after the language's mark."""
    notation = NumberFormat.for_language(language)
    try:
        number = notation.parse(text)
    except InvalidNumber:
        return
    whole, _, decimals = text.strip().partition(notation.decimal)
    assert number.as_tuple().exponent == -len(decimals)
    digits = "".join(sign for sign in whole if sign in "0123456789")
    assert abs(number) == Decimal(f"{digits or 0}.{decimals or 0}")


@pytest.mark.parametrize("language", LANGUAGES)
@given(amount=st.integers(-MAX_AMOUNT, MAX_AMOUNT), currency=st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_that_is_shown_reads_as_itself(language, amount, currency):
    field = AmountField()
    field.currency, field.language = currency, language
    shown = field.prepare_value(amount)
    assert field.clean(shown) == amount
    assert not field.has_changed(amount, shown)


@pytest.mark.parametrize("language", LANGUAGES)
@given(number=st.decimals(-999_999_999_999, 999_999_999_999, places=3))
def test_a_quantity_that_is_shown_reads_as_itself(language, number):
    field = LocalizedDecimalField(max_digits=15, decimal_places=3)
    field.language = language
    shown = field.prepare_value(number)
    assert field.clean(shown) == number
    assert not field.has_changed(number, shown)


def read(field, text, **known):
    vars(field).update(known)
    return field.clean(text)


@pytest.mark.parametrize(
    "text, currency, amount",
    [
        ("12.5", "USD", 1250),
        ("12", "JPY", 12),
        ("1,234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1,234", "KWD", 1234000),
        ("92233720368547758.07", "USD", MAX_AMOUNT),
        ("-0.00", "USD", 0),
    ],
)
def test_amounts_in_minor_units(text, currency, amount):
    assert read(AmountField(), text, currency=currency) == amount


@pytest.mark.parametrize(
    "text, currency, told",
    [
        ("12.5", "JPY", "JPY has no decimals"),
        ("12.0", "JPY", "JPY has no decimals"),
        ("1.001", "USD", "USD has at most 2 decimals, as in 12345.67."),
        ("12.500", "EUR", "EUR has at most 2 decimals"),
        ("1.2345", "KWD", "KWD has at most 3 decimals, as in 1234.567."),
        ("92233720368547758.08", "USD", "too large"),
        ("-92233720368547758.08", "USD", "too large"),
        ("9" * 40, "USD", "too large"),
        ("9" * 41, "USD", "too long"),
        ("1.50000000000000000000000000000000001", "USD", "at most 2"),
    ],
)
def test_amounts_that_the_currency_does_not_have(text, currency, told):
    with pytest.raises(forms.ValidationError, match=told):
        read(AmountField(), text, currency=currency)


@pytest.mark.parametrize("text", ["1.5", "1.0", "x", "1e3", "1,23"])
def test_whole_numbers(text):
    assert read(LocalizedIntegerField(), "1,234") == 1234
    assert read(LocalizedIntegerField(), "1.234", language="de") == 1234
    assert read(LocalizedIntegerField(required=False), "  ") is None
    with pytest.raises(forms.ValidationError):
        read(LocalizedIntegerField(), text)


def test_nothing_is_nothing():
    for field in (AmountField(required=False), LocalizedDecimalField(required=False, max_digits=9, decimal_places=3)):
        assert field.clean("") is field.clean(" \u00a0 ") is field.clean(None) is None
    with pytest.raises(forms.ValidationError, match="required"):
        AmountField().clean("\u202f")


@pytest.mark.parametrize(
    "kind", [AmountField, LocalizedIntegerField, lambda: LocalizedDecimalField(max_digits=9, decimal_places=3)]
)
def test_no_browser_knows_better(kind):
    made = type("Made", (forms.Form,), {"number": kind()})()
    shown = str(made["number"])
    assert 'type="text"' in shown
    assert "inputmode=" in shown
    assert 'autocomplete="off"' in shown
