"""PDF documents, rendered by Typst from a template and data.

The data is passed as a JSON text that the template parses, so user input is never markup or code: a customer called
`#{panic()}` is printed as such. A template can only read its own folder, fonts come from packages (and from
`SKELETON_FONTS`), and the network is never used.

The same data, moment and version of this program yield the same bytes.
"""

import datetime as dt
import struct
import subprocess
import sys
from collections.abc import Mapping
from math import prod
from pathlib import Path

import fontpkg_noto_sans
import fontpkg_rubik
import orjson
import typst
from django.conf import settings

from skeleton.kernel import fonts, typst_compiler
from skeleton.kernel.types import Values

LARGE_DOCUMENT_BYTES = 12_000
"""Bytes of data (about forty invoice lines) from which a document is rendered in a process of its own."""

TIMEOUT_SECONDS = 60  # seconds

MAX_PIXELS = 8_000_000
"""The largest PNG that is accepted. A small file can hold a huge picture, which needs four bytes of memory a pixel."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE_TEMPLATE = Path(__file__).with_name("picture.typ")


def render(template: Path, data: Mapping[str, object], *, moment: dt.datetime, picture: bytes | None = None) -> bytes:
    """Render `template` with `data` to PDF. `moment` is its creation time. See `typst_compiler.compile_pdf`.

    `picture` is a PNG or JPEG that the template shows, such as a logo.
    """
    job: Values = {
        "template": str(template),
        "data": orjson.dumps(data).decode(),
        "moment": int(moment.timestamp()),
        "fonts": _font_folders(),
        "picture": orjson.dumps(list(picture)).decode() if picture is not None else None,
    }
    return _render_in_subprocess(job) if len(job["data"]) > LARGE_DOCUMENT_BYTES else typst_compiler.compile_pdf(**job)


def is_picture(content: bytes) -> bool:
    """Return whether `render` can show a PNG or JPEG: it is intact and not larger than MAX_PIXELS."""
    if content.startswith(PNG_SIGNATURE) and prod(struct.unpack_from(">II", content.ljust(24), 16)) > MAX_PIXELS:
        return False
    try:
        render(PICTURE_TEMPLATE, {}, moment=dt.datetime.fromtimestamp(0, dt.UTC), picture=content)
    except typst.TypstError:
        return False
    return True


def _render_in_subprocess(job: Values) -> bytes:
    command = [sys.executable, "-I", typst_compiler.__file__]
    done = subprocess.run(command, input=orjson.dumps(job), capture_output=True, timeout=TIMEOUT_SECONDS, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the document could not be set: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def missing_characters(text: str) -> list[str]:
    """Return the characters of `text` that a document could only show as boxes, each once."""
    return fonts.missing_characters(text, _font_folders())


def added_fonts() -> Path:
    """Return the folder of the fonts that `manage.py add_fonts` has added. It need not exist."""
    return Path(settings.SKELETON_DATA_DIR) / "fonts"


def _font_folders() -> list[str]:
    """Return the folders of Noto Sans (Latin, Cyrillic, Greek …), Rubik (Hebrew, Arabic), set and added fonts."""
    folders = [str(package.ROOT / "files") for package in (fontpkg_noto_sans, fontpkg_rubik)]
    configured = [settings.SKELETON_FONTS] if settings.SKELETON_FONTS else []
    added = [str(added_fonts())] if added_fonts().is_dir() else []
    return [*folders, *configured, *added]
