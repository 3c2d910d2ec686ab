"""Streams tables for spreadsheets: CSV, and XLSX with one sheet.

A text never becomes a formula. In CSV an apostrophe protects every place where a spreadsheet could take the text for
one, whichever separator it splits the file by (`unescape_formulas` removes the apostrophes again). In XLSX a text is a
cell of text. Numbers stay numbers.
"""

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, override

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMULA = "=+-@＝＋－＠"
"""Characters that start a formula, in half and full width."""

_APOSTROPHE = "'"
_SEPARATORS = ';|\t\r\n"'
_BLANKS = r"\s'\x00-\x1f\u00ad\u200b-\u200f\u2060\ufeff"
_START = re.compile(rf'^[{_BLANKS};|"]*|[;|\t\r\n"][{_BLANKS};|"]*')
"""Where a cell may begin: at the start of the text, and after what another program may split the file by.

A comma needs no protection: a text with a comma is quoted, and programs that split by commas respect quotes.
"""
_SUSPECT = re.compile(rf"""[{_BLANKS};|"]*[{re.escape(FORMULA)}\t\r]|[^;|\t\r\n"]*[;|\t\r\n"]""")
"""Matches the texts that need a closer look. Most don't match."""
_MARKS = frozenset(FORMULA)
_LEADING = re.compile(r"'*[\t\r]")  # characters that some programs skip at the start of a cell
_MARKED_DIGITS = re.compile(r"'+[0-9][0-9 .,/-]*")
_MARKED = re.compile(rf"([{_SEPARATORS}]){_APOSTROPHE}")
_TO_QUOTE = re.compile(r'[,;|\t\r\n"]|^\s|\s$')

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How a CSV is written: what separates its cells, and the decimal mark of its numbers."""

    separator: str = ","
    decimal: str = "."


PLAIN = CsvDialect()


def escape_formulas(text: str | None) -> str:
    """Return `text` with an apostrophe wherever a cell could start in it and be a formula.

    Digits after an apostrophe get another one, since people write `'007` for the text `007`.
    """
    return _APOSTROPHE + text if text and _MARKED_DIGITS.fullmatch(text) else _at_formulas(text or "", _protected)


def unescape_formulas(text: str) -> str:
    """Return the original text of `escape_formulas`."""
    return text[1:] if _MARKED_DIGITS.fullmatch(text) else _at_formulas(text, _unprotected)


def _at_formulas(text: str, change: Callable[[str, bool], str]) -> str:
    """Apply `change` to everything between the start of a cell and the start of a formula in `text`.

    `change` receives that part, and whether it is at the start of the text.
    """
    if not _SUSPECT.match(text):
        return text

    def changed(found: re.Match[str]) -> str:
        between, at_start = found.group(), found.start() == 0
        follows = text[found.end() : found.end() + 1]
        is_formula = follows in _MARKS or (at_start and _LEADING.match(between))
        return change(between, at_start) if is_formula else between

    return _START.sub(changed, text)


def _protected(between: str, at_start: bool) -> str:
    marked = "".join(char + _APOSTROPHE if char in _SEPARATORS else char for char in between)
    return _APOSTROPHE + marked if at_start else marked


def _unprotected(between: str, at_start: bool) -> str:
    plain = _MARKED.sub(r"\1", between)
    return plain.removeprefix(_APOSTROPHE) if at_start else plain


def csv_lines(rows: Iterable[Row], dialect: CsvDialect = PLAIN) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180), with texts protected from becoming formulas."""
    cell = partial(_csv_cell, decimal=dialect.decimal)
    for row in rows:
        yield dialect.separator.join(map(cell, row)) + "\r\n"


