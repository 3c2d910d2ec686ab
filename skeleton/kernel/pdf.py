"""PDF documents, rendered by Typst from a template and data.

The data is passed as a JSON text that the template parses, so user input is never markup or code: a customer called
`#{panic()}` is printed as such. A template can only read its own folder, fonts come from packages (and from
`SKELETON_FONTS`), and the network is never used.

The same data, moment and version of this program yield the same bytes.
"""

import datetime as dt
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import fontpkg_noto_sans
import fontpkg_rubik
import orjson
from django.conf import settings

from skeleton.kernel import typst_compiler
from skeleton.kernel.types import Values

LARGE_DOCUMENT_BYTES = 12_000
"""Bytes of data (about forty invoice lines) from which a document is rendered in a process of its own."""

TIMEOUT_SECONDS = 60  # seconds


def render(template: Path, data: Mapping[str, object], *, moment: dt.datetime) -> bytes:
    """Render `template` with `data` to PDF. `moment` is its creation time. See `typst_compiler.compile_pdf`."""
    job: Values = {
        "template": str(template),
        "data": orjson.dumps(data).decode(),
        "moment": int(moment.timestamp()),
        "fonts": _font_folders(),
    }
    return _render_in_subprocess(job) if len(job["data"]) > LARGE_DOCUMENT_BYTES else typst_compiler.compile_pdf(**job)


def _render_in_subprocess(job: Values) -> bytes:
    command = [sys.executable, "-I", typst_compiler.__file__]
    done = subprocess.run(command, input=orjson.dumps(job), capture_output=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the document could not be set: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


@cache
def _font_folders() -> list[str]:
    """Return the font folders: Noto Sans (Latin, Cyrillic, Greek …), Rubik (Hebrew, Arabic), and configured ones."""
    folders = [str(package.ROOT / "files") for package in (fontpkg_noto_sans, fontpkg_rubik)]
    return [*folders, settings.SKELETON_FONTS] if settings.SKELETON_FONTS else folders
