"""The file of a backup: a ZIP archive of a manifest, the database, and the files that lie on local disk.

It appears under its name when it is whole. What was cut off later is no ZIP archive any more, since that ends with its
table of contents; what was changed inside is told by the checksums of its parts.
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
    """What is in the archive. `rows` are those of each table, `migrations` what the database had of each app.

    `missing` are keys of files whose rows are in the database and whose bytes were not found: deleted while the backup
    was taken, or lost before. `files` is None where they lie in a bucket, and so are not in the archive.
    """

    created_at: str
    postgres: int
    migrations: list[tuple[str, str]]
    rows: dict[str, int]
    files: int | None = None
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT


class Writer:
    """An archive that is being written."""

    def __init__(self, parts: zipfile.ZipFile) -> None:
        self._parts = parts

    @contextmanager
    def database(self) -> Iterator[IO[bytes]]:
        with self._parts.open(DATABASE, "w", force_zip64=True) as part:
            yield part

    def add_file(self, key: str, path: Path) -> None:
        """Raises FileNotFoundError."""
        self._parts.write(path, f"{FILES}{key}")

    def finish(self, manifest: Manifest) -> None:
        self._parts.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """A new archive, for its owner's eyes only. Raises BackupError where `target` is there already."""
    if target.exists():
        raise BackupError(f"{target} is there already: give another name.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            # the database is compressed by itself, and most files are
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as parts:
                yield Writer(parts)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    except FileExistsError as exc:
        raise BackupError(f"{partial} is there: another backup runs, or one was cut off. Remove it.") from exc
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror}.") from exc
    finally:
        if not target.exists():
            partial.unlink(missing_ok=True)


class Reader:
    """An archive that is there. `manifest` says what is in it."""

    def __init__(self, parts: zipfile.ZipFile) -> None:
        self._parts = parts
        self.manifest = _manifest(parts)

    def extract_database(self, target: Path) -> None:
        with self._parts.open(DATABASE) as part, target.open("xb") as file:
            shutil.copyfileobj(part, file, 1 << 20)

    def files(self) -> list[str]:
        """The keys of the files in it; whatever else stands there is not ours."""
        names = (name.removeprefix(FILES) for name in self._parts.namelist() if name.startswith(FILES))
        return sorted(name for name in names if KEY.fullmatch(name))

    @contextmanager
    def file(self, key: str) -> Iterator[IO[bytes]]:
        with self._parts.open(f"{FILES}{key}") as part:
            yield part


@contextmanager
def reading(source: Path) -> Iterator[Reader]:
    """Raises BackupError where it is no whole backup of ours."""
    try:
        with zipfile.ZipFile(source) as parts:
            yield Reader(parts)
    except FileNotFoundError as exc:
        raise BackupError(f"There is no {source}.") from exc
    except (zipfile.BadZipFile, KeyError, EOFError) as exc:
        raise BackupError(f"{source} is not a whole backup: {exc}.") from exc


def _manifest(parts: zipfile.ZipFile) -> Manifest:
    """Raises BackupError, or KeyError where there is none."""
    read: Mapping[str, Any] = json.loads(parts.read(MANIFEST))
    if read.get("format") != FORMAT:
        raise BackupError("The backup was made by a newer Skeleton: restore it with that one.")
    fields = {**read, "migrations": [(app, name) for app, name in read["migrations"]]}
    return Manifest(**fields)