def _csv_cell(cell: object, decimal: str) -> str:
    if isinstance(cell, int | float | Decimal):
        return _number(cell).replace(".", decimal)  # without quotes: no separator is a decimal mark as well
    text = escape_formulas(cell) if isinstance(cell, str) else _number(cell)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def csv_response(name: str, rows: Iterable[Row], dialect: CsvDialect = PLAIN) -> StreamingHttpResponse:
    """Return a streamed download, `<name>.csv`. In another dialect than the plain one it is for spreadsheets."""
    lines = csv_lines(rows, dialect)
    return _download(f"{name}.csv", f"{CSV}; charset=utf-8", lines if dialect == PLAIN else _marked(lines))


def table_response(name: str, rows: Iterable[Row], *, xlsx: bool, dialect: CsvDialect = PLAIN) -> StreamingHttpResponse:
    """Return a table of texts, numbers, dates and empty cells as a download. The first row is the heading."""
    if xlsx:
        return _download(f"{name}.xlsx", XLSX, xlsx_chunks(rows))
    return _download(f"{name}.csv", f"{CSV}; charset=utf-8", _marked(csv_lines(_unmistakable(rows), dialect)))


def _download(filename: str, media: str, content: Iterable[object]) -> StreamingHttpResponse:
    disposition = content_disposition_header(True, filename) or "attachment"  # the name can be in any language
    content = _in_language(content, get_language())
    return StreamingHttpResponse(content, content_type=media, headers={"Content-Disposition": disposition})


def _in_language(content: Iterable[object], language: str | None) -> Iterator[object]:
    """Yield the content in the language of the request, which has ended when the content is written."""
    chunks = iter(content)
    while True:
        with override(language):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _unmistakable(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows with a further zero at each number of three decimals, which could be read as thousands."""
    for row in rows:
        yield [_with_zero(cell) if isinstance(cell, float | Decimal) else cell for cell in row]


def _with_zero(number: float | Decimal) -> float | Decimal:
    exact = Decimal(str(number))
    return exact.quantize(_FOUR_DECIMALS) if exact.as_tuple().exponent == -3 else number


def _marked(lines: Iterator[str]) -> Iterator[str]:
    """Prepend the byte order mark by which Excel recognizes UTF-8."""
    yield "\ufeff"
    yield from lines


def _number(cell: object) -> str:
    """Format a number without exponent, and a date as in ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime) and cell.tzinfo:
        return cell.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return f"{Decimal(str(cell)):f}" if isinstance(cell, int | float | Decimal) else str(cell)


# --- XLSX (ECMA-376): the least that every spreadsheet reads ----------------------------------------------------------

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = _RELATIONS.format(f'<Relationship Id="rId1" Type="{_TYPE}/officeDocument" Target="xl/workbook.xml"/>')
_PARTS = _RELATIONS.format(
    f'<Relationship Id="rId1" Type="{_TYPE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_TYPE}/styles" Target="styles.xml"/>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_WORKBOOK = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook {_MAIN} xmlns:r="{_TYPE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_STYLES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet {_MAIN}>'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="#,##0.000"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.0000"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="9"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/>'
    + "".join(f'<xf xfId="0" numFmtId="{number}" applyNumberFormat="1"/>' for number in (14, 22, 21, 3, 4, 164, 165))
    + '</cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet {_MAIN}><sheetViews>'
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '</sheetView></sheetViews><sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/><sheetData>'
)
_END = "</sheetData></worksheet>"

_BOLD = ' s="1"'
_DAY, _MOMENT, _TIME = ' s="2"', ' s="3"', ' s="4"'
_AMOUNTS = {0: ' s="5"', -2: ' s="6"', -3: ' s="7"', -4: ' s="8"'}
"""Styles of amounts with groups of three digits, by the exponent of the number."""
_EPOCH = dt.datetime(1899, 12, 30)
_FIRST_DAY = dt.date(1900, 3, 1)
"""The first day whose number is the same in all spreadsheets. Days before it are written as texts."""
_FOUR_DECIMALS = Decimal("0.0001")
_MAX_CELL_LENGTH = 32_767  # maximum characters per cell
_SAFE_DIGITS = 15  # of a number, before spreadsheets round it
_CHUNK_SIZE = 65_536  # characters of XML per compressed chunk
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the timestamp of the archive's members


