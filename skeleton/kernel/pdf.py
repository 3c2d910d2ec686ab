"""Documents as PDF, set by Typst from a template and from data.

The data goes in as one JSON text that the template parses: no text of anybody's is ever markup or code, so a customer
called `#{panic()}` is printed as just that. A template sees its own folder and nothing else, fonts come from packages
(and from `SKELETON_FONTS`), and nothing is asked of the network.

The same data, moment and version of this program give the same bytes.
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

from skeleton.kernel import typesetting
from skeleton.kernel.types import Values

LARGE = 12_000
"""Bytes of data (some forty lines of an invoice) from which a document is set by a process of its own."""

PATIENCE = 60  # seconds


def render(template: Path, data: Mapping[str, object], *, moment: dt.datetime) -> bytes:
    """The PDF that `template` makes of `data`; `moment` is what it says of its making. See `typesetting.typeset`."""
    job: Values = {
        "template": str(template),
        "data": orjson.dumps(data).decode(),
        "moment": int(moment.timestamp()),
        "fonts": _font_folders(),
    }
    return _set_elsewhere(job) if len(job["data"]) > LARGE else typesetting.typeset(**job)


def _set_elsewhere(job: Values) -> bytes:
    command = [sys.executable, "-I", typesetting.__file__]
    done = subprocess.run(command, input=orjson.dumps(job), capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the document could not be set: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


@cache
def _font_folders() -> list[str]:
    """Noto Sans for Latin, Cyrillic, Greek and more, Rubik for Hebrew and Arabic, and what the installation adds."""
    folders = [str(package.ROOT / "files") for package in (fontpkg_noto_sans, fontpkg_rubik)]
    return [*folders, settings.SKELETON_FONTS] if settings.SKELETON_FONTS else folders
