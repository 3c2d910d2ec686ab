"""The backup file: a ZIP archive with a manifest, the database, and the files on local disk.

It gets its final name only when it is complete. If it is truncated later it is no longer a ZIP archive, because the
table of contents is at the end. The checksums of its entries reveal modifications.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from skeleton.backups.errors import BackupError

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database.dump", "files/"
KEY = re.compile(r"\d{4}/\d\d/\d\d/[0-9a-f-]{36}")


@dataclass(slots=True)
class Manifest:
    """The contents of an archive. `rows` are row counts by table, `migrations` the applied migrations.

    `missing` lists the keys of files that have a row in the database but no contents, because they were deleted during
    the backup or lost before. `files` is None if the files are in a bucket and therefore not in the archive.
    """

    created_at: str
    postgres: int
    migrations: list[tuple[str, str]]
    rows: dict[str, int]
    files: int | None = None
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT


class Writer:
    """Writes the entries of an archive."""

    def __init__(self, parts: zipfile.ZipFile) -> None:
        self._parts = parts

    @contextmanager
    def database(self) -> Iterator[IO[bytes]]:
        with self._parts.open(DATABASE, "w", force_zip64=True) as part:
            yield part

    def add_file(self, key: str, path: Path) -> None:
        """Add a file. Raises FileNotFoundError."""
        self._parts.write(path, f"{FILES}{key}")

    def finish(self, manifest: Manifest) -> None:
        self._parts.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))


@contextmanager
def create_archive(target: Path) -> Iterator[Writer]:
    """Create a new archive, readable by its owner only. Raises BackupError if it exists or cannot be written."""
    if target.exists():
        raise BackupError(f"{target} already exists. Give another name.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            # stored without compression: the database dump is compressed, and so are most files
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as parts:
                yield Writer(parts)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    except FileExistsError as exc:
        raise BackupError(f"{partial} exists: a backup is running, or was aborted. Then remove it.") from exc
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror}.") from exc
    finally:
        if not target.exists():
            partial.unlink(missing_ok=True)


class Reader:
    """Reads an existing archive. `manifest` describes its contents."""

    def __init__(self, parts: zipfile.ZipFile) -> None:
        self._parts = parts
        self.manifest = _manifest(parts)

    def extract_database(self, target: Path) -> None:
        with self._parts.open(DATABASE) as part, target.open("xb") as file:
            shutil.copyfileobj(part, file, 1 << 20)

    def files(self) -> list[str]:
        """Return the keys of the files in the archive. Entries with other names are ignored."""
        names = (name.removeprefix(FILES) for name in self._parts.namelist() if name.startswith(FILES))
        return sorted(name for name in names if KEY.fullmatch(name))

    @contextmanager
    def file(self, key: str) -> Iterator[IO[bytes]]:
        with self._parts.open(f"{FILES}{key}") as part:
            yield part


@contextmanager
def open_archive(source: Path) -> Iterator[Reader]:
    """Open an archive for reading. Raises BackupError if it is not a complete backup."""
    try:
        with zipfile.ZipFile(source) as parts:
            yield Reader(parts)
    except FileNotFoundError as exc:
        raise BackupError(f"There is no {source}.") from exc
    except (zipfile.BadZipFile, KeyError, EOFError) as exc:
        raise BackupError(f"{source} is not a complete backup: {exc}.") from exc


def _manifest(parts: zipfile.ZipFile) -> Manifest:
    """Return the manifest. Raises BackupError for a newer format, KeyError if there is no manifest."""
    read: Mapping[str, Any] = json.loads(parts.read(MANIFEST))
    if read.get("format") != FORMAT:
        raise BackupError("The backup was made by a newer version of Skeleton. Restore it with that version.")
    fields = {**read, "migrations": [(app, name) for app, name in read["migrations"]]}
    return Manifest(**fields)
