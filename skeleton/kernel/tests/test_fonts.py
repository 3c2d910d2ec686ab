"""The characters of fonts: those that `missing_characters` names are exactly those that Typst can't display."""

import struct

import fontpkg_noto_sans
import fontpkg_rubik
import pytest
import typst

from skeleton.kernel.fonts import code_points, missing_characters

FOLDERS = [str(package.ROOT / "files") for package in (fontpkg_noto_sans, fontpkg_rubik)]

SHOWN = [
    "Żółć Київ Ґанок ёж",
    "שלום مرحبا",
    "e\u0301 и\u0306",
    "a\u200db\u00ad\ufe0f",
    "1 234,50 €",
    "\u3164\u115f",
    "Tab\tand\nline",
    "Việt Nam",
]
MISSING = {
    "王小明": "王小明",
    "김치": "김치",
    "Ada 🎉 & Bob 🎉": "🎉",
    "กรุงเทพ": "กรุงเทพ",
    "日本語 Ltd": "日本語",
    "a\u0001b": "\u0001",
    "नमस्ते": None,
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_shown(text, tmp_path):
    assert missing_characters(text, FOLDERS) == []
    assert is_displayed(text, tmp_path)


@pytest.mark.parametrize("text, expected", MISSING.items())
def test_what_is_missing_is_named_once(text, expected, tmp_path):
    found = missing_characters(text, FOLDERS)
    if expected is not None:
        assert found == list(dict.fromkeys(expected))
    assert is_displayed(text, tmp_path) == (not found)


def is_displayed(text, tmp_path):
    """Return whether Typst sets the text as PDF/A, which refuses boxes."""
    template = tmp_path / "text.typ"
    template.write_text('#set document(title: "x")\n#set text(font: ("Noto Sans", "Rubik"))\n#sys.inputs.text')
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=FOLDERS)
    try:
        typst.compile(str(template), font_paths=fonts, sys_inputs={"text": text}, format="pdf", pdf_standards=["a-3a"])
    except typst.TypstError:
        return False
    return True


def character_map(*subtables):
    """Return a font with only a character map."""
    records, body = b"", b""
    for platform, encoding, content in subtables:
        records += struct.pack(">HHI", platform, encoding, 4 + 8 * len(subtables) + len(body))
        body += content
    table = struct.pack(">HH", 0, len(subtables)) + records + body
    return struct.pack(">IHHHH", 0x10000, 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, len(table)) + table


def segments(*triples):
    """Return a subtable of format 4 with segments of (first, last, delta)."""
    rows = [*triples, (0xFFFF, 0xFFFF, 1)]
    columns = [[row[1] for row in rows], [0], [row[0] for row in rows], [row[2] for row in rows], [0] * len(rows)]
    numbers = [number for column in columns for number in column]
    return struct.pack(f">{7 + len(numbers)}H", 4, 0, 0, 2 * len(rows), 0, 0, 0, *numbers)


def groups(*triples):
    return struct.pack(">HHIII", 12, 0, 0, 0, len(triples)) + b"".join(struct.pack(">III", *one) for one in triples)


def test_both_formats_and_collections(tmp_path):
    basic = (3, 1, segments((65, 70, (1 - 65) & 0xFFFF), (80, 82, (-80) & 0xFFFF)))
    path = tmp_path / "one.ttf"
    path.write_bytes(character_map(basic, (3, 10, groups((0x20000, 0x20002, 0), (0x1F389, 0x1F389, 9)))))
    expected = {*range(65, 71), 81, 82, 0x20001, 0x20002, 0x1F389}
    assert set(code_points(path)) == expected, "without those that map to no glyph"
    font = character_map((0, 3, segments((97, 98, 1))))
    moved = font[:20] + struct.pack(">I", 28 + 16) + font[24:]
    path.write_bytes(b"ttcf" + struct.pack(">III", 0x10000, 1, 16) + moved)
    assert set(code_points(path)) == {97, 98}
