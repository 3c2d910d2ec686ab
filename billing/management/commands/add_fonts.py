"""Adds fonts for documents, such as Noto Sans CJK."""

import shutil
import struct
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from skeleton.kernel.fonts import FONT_FILES, code_points
from skeleton.kernel.pdf import added_fonts


class Command(BaseCommand):
    help = "Add fonts for documents: TrueType or OpenType files, or folders of them. Restart the server afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE", help="A font file, or a folder of font files.")

    def handle(self, *args: Any, paths: list[str], **options: Any) -> None:
        found = {path: _count(path) for given in paths for path in _font_files(Path(given))}
        folder = added_fonts()
        folder.mkdir(parents=True, exist_ok=True)
        for path, count in found.items():
            shutil.copyfile(path, folder / path.name)
            self.stdout.write(f"{folder / path.name}: {count} characters")


def _font_files(path: Path) -> Iterator[Path]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    fonts = [file for file in files if file.suffix.lower() in FONT_FILES and file.is_file()]
    if not fonts:
        raise CommandError(f"{path} is not a font file, nor a folder with font files ({', '.join(FONT_FILES)}).")
    yield from fonts


def _count(path: Path) -> int:
    try:
        count = len(set(code_points(path)))
    except struct.error:
        count = 0
    if not count:
        raise CommandError(f"{path} is not a font that can be read: it has no characters.")
    return count