class _StreamBuffer:
    """An in-memory file that is written and drained repeatedly, to stream an archive."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing, because nothing is buffered."""

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """Do nothing, because there is nothing to close."""

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def xlsx_chunks(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a workbook with one sheet in chunks. Its first row is bold and frozen."""
    buffer: Any = _StreamBuffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _PACKAGE),
            ("xl/workbook.xml", _WORKBOOK),
            ("xl/_rels/workbook.xml.rels", _PARTS),
            ("xl/styles.xml", _STYLES),
        ):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), text)
        with archive.open(zipfile.ZipInfo("xl/worksheets/sheet1.xml", _ZIP_DATE), "w", force_zip64=True) as sheet:
            for text in _in_chunks(_sheet(rows)):
                sheet.write(text.encode())
                yield buffer.take()
    yield buffer.take()


def _sheet(rows: Iterable[Row]) -> Iterator[str]:
    yield _SHEET
    for n, row in enumerate(rows):
        style = _BOLD if n == 0 else ""
        yield "<row>" + "".join(_cell(cell, style) for cell in row) + "</row>"
    yield _END


def _in_chunks(texts: Iterable[str]) -> Iterator[str]:
    buffered, size = [], 0
    for text in texts:
        buffered.append(text)
        size += len(text)
        if size >= _CHUNK_SIZE:
            yield "".join(buffered)
            buffered, size = [], 0
    yield "".join(buffered)


def _cell(value: object, style: str) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"{style}><v>{int(value)}</v></c>'
    if isinstance(value, dt.date | dt.time):
        return _day_cell(value)
    if isinstance(value, int | float | Decimal):
        text = _number(value)
        if len(text.strip("-").replace(".", "")) <= _SAFE_DIGITS:
            amount = _AMOUNTS.get(int(value.as_tuple().exponent), "") if isinstance(value, Decimal) else ""
            return f"<c{style or amount}><v>{text}</v></c>"
        value = text  # text keeps all digits
    return _text_cell(str(value), style)


def _day_cell(value: dt.date | dt.time) -> str:
    """Return a cell with a day, a moment in the local time zone, or a time of day, which spreadsheets count in days."""
    if isinstance(value, dt.time):
        return f"<c{_TIME}><v>{_days(dt.datetime.combine(_EPOCH, value.replace(tzinfo=None)))}</v></c>"
    if isinstance(value, dt.datetime):
        local = (timezone.localtime(value) if value.tzinfo else value).replace(tzinfo=None)
        return (
            f"<c{_MOMENT}><v>{_days(local)}</v></c>" if local.date() >= _FIRST_DAY else _text_cell(_number(value), "")
        )
    moment = dt.datetime.combine(value, dt.time())
    return f"<c{_DAY}><v>{_days(moment)}</v></c>" if value >= _FIRST_DAY else _text_cell(_number(value), "")


def _days(moment: dt.datetime) -> str:
    """Return the days since the epoch of spreadsheets, to the second."""
    passed = moment - _EPOCH
    return f"{passed.days + round(passed.seconds / 86_400, 8):.8f}".rstrip("0").rstrip(".")


def _text_cell(text: str, style: str) -> str:
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{_xml(text[:_MAX_CELL_LENGTH])}</t></is></c>'


_FORBIDDEN = {code: f"_x{code:04X}_" for code in range(32) if code not in (9, 10)}
"""Characters that XML doesn't allow, escaped as in ECMA-376 (22.4.2.4)."""
_FORBIDDEN |= {0xFFFE: "_xFFFE_", 0xFFFF: "_xFFFF_"}


def _xml(text: str) -> str:
    return escape(text.replace("_x", "_x005F_x").translate(_FORBIDDEN))
