"""Runs Typst, in this process or as a separate program. It depends neither on Django nor on the settings.

Typst caches its work for the last ten documents. For a small document, these are a few megabytes that make the next one
cheap; for one with hundreds of lines, sixty megabytes that are never used. So `kernel.pdf` renders large documents with
`python typesetting.py`, which frees the memory when it exits: JSON on standard input, the PDF on standard output.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import typst

PDF_STANDARD: list[Any] = ["a-3a"]
"""PDF/A-3a: embedded fonts, accessible and searchable text, suitable for long-term archiving (ISO 19005-3)."""


_NOT_IN_PDF_A = ("could not be displayed", "disallowed codepoint")
"""What Typst says about a text that PDF/A doesn't allow."""


def compile_pdf(*, template: str, data: str, moment: int, fonts: list[str], picture: str | None = None) -> bytes:
    """Render a template with a JSON text to PDF. `moment` (Unix time) is its creation time.

    `picture` is a PNG or JPEG as a JSON list of its bytes, which the template finds in `sys.inputs.picture`.

    PDF/A doesn't allow characters that no font has, nor some invisible ones. A text with such characters becomes an
    ordinary PDF, with boxes.
    """
    inputs = {"data": data} if picture is None else {"data": data, "picture": picture}
    try:
        return _compile(template, inputs, moment, tuple(fonts), PDF_STANDARD)
    except typst.TypstError as error:
        if not any(reason in error.message for reason in _NOT_IN_PDF_A):
            raise
    return _compile(template, inputs, moment, tuple(fonts), [])


def _compile(template: str, inputs: dict[str, str], moment: int, fonts: tuple[str, ...], standards: list[Any]) -> bytes:
    return typst.compile(
        template,
        root=str(Path(template).parent),
        font_paths=_fonts(fonts),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        format="pdf",
        pdf_standards=standards,
        timestamp=moment,
    )


@cache
def _fonts(folders: tuple[str, ...]) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


def main() -> None:
    """Render a document from standard input to standard output."""
    sys.stdout.buffer.write(compile_pdf(**json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
