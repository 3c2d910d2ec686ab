"""The process that reads files: its limits with malicious files, its cleanup, and its isolation."""

import contextlib
import datetime as dt
import gzip
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from skeleton.importexport.errors import InvalidFile, LimitExceeded
from skeleton.importexport.limits import Limits
from skeleton.importexport.sheets import open_sheet, read_sheet
from skeleton.importexport.tests.conftest import workbook
from skeleton.importexport.tests.hostile import (
    ACME,
    HEADING,
    MAIN,
    OFFICE,
    PACKAGE,
    SHEET,
    archive,
    book,
    parts_of,
    relations,
    repeated,
    row,
    sheet,
    text,
)
from skeleton.office.tables.notation import ShownNumber
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

SOON = 60
"""Timeout in seconds, many times longer than any of these files takes."""


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """Assert that no file, process or open pipe is left behind."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert not list(folder.iterdir())
    assert not readers_of(os.getpid())
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before


def readers_of(parent):
    """Return the reader processes of a parent process."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it has just exited
            is_ours = (process / "stat").read_text().rpartition(")")[2].split()[1] == str(parent)
            if is_ours and b"skeleton.importexport.reader" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def rows_of(content, **rest):
    with read_sheet(content, **rest) as found:
        return list(found.rows)


def refusal_of(content, **rest):
    began = time.monotonic()
    with pytest.raises(InvalidFile) as refusal:
        rows_of(content, **rest)
    assert time.monotonic() - began < SOON
    return refusal.value


# --- malicious and broken workbooks -----------------------------------------------------------------------------------


def cell(**attributes):
    value = attributes.pop("v", "1")
    return f"<c {' '.join(f'{name}={chr(34)}{text}{chr(34)}' for name, text in attributes.items())}><v>{value}</v></c>"


@pytest.mark.parametrize("number", ["1000000000000", "1048577", "9" * 5_000])
def test_a_row_beyond_the_end_of_every_spreadsheet_is_refused(number):
    assert "beyond row 1,048,576" in refusal_of(book(HEADING + row(number, text("x")))).message


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "1e3", "٣", " 2", "", "2_0"])
def test_the_number_of_a_row_is_a_number(number):
    assert "damaged at row 1" in refusal_of(book(HEADING + row(number, text("x")))).message


@pytest.mark.parametrize("rows", [HEADING + HEADING, row(3, text("x")) + HEADING, row(0, text("x"))])
def test_rows_come_in_order_and_once(rows):
    assert "out of order" in refusal_of(book(rows)).message


def test_rows_passed_over_count():
    assert "more than 100,000 rows" in refusal_of(book(HEADING + row(100_002, text("x")))).message
    assert "more than 3 rows" in refusal_of(b"a\n1\n\n\n2\n", limits=Limits(rows=3)).message
    assert [found.number for found in rows_of(book(HEADING + row(100_001, text("x"))))] == [100_001]


@pytest.mark.parametrize(
    "place, said",
    [
        ("A3", "damaged"),
        ("A0", "damaged"),
        ("a2", "damaged"),
        ("2", "damaged"),
        ("", "damaged"),
        ("A", "damaged"),
        ("AAAA2", "damaged"),
        ("XFE2", "column XFD"),
        ("ZZZ2", "column XFD"),
        ("XFD2", "200 columns"),
    ],
)
def test_a_cell_stands_where_its_row_is(place, said):
    assert said in refusal_of(book(HEADING + row(2, cell(r=place)))).message


@pytest.mark.parametrize(
    "found",
    [
        cell(t="s", v="0"),
        cell(t="s", v="-1"),
        cell(t="s", v="9" * 30),
        cell(t="b", v="2"),
        cell(t="n", v="abc"),
        cell(v="1e999"),
        cell(v="nan"),
        cell(v="1_0"),
        cell(v="9" * 5_000),
        cell(t="d", v="2026-13-01"),
        cell(t="q"),
        cell(r="B2") + cell(r="A2"),
        cell(r="A2") * 2,
        "<c><c/></c>",
        row(2),
    ],
)
def test_a_cell_that_is_none_is_damage_of_its_row(found):
    assert "damaged at row 2" in refusal_of(book(HEADING + row(2, found))).message


@pytest.mark.parametrize("name", ["_xD800_", "_x0000_"])
def test_what_cannot_be_stored_is_refused(name):
    assert "cannot be stored" in refusal_of(book(HEADING + row(2, text(name)))).message


LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("name", ["sheet1", "workbook", "sharedStrings", "styles"])
@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_entities_are_refused(name, doctype):
    parts = {path.rpartition("/")[2].partition(".")[0]: content for path, content in parts_of(book())}
    assert "entities" in refusal_of(book(**{name: doctype.encode() + parts[name]})).message


