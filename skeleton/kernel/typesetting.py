"""Typst at work, in this process or as a small program of its own. It knows neither Django nor our settings.

Typst remembers what it did for the last ten documents. Of a small one that is a few megabytes, and makes the next one
cheap; of one with hundreds of lines it is sixty megabytes, for nothing. So the caller (`kernel.pdf`) has large ones set
by `python typesetting.py`, whose memory goes with it: a job as JSON on standard input, the PDF on standard output.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import typst

ARCHIVAL: list[Any] = ["a-3a"]
"""PDF/A-3a: all fonts inside, text that can be read aloud and searched, fit to be kept for decades (ISO 19005-3)."""


def typeset(*, template: str, data: str, moment: int, fonts: list[str]) -> bytes:
    """The PDF of a template and the JSON text that it parses; `moment` (Unix time) is what it says of its making.

    PDF/A has no room for characters that no font has: a text with such becomes an ordinary PDF, a box for each of them.
    """
    try:
        return _compile(template, data, moment, tuple(fonts), ARCHIVAL)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
    return _compile(template, data, moment, tuple(fonts), [])


def _compile(template: str, data: str, moment: int, fonts: tuple[str, ...], standards: list[Any]) -> bytes:
    return typst.compile(
        template,
        root=str(Path(template).parent),
        font_paths=_fonts(fonts),
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        format="pdf",
        pdf_standards=standards,
        timestamp=moment,
    )


@cache
def _fonts(folders: tuple[str, ...]) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


def main() -> None:
    """One document, asked for on standard input."""
    sys.stdout.buffer.write(typeset(**json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
