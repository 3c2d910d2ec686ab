"""Regular and malicious files."""

import csv
import datetime as dt
import io
import zipfile
from contextlib import suppress
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeleton.importexport.errors import InvalidFile
from skeleton.importexport.limits import JOB_LIMITS, Limits
from skeleton.importexport.reader import errors as reader_errors
from skeleton.importexport.reader.__main__ import read_table
from skeleton.importexport.sheets import open_sheet
from skeleton.importexport.tests.conftest import workbook
from skeleton.office.tables.notation import CellError, decimal_of
from skeleton.office.tables.spreadsheets import csv_lines, escape_formulas, unescape_formulas, xlsx_chunks


def read(content, **rest):
    with open_sheet(content, **rest) as sheet:
        return sheet.heading, [row.cells for row in sheet.rows]


def read_here(content, encoding=None):
    """Return the cells of all rows, read without a child process, for tests that read hundreds of files."""
    _, rows = read_table(io.BytesIO(content), encoding, JOB_LIMITS)
    return [row.cells for row in rows]


CYRILLIC = "name;city\nТОВ «Дніпро»;Київ\n"
WESTERN = "name;city\nMüller & Söhne;Köln\nCafé Zoé;Orléans\n"


@pytest.mark.parametrize(
    "content, cell",
    [
        (CYRILLIC.encode(), "ТОВ «Дніпро»"),
        (CYRILLIC.encode("utf-8-sig"), "ТОВ «Дніпро»"),
        (CYRILLIC.encode("utf-16"), "ТОВ «Дніпро»"),
        (CYRILLIC.encode("cp1251"), "ТОВ «Дніпро»"),
        (WESTERN.encode("cp1252"), "Müller & Söhne"),
        (WESTERN.encode("cp1252").replace(b"\n", b"\r\n"), "Müller & Söhne"),
        (b"name,city\nAcme,Bonn", "Acme"),
        (b"name\tcity\nAcme\tBonn", "Acme"),
        (b'"name, or so"|city\nAcme|Bonn', "Acme"),
        (b"sep=;\nname;city\nAcme;Bonn", "Acme"),
        (b'name,city\n"A ""b"", c\nd",Bonn', 'A "b", c\nd'),
    ],
    ids=["utf8", "bom", "utf16", "cp1251", "cp1252", "crlf", "comma", "tab", "pipe", "sep", "quotes"],
)
def test_a_csv_is_read_however_it_is_written(content, cell):
    heading, rows = read(content)
    assert len(heading) == 2
    assert rows[0][0] == cell


def test_the_encoding_may_be_named():
    assert read("имя\nЯ".encode("cp1251"), encoding="cp1251")[1] == [["Я"]]
    with pytest.raises(InvalidFile, match="not in UTF-8"):
        read("имя\nЯ".encode("cp1251"), encoding="utf-8")


def test_empty_rows_and_cells_are_nothing():
    assert read(b"a,b\n\n , \nx\n,y\n")[1] == [["x", None], [None, "y"]]
    assert read(workbook([["a", "b", None], [None, None], ["x", ""], [1, None]]))[1] == [["x", None], [1, None]]


def test_a_workbook_has_numbers_days_and_booleans():
    day, moment = dt.datetime(2026, 11, 2), dt.datetime(2026, 11, 2, 8, 30)
    rows = read(workbook([["a", "b", "c", "d", "e"], [1, 2.5, True, day, moment]]))[1]
    assert rows == [[1, 2.5, True, day.date(), moment]]


def test_formulas_are_noticed_and_not_worked_out():
    with open_sheet(workbook([["a", "b"], ["x", "=1+1"]])) as sheet:
        assert next(sheet.rows).formulas == (1,)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel"),
        (b"PK\x03\x04 nonsense", "damaged"),
        (b"a,b\n1,2,3", "more cells"),
        (b"a\n" + b"x" * 120_000, "characters"),
        (b",".join(b"c%d" % n for n in range(300)) + b"\n", "columns"),
    ],
    ids=["empty", "blank", "xls", "damaged", "wide", "long", "columns"],
)
def test_what_cannot_be_read_says_why(content, said):
    with pytest.raises(InvalidFile, match=said):
        read(content)