@pytest.mark.parametrize(
    "instead",
    [
        *({name: None} for name in ("sheet1", "workbook", "sharedStrings", "styles", "[Content_Types]")),
        {"sheet1": "no XML"},
        {"sheet1": sheet(HEADING)[:-20]},
        {"sheet1": sheet(HEADING + row(2, text("&nope;")))},
        {"workbook": relations(worksheet="../../../../../etc/passwd")},
        {"workbook": f"<workbook {MAIN}/>"},
        *({"sheet1": f'<?xml version="1.0" encoding="{name}"?>{sheet(HEADING)}'} for name in ("utf-7", "idna", "zip")),
        {"sheet1": "<a>" * 1_000_000},
    ],
)
def test_a_workbook_that_is_not_whole_is_refused(instead):
    assert len(refusal_of(book(**instead)).message) < 200


def test_archives_that_are_no_workbooks_say_what_they_are():
    open_document = archive([("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a/>")])
    said = {
        "OpenDocument": open_document,
        "XLSB": archive([("xl/workbook.bin", b"x")]),
        "not a workbook": archive([("word/document.xml", "<a/>")]),
        "password": b"\xd0\xcf\x11\xe0" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        "old Excel": b"\xd0\xcf\x11\xe0" + bytes(500),
        "unfolds": archive((f"part{n}", b"") for n in range(3_000)),
    }
    for words, content in said.items():
        assert words in refusal_of(content).message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_broken_or_lie_are_refused():
    content = book(HEADING + "".join(row(n, text("x" * 100)) for n in range(2, 2_000)))
    parts, entry = parts_of(content), content.index(b"PK\x01\x02")
    small, locked = bytearray(content), bytearray(content)
    while entry >= 0:
        struct.pack_into("<I", small, entry + 24, 50)  # declares a decompressed size of 50 bytes
        locked[entry + 8] |= 1  # declares that it is encrypted
        entry = content.find(b"PK\x01\x02", entry + 4)
    for broken in (
        *(content[:length] for length in (4, 100, len(content) // 2, len(content) - 10)),
        content[:300] + b"#" + content[301:],
        bytes(small),
        bytes(locked),
        archive(parts, zipfile.ZIP_BZIP2),
        archive(parts, zipfile.ZIP_LZMA),
        archive([*parts, parts[0]]),
        archive([*parts, ("XL/WORKBOOK.XML", b"")]),
    ):
        assert "damaged" in refusal_of(broken).message


def test_what_unfolds_to_too_much_is_not_unfolded():
    strings = repeated(f"<sst {MAIN}>", f"<si><t>{'x' * 985}</t></si>", 60_000, "</sst>")
    spaces = repeated(f"<worksheet {MAIN}>", " " * 1_000, 60_000, "</worksheet>")
    for bomb in (book(sharedStrings=strings), book(sheet1=spaces)):
        assert len(bomb) < 500_000
        assert isinstance(refusal_of(bomb), LimitExceeded)


def test_many_short_strings_end_with_their_memory():
    strings = repeated(f"<sst {MAIN}>", "<si><t>ab</t></si>", 1_000_000, "</sst>")
    refusal = refusal_of(book(sharedStrings=strings), limits=Limits(memory=60_000_000))
    assert isinstance(refusal, LimitExceeded)
    assert "memory" in refusal.message


def test_a_long_text_that_is_named_often_is_refused():
    rows = "".join(row(n, *[cell(t="s", v="0")] * 2) for n in range(2, 2_000))
    bomb = book(HEADING + rows, sharedStrings=f"<sst {MAIN}><si><t>{'x' * 90_000}</t></si></sst>")
    assert "too much text for one import" in refusal_of(bomb).message


@pytest.mark.parametrize("part", ['<row r="1" x="{}">', "<{}>", "<!--{}-->", '<row r="1"><c t="inlineStr"><is><t>{}'])
def test_huge_tokens_are_read_once(part):
    refusal_of(book(sheet1=f"<worksheet {MAIN}><sheetData>" + part.format("y" * 8_000_000)))


def test_empty_rows_below_the_table_are_passed_over():
    rows = "".join(f'<row r="{n}" s="1"/>' for n in range(3, 150_000)) + '<row r="1048576"/>'
    found = rows_of(book(HEADING + ACME + rows))
    assert [one.cells for one in found] == [["Acme", "acme@example.com"]]


def test_empty_rows_have_a_limit_of_their_own():
    rows = "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(3, 100_000))
    content = book(HEADING + ACME + rows)
    assert len(rows_of(content, limits=Limits(decompressed=2_000_000))) == 1
    assert "empty rows" in refusal_of(content, limits=Limits(decompressed_empty_rows=2_000_000)).message


# --- unusual but valid workbooks --------------------------------------------------------------------------------------


def test_every_kind_of_cell_is_read():
    cells = (
        '<c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c>',
        cell(t="s", v="0"),
        cell(t="str", v="a_x000D_b"),
        cell(t="b", v="1"),
        cell(v="1.50"),
        cell(v="-7"),
        cell(t="d", v="2026-11-02T00:00:00"),
        cell(s="1", v="46328"),
        cell(s="1", v="46328.5"),
        cell(s="2", v="46328"),
        cell(s="3", v="1.5"),
        cell(s="99", v="3"),
        "<c/>",
        '<c t="s"/>',
        cell(t="e", v="#N/A"),
        "<c><f>SUM(A1)</f><v>5</v></c>",
    )
    strings = f"<sst {MAIN}><si><r><t>sha</t></r><r><t>red</t></r><rPh><t>no</t></rPh></si></sst>"
    styles = (
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="200" formatCode="[$-407]d. mmm"/>'
        '<numFmt numFmtId="201" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="201"/></cellXfs></styleSheet>'
    )
    heading = row(1, *(text(f"c{n}") for n in range(16)))
    (found,) = rows_of(book(heading + row(2, *cells), sharedStrings=strings, styles=styles))
    day = dt.date(2026, 11, 2)
    assert found.cells == [
        "rich text",
        "shared",
        "a\rb",
        True,
        1.5,
        -7,
        day,
        day,
        dt.datetime(2026, 11, 2, 12),
        day,
        ShownNumber(1.5, "36:00"),
        3,
        None,
        None,
        "#N/A",
        "=",
    ]
    assert (found.errors, found.formulas) == ((14,), (15,))


def test_the_calendar_of_old_macs_and_the_day_that_never_was():
    styles = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    rows = HEADING + row(2, cell(s="0", v="1"), cell(s="0", v="0.25")) + row(3, cell(s="0", v="61"))
    assert [one.cells for one in rows_of(book(rows, styles=styles))] == [
        [dt.date(1900, 1, 1), "06:00:00"],
        [dt.date(1900, 3, 1), None],
    ]
    sheets = f'<sheets><sheet name="s" r:id="worksheet" xmlns:r="{OFFICE}"/></sheets>'
    mac = f'<workbook {MAIN}><workbookPr date1904="1"/>{sheets}</workbook>'
    parts = [(name, mac if name == "xl/workbook.xml" else part) for name, part in parts_of(book(rows, styles=styles))]
    assert rows_of(archive(parts))[0].cells[0] == dt.date(1904, 1, 2)


def test_other_prefixes_the_strict_variant_and_other_places_are_workbooks_too():
    strict = sheet(HEADING + ACME).replace(MAIN, 'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"')
    prefixed = sheet(HEADING + ACME).replace("xmlns=", "xmlns:x=").replace("</", "</x:").replace("<", "<x:")
    prefixed = prefixed.replace("<x:/x:", "</x:")
    for content in (strict, prefixed, sheet(HEADING + ACME).encode("utf-16")):
        assert len(rows_of(book(sheet1=content))) == 1
    moved = {"xl/_rels/workbook.xml.rels": relations(worksheet="/Data.XML"), SHEET: None}
    parts = [(name, moved.get(name, part)) for name, part in parts_of(book())]
    parts = [(name, part) for name, part in parts if part is not None]
    assert len(rows_of(archive([*parts, ("data.xml", sheet(HEADING + ACME))]))) == 1


def test_a_chart_before_the_sheet_is_passed_over_and_styled_columns_are_empty():
    links = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="c" Type="{OFFICE}/chartsheet" Target="chart.xml"/>'
        f'<Relationship Id="w" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    names = f'<sheets xmlns:r="{OFFICE}"><sheet name="a" r:id="c"/><sheet name="b" r:id="w"/></sheets>'
    instead = {"xl/_rels/workbook.xml.rels": links, "xl/workbook.xml": f"<workbook {MAIN}>{names}</workbook>"}
    rows = HEADING.replace("</row>", '<c s="1"/>' * 16_382 + "</row>") + ACME
    assert len(rows_of(archive([(name, instead.get(name, part)) for name, part in parts_of(book(rows))]))) == 1


def test_a_workbook_of_macros_is_read_without_them():
    parts = [*parts_of(workbook([["a"], [1]])), ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")]
    assert rows_of(archive(parts))[0].cells == [1]


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, said",
    [
        (b'"' * 25_000_000, "quotation mark"),
        (b"x" * 20_000_000, "characters"),
        (b"," * 20_000_000, "characters"),
        (b"a\n" + b'"\n",' * 5_000_000, "quotation mark"),
        (b",".join(b"%d" % n for n in range(100_000)), "200 columns"),
        (b",".join(b"%d" % n for n in range(1_000_000)), "characters"),
        (b"a\n" + b"\n" * 2_000_000, "beyond row 1,048,576"),
        (b"a\n" + b"1\n" * 200_000, "100,000 rows"),
        (b"\0" * 1_000_000, "neither a workbook nor a text"),
        ("name,email\n".encode("utf-16") + b"x", "UTF-16"),
        (gzip.compress(b"a,b\n" * 1_000), "neither a workbook nor a text"),
        (random.Random(1).randbytes(100_000), "neither a workbook nor a text"),
        (b"\xd7\x1f\x8e,\x93\n" + random.Random(2).randbytes(300), "neither a workbook nor a text"),
        (b"PK\x05\x06" + bytes(18), "neither a workbook nor a text"),
        (b"a\n" + (b"\1" * 90_000 + b"\n") * 200, "too much text for one import"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
    ],
    ids=[
        "quotes",
        "one line",
        "commas",
        "lines in quotes",
        "many columns",
        "more columns",
        "newlines",
        "rows",
        "NULs",
        "half a character",
        "gzip",
        "junk",
        "junk with a first line",
        "empty archive",
        "controls",
        "mark",
        "mark 16",
    ],
)
def test_texts_that_are_no_tables_are_refused(content, said):
    assert said in refusal_of(content).message


def test_every_kind_of_newline_ends_a_row_even_side_by_side():
    found = rows_of(b"a,b\r1,2\n3,4\r\n5,6\r\r\n7,8")
    assert [one.cells for one in found] == [["1", "2"], ["3", "4"], ["5", "6"], ["7", "8"]]


@pytest.mark.parametrize("start", [b'sep="\n', b"sep=\r\n", b"sep=x\n"])
def test_what_cannot_separate_is_no_separator(start):
    assert len(rows_of(start + b"a\n")) == 1


# --- limits of time, and what is left ---------------------------------------------------------------------------------

LONG = b"name,email\n" + b"Acme,acme@example.com\n" * 90_000
"""More than fits into a pipe, so the reader process blocks until the parent reads."""


def test_the_time_on_the_clock_is_limited():
    refusal = refusal_of(LONG, limits=Limits(seconds=0.01))
    assert isinstance(refusal, LimitExceeded)
    assert "too long" in refusal.message


def test_the_time_of_the_processor_is_limited():
    rows = b"a\n" + b'"";""\n' * 3_000_000
    assert "too long" in refusal_of(rows, limits=Limits(processor_seconds=0)).message


def test_who_stops_early_leaves_nothing():
    with open_sheet(LONG) as found:
        assert found.heading == ["name", "email"]
        assert next(found.rows).cells == ["Acme", "acme@example.com"]
        assert len(readers_of(os.getpid())) == 1
    with contextlib.suppress(KeyError), open_sheet(LONG) as found:
        raise KeyError


def test_the_process_has_limits_and_no_secrets():
    with open_sheet(LONG, limits=Limits(memory=300_000_000)) as found:
        next(found.rows)
        (process,) = (Path(f"/proc/{reader}") for reader in readers_of(os.getpid()))
        limits = {line[:26].strip(): line[26:].split()[0] for line in (process / "limits").read_text().splitlines()}
        assert limits["Max address space"] == "300000000"
        assert (limits["Max file size"], limits["Max processes"], limits["Max core file size"]) == ("0", "0", "0")
        assert limits["Max cpu time"] == "40"
        assert (process / "environ").read_bytes() == b""
        loaded = (process / "maps").read_text()
        assert "site-packages" not in loaded
        assert "libssl" not in loaded


HOLDER = """
import os, sys, time
from skeleton.importexport.sheets import open_sheet
with open_sheet(sys.stdin.buffer.read()) as found:
    next(found.rows)
    print(flush=True)
    time.sleep(60)
"""


def test_it_dies_with_its_parent(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
    command = [sys.executable, "-c", HOLDER]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes) as holder:
        stdin, stdout = present(holder.stdin), present(holder.stdout)
        stdin.write(LONG)
        stdin.close()
        stdout.readline()
        (reader,) = readers_of(holder.pid)
        holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + SOON
    while Path(f"/proc/{reader}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
