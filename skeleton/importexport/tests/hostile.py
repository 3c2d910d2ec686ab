"""Hand-written workbooks that no spreadsheet program would save."""

import io
import zipfile
from collections.abc import Iterable
from typing import Any

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(**targets: str) -> str:
    """Return a relationships part with types and targets."""
    each = (f'<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{path}"/>' for kind, path in targets.items())
    return f'<Relationships xmlns="{PACKAGE}">{"".join(each)}</Relationships>'


PARTS: dict[str, Any] = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "_rels/.rels": relations(officeDocument="xl/workbook.xml"),
    "xl/workbook.xml": (
        f'<workbook {MAIN} xmlns:r="{OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="worksheet"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": relations(
        worksheet="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml", styles="styles.xml"
    ),
    "xl/sharedStrings.xml": f"<sst {MAIN}/>",
    "xl/styles.xml": f"<styleSheet {MAIN}/>",
}
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"


def text(value: object) -> str:
    """Return a cell with an inline string."""
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: object, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


HEADING = row(1, text("name"), text("email"))
ACME = row(2, text("Acme"), text("acme@example.com"))


def sheet(rows: str) -> str:
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def book(rows: str = HEADING + ACME, **instead: Any) -> bytes:
    """Return a workbook with one sheet. Keywords replace its parts by file name; None omits one."""
    parts = {**PARTS, SHEET: sheet(rows)}
    for path in parts:
        name = path.rpartition("/")[2].partition(".")[0]
        if name in instead:
            parts[path] = instead[name]
    return archive((path, content) for path, content in parts.items() if content is not None)


def archive(parts: Iterable[tuple[str, Any]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive. The content of a part is text, bytes, or an iterable of bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as made:
        for name, content in parts:
            with made.open(name, "w", force_zip64=True) as part:
                whole = content.encode() if isinstance(content, str) else content
                part.writelines([whole] if isinstance(whole, bytes) else whole)
    return buffer.getvalue()


def repeated(start: str, each: str, times: int, end: str) -> Iterable[bytes]:
    """Yield a large part without holding all of it in memory."""
    step = 10_000
    yield start.encode()
    for _ in range(times // step):
        yield each.encode() * step
    yield end.encode()


def parts_of(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return [(info.filename, made.read(info)) for info in made.infolist()]
