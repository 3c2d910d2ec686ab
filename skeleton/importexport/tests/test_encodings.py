"""Texts in eight encodings, with every separator and notation of numbers: read right, or refused with a reason."""

import csv
import io
import itertools
from decimal import Decimal

import pytest

from skeleton.importexport.limits import JOB_LIMITS
from skeleton.importexport.reader.__main__ import read_table
from skeleton.importexport.reader.encodings import LANGUAGES, PAIRS
from skeleton.importexport.reader.errors import InvalidFile, UnclearEncoding
from skeleton.importexport.tests.letters import letter_pairs
from skeleton.office.tables.notation import Notation, decimal_of, notation_of

WESTERN = ["Construções Ltda", "São Paulo", "Müller & Söhne", "Café Zoé", "Orléans"]
CENTRAL = ["Żółć i Łódź", "Gdańsk", "Říčany u Prahy", "Kovács Gyöngyi", "Hradec Králové"]
UKRAINIAN = ["Київ", "Товариство Дніпро", "Харків", "Запоріжжя", "Львівська область"]
RUSSIAN = ["Екатеринбург", "Нижний Новгород", "Общество Ёлка", "Ростов", "Пермь"]
WRITTEN = {
    "utf-8": UKRAINIAN + CENTRAL,
    "utf-16-le": UKRAINIAN + WESTERN,
    "utf-16-be": CENTRAL + UKRAINIAN,
    "cp1252": WESTERN,
    "cp1250": CENTRAL,
    "cp1251": UKRAINIAN,
    "koi8-u": UKRAINIAN,
    "cp866": RUSSIAN,
}
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
NUMBERS = {
    Notation.POINT: ["1,234.50", "0.250", "1.000", "7"],
    Notation.COMMA: ["1.234,50", "0,250", "1,000", "7"],
}
VALUES = ["1234.50", "0.250", "1.000", "7"]


def written(names, numbers, separator):
    buffer = io.StringIO(newline="")
    rows = [["name", "quantity"], *zip(names, itertools.cycle(numbers))]
    csv.writer(buffer, delimiter=separator).writerows(rows)
    return buffer.getvalue()


def rows_of(content, encoding=None):
    source, rows = read_table(io.BytesIO(content), encoding, JOB_LIMITS)
    return source, [row.cells for row in rows][1:]


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("notation", Notation)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", WRITTEN)
def test_each_file_of_the_corpus_is_read_as_it_was_written(encoding, separator, notation, marked):
    names = WRITTEN[encoding]
    content = written(names, NUMBERS[notation], separator).encode(encoding)
    source, rows = rows_of((MARKS.get(encoding, b"") if marked else b"") + content)
    assert [name for name, _ in rows] == names
    assert source["separator"] == separator
    assert set(source["samples"]) <= set(names)
    numbers = [number for _, number in rows]
    assert notation_of(numbers) == notation
    assert [decimal_of(number, notation) for number in numbers[:4]] == [Decimal(value) for value in VALUES]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_characters_are_read_with_a_mark_and_without(encoding):
    assert rows_of("name,email\nAcme,a\n".encode(encoding))[1] == [["Acme", "a"]]


@pytest.mark.parametrize("text", ["Żółć", "Ö", "São"])
def test_too_few_letters_are_shown_in_every_encoding_and_not_guessed(text):
    content = f"name\n{text}\n".encode("cp1250" if text == "Żółć" else "cp1252")
    with pytest.raises(UnclearEncoding) as refusal:
        rows_of(content)
    source = refusal.value.source
    shown = {
        source["encoding"]: source["samples"],
        **{other["encoding"]: other["samples"] for other in source["others"]},
    }
    assert [text] in shown.values()
    assert len(shown) > 1
    named = next(name for name, samples in shown.items() if samples == [text])
    assert rows_of(content, named)[1] == [[text]]


def test_letters_that_are_the_same_in_both_encodings_need_no_choice():
    assert rows_of("name\nMüller\n".encode("cp1252"))[1] == [["Müller"]]
    assert rows_of("name\nMüller\n".encode("cp1250"))[1] == [["Müller"]]


def test_a_text_in_utf_8_with_damaged_bytes_is_not_taken_for_another_encoding():
    with pytest.raises(InvalidFile, match="line 3 has bytes that are not"):
        rows_of("name\nМюллер\nКи".encode() + b"\xff\n")


def test_a_character_that_was_lost_before_is_refused():
    with pytest.raises(InvalidFile, match="Row 2 has a replacement character"):
        rows_of("name\nM\ufffdller\n".encode())


@pytest.mark.parametrize("language", ["de", "uk"])
def test_the_letters_are_those_of_django_s_translations(language):
    """After an update of Django: `python -m skeleton.importexport.tests.letters`."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    assert [line.partition(" ")[0] for line in lines] == list(LANGUAGES)
    assert letter_pairs(language) in lines


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts, notation",
    [
        (["1.000", "2.500", "0,250"], Notation.COMMA),
        (["1,000", "2,500", "0.250"], Notation.POINT),
        (["1.000", "12,5"], Notation.COMMA),
        (["1.000", "1.234.567"], Notation.COMMA),
        (["1.000", "1234,567"], Notation.COMMA),
        (["1.000", "1 234,5"], Notation.COMMA),
        (["1,000", "1'234.5"], Notation.POINT),
        (["1.000", "2.500"], None),
        (["1,000", "2,500"], None),
        (["12,5", "12.5"], None),
        (["1", "20"], None),
    ],
)
def test_one_cell_shows_the_notation_of_the_file(texts, notation):
    assert notation_of(texts) == notation


@pytest.mark.parametrize("twin", ["1.000", "1,000", "-2.500", "-2,500"])
def test_both_twins_are_refused_without_a_notation_and_read_with_one(twin):
    with pytest.raises(Exception, match="two numbers"):
        decimal_of(twin)
    assert {decimal_of(twin, notation) for notation in Notation} == {
        Decimal(twin.replace(",", ".")),
        Decimal(twin.replace(",", "").replace(".", "")),
    }


@pytest.mark.parametrize(
    "text", ["1,2.5", "1.2,3.4", "1 23", "12 50", "1.23457E+11", "1e3", "20 %", "€ 5", "5.", "1,23,456"]
)
def test_what_follows_no_notation_is_refused(text):
    for notation in (None, *Notation):
        with pytest.raises(Exception, match=r"number|Scientific"):
            decimal_of(text, notation)
