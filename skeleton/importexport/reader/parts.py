"""Parsers for the XML parts of a workbook (ECMA-376, transitional and strict), each read once with expat."""

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import ClassVar
from xml.parsers import expat

from skeleton.importexport.reader.archives import Archive, Budget
from skeleton.importexport.reader.errors import InvalidFile, gettext_noop
from skeleton.importexport.reader.formats import builtin_format, is_date_format

_OUT_OF_MEMORY = 1  # XML_ERROR_NO_MEMORY
_MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_PACKAGE = ("http://schemas.openxmlformats.org/package/2006/relationships",)
_RELATIONSHIP = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_DATE_IDS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""The built-in number formats of dates and times."""
_DURATION = 46


class PartParser:
    """Base class of the parsers. A subclass lists the elements it handles, and gets them by their local names."""

    NAMESPACES: ClassVar[tuple[str, ...]] = _MAIN
    TAGS: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._local = {f"{space} {tag}": tag for space in self.NAMESPACES for tag in self.TAGS}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text, self._parser.buffer_size = True, 65_536
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._on_text
        self._parser.XmlDeclHandler = _check_declaration
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._text: list[str] | None = None  # pieces of the text being collected, if any

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element in TAGS."""

    def end(self, tag: str) -> None:
        """Handle the end of an element in TAGS."""

    def parse(self, piece: bytes, *, final: bool = False) -> None:
        """Parse the next piece. Raises InvalidFile."""
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            if error.code == _OUT_OF_MEMORY:
                raise MemoryError from error
            raise unreadable() from error

    def parse_all(self, archive: Archive, name: str, budget: Budget) -> None:
        for piece in archive.pieces(name):
            budget.spend(len(piece))
            self.parse(piece)
        self.parse(b"", final=True)

    def pop_text(self) -> str:
        """Return the text collected since `_text` was set to a list, and stop collecting."""
        text, self._text = "".join(self._text or ()), None
        return text

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._local.get(name)
        if tag is not None:
            self.start(tag, attributes)

    def _ended(self, name: str) -> None:
        tag = self._local.get(name)
        if tag is not None:
            self.end(tag)

    def _on_text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


class Relationships(PartParser):
    """The relationships of a part: the paths (`targets`) and types (`kinds`, such as "worksheet") by id."""

    NAMESPACES = _PACKAGE
    TAGS = ("Relationship",)

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.targets: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    @classmethod
    def of(cls, archive: Archive, part: str, budget: Budget) -> "Relationships":
        """Return the relationships of a part, or of the whole package for "". Raises InvalidFile."""
        found = cls(dirname(part))
        found.parse_all(archive, join(dirname(part), "_rels", f"{part.rpartition('/')[2]}.rels"), budget)
        return found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") != "External":
            known = attributes.get("Id", "")
            self.targets[known] = normpath(join("/", self._folder, attributes.get("Target", ""))).lstrip("/")
            self.kinds[known] = attributes.get("Type", "").rpartition("/")[2]

    def first(self, kind: str) -> str | None:
        """Return the path of the first part of a type, or None."""
        return next((self.targets[known] for known, found in self.kinds.items() if found == kind), None)


class Workbook(PartParser):
    """The relationship ids of the sheets in order, and whether dates count from 1904."""

    TAGS = ("workbookPr", "sheet")

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.since_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            self.sheets.append(next((attributes[name] for name in _RELATIONSHIP if name in attributes), ""))
        else:
            self.since_1904 = attributes.get("date1904") in ("1", "true")


class Styles(PartParser):
    """Whether each cell style formats numbers as dates: `dates`, by style index."""

    TAGS = ("numFmts", "numFmt", "cellXfs", "xf")

    def __init__(self) -> None:
        super().__init__()
        self._inside: set[str] = set()  # "xf" and "numFmt" also occur elsewhere, with another meaning
        self._own: dict[str, str] = {}
        self.dates: list[bool] = []
        self.formats: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt" and "numFmts" in self._inside:
            self._own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and "cellXfs" in self._inside:
            known = attributes.get("numFmtId", "0")
            number = int(known) if known.isdecimal() and len(known) < 4 else 0
            code = self._own.get(known)
            self.dates.append(number in _DATE_IDS and number != _DURATION if code is None else is_date_format(code))
            self.formats.append(builtin_format(number) if code is None else code)
        elif tag in ("numFmts", "cellXfs"):
            self._inside.add(tag)

    def end(self, tag: str) -> None:
        self._inside.discard(tag)


class SharedStrings(PartParser):
    """The shared strings, by index."""

    TAGS = ("si", "t", "rPh")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "t" and not self._phonetic:
            self._text = []
        elif tag == "rPh":
            self._phonetic = True

    def end(self, tag: str) -> None:
        if tag == "t" and self._text is not None:
            self._parts.append(self.pop_text())
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "si":
            self.texts.append(unescaped("".join(self._parts)))
            self._parts = []


def unescaped(text: str) -> str:
    """Return the text with escapes such as `_x000D_` replaced by their characters."""
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


def unreadable() -> InvalidFile:
    return InvalidFile(gettext_noop("The file is not a workbook that can be read. Save it again as XLSX, or as CSV."))


def _check_declaration(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "utf-16"):  # the only ones in ECMA-376
        raise unreadable()


def _refuse_doctype(*_: object) -> None:
    raise InvalidFile(
        gettext_noop("The workbook declares XML entities, which XLSX does not allow. Save it again as XLSX.")
    )


def sheets_of(relations: Relationships, workbook: Workbook) -> Iterator[str]:
    """Return the paths of the worksheets in order. (Other sheets, such as charts, are skipped.)"""
    return (relations.targets[known] for known in workbook.sheets if relations.kinds.get(known) == "worksheet")