def archive(*parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts:
            made.writestr(name, content)
    return buffer.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return [(info.filename, made.read(info)) for info in made.infolist()]


def test_an_archive_is_no_workbook():
    with pytest.raises(InvalidFile, match="not a workbook"):
        read(archive(("hello.txt", b"hello")))


def test_too_many_rows_are_told():
    assert len(read(b"a\n" + b"1\n" * 3, limits=Limits(rows=3))[1]) == 3
    with pytest.raises(InvalidFile, match="more than 3 rows"):
        read(b"a\n" + b"1\n" * 4, limits=Limits(rows=3))


def test_entities_and_broken_parts_end_as_a_sentence():
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        hostile = [
            (part, content.replace(b"<work", laughs + b"<work", 1) if part == name else content)
            for part, content in parts_of(workbook([["a"], ["b"]]))
        ]
        with pytest.raises(InvalidFile):
            read(archive(*hostile))
        cut = [(part, content[: len(content) // 2] if part == name else content) for part, content in hostile]
        with pytest.raises(InvalidFile):
            read(archive(*cut))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    for start in (b"", b"PK\x03\x04", b"a;b\n"):
        with suppress(reader_errors.InvalidFile):
            read_here(start + content)


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, value",
    [
        ("1234.5", "1234.5"),
        ("1234,5", "1234.5"),
        ("1 234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1\u00a0234", "1234"),
        ("1'234.5", "1234.5"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        (" 7 ", "7"),
        (0.1 + 0.2, "0.3"),
        (19.99, "19.99"),
        (5, "5"),
        ("1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
    ],
)
def test_numbers_are_read_however_they_are_written(cell, value):
    assert decimal_of(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell", ["x", "1,234", "-1,234", "1.234", "1e3", "1e999", "nan", "inf", "1..2", True, dt.date(2026, 1, 1), "1e-99"]
)
def test_what_is_no_number_or_could_be_two_is_refused(cell):
    with pytest.raises(CellError):
        decimal_of(cell)


# --- written ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+380 44", "-5", "@x", "\tx", "\rx", "'=x", "''=x", "'x", "x", "", "it's"])
def test_no_text_becomes_a_formula_and_none_is_lost(text):
    safe = escape_formulas(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescape_formulas(safe) == text


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
            min_size=2,
            max_size=2,
        )
    )
)
def test_texts_come_back_from_both_formats(rows):
    rows = [["first", "second"], *([cell.strip() or None for cell in row] for row in rows)]
    rows = [row for row in rows if any(row)]
    csv = "".join(csv_lines(rows)).encode()
    expected = rows[1:]
    found = [[unescape_formulas(cell) if cell else cell for cell in row] for row in read_here(csv, encoding="utf-8")]
    assert found[1:] == expected
    assert read_here(b"".join(xlsx_chunks(rows)))[1:] == expected


def test_a_workbook_of_ours_is_one_to_others():
    rows: list[list[Any]] = [
        ["name", "n", "yes"],
        ["=1+1", 5, True],
        ["a\rb\x01_x0041_", Decimal("12.50"), None],
        ["x", 2**60, False],
    ]
    content = b"".join(xlsx_chunks(rows))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet[2]] == ["=1+1", 5, True]
    assert sheet["A2"].data_type == "s"
    assert sheet["B3"].value == 12.5
    assert sheet["B4"].value == str(2**60)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert read(content)[1][1][0] == "a\rb\x01_x0041_"
    assert b"".join(xlsx_chunks(rows)) == content


FORMULAS = [
    "Beta;=1+1;z",
    "a\t=1",
    "a|+1",
    "a\n-1",
    "a\r\n@x",
    'a;"=1+1"',
    '"=1',
    " =1",
    ";;=1",
    ";'=1",
    "'; '=1",
    "a; -5 %",
    "＝1",
    "a;＋1",
    "a;－1",
    "a;＠x",
    "\u200b=1",
    "a;\ufeff=1",
    "x,=1",
    "- one\n- two",
    "\t\r=1",
]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula_whatever_the_file_is_split_by(text, separator):
    line = "".join(csv_lines([["first", text, "last"], [text, "x", text]]))
    for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
        for cell in row:
            assert not cell.strip(' \t\r\n\u200b\ufeff"').startswith(tuple("=+-@＝＋－＠")), row
    assert [unescape_formulas(cell) for cell in list(csv.reader(io.StringIO(line, newline="")))[1]] == [text, "x", text]


@given(st.text(st.sampled_from("=+-@;'\" \t\r\n|,ax＝"), max_size=12))
def test_what_protects_a_text_can_be_taken_off_again(text):
    assert unescape_formulas(escape_formulas(text)) == text


def test_a_long_text_of_separators_is_protected_in_no_time():
    text = "\t;" * 200_000
    assert unescape_formulas(escape_formulas(text + "=")) == text + "="
    assert escape_formulas(text + "=").count("'") == 400_001


def test_texts_with_any_separator_are_quoted_and_numbers_stay_numbers():
    row = ["Beta;z", "a\tb", "a|b", "a,b", ' "x"', "plain", Decimal("-12.50"), -3, None, True]
    assert "".join(csv_lines([row])) == ('"Beta;z","a\tb","a|b","a,b"," ""x""",plain,-12.50,-3,,true\r\n')
