"""Creating and restoring backups.

A backup is a consistent snapshot of the database, taken without interrupting work, and the files that its rows refer
to. A file's contents are stored before its row, so every row in the snapshot had its contents. Only files deleted
during the backup can be missing; the manifest lists them.

A restore is one transaction: it succeeds completely or leaves the database unchanged. The dump contains the triggers
that refuse changes, too, but after the data that they protect.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import File as Content
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from skeleton.backups import programs
from skeleton.backups.archive import Manifest, Reader, Writer, create_archive, open_archive
from skeleton.backups.errors import BackupError
from skeleton.events.log import begin_epoch
from skeleton.files import storage
from skeleton.files.models import File
from skeleton.kernel.transactions import read_snapshot

UNSAVED_TABLES = ("core_throttle",)
"""Tables whose rows are not backed up."""

RECREATE_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


def back_up(target: Path) -> Manifest:
    """Write a backup to `target`, and return its manifest. Raises BackupError."""
    with create_archive(target) as archive, read_snapshot():
        manifest = _describe()
        with archive.database() as part:
            programs.dump(part, snapshot=_scalar("SELECT pg_export_snapshot()"), exclude_data=UNSAVED_TABLES)
        _add_files(archive, manifest)
        archive.finish(manifest)
    return manifest


def _describe() -> Manifest:
    return Manifest(
        created_at=timezone.now().isoformat(),
        postgres=_postgres(),
        migrations=sorted(MigrationRecorder(connection).applied_migrations()),
        rows=_count_rows(),
    )


def _add_files(archive: Writer, manifest: Manifest) -> None:
    """Add the contents of every file on local disk."""
    if not isinstance(default_storage, FileSystemStorage):
        return
    manifest.files = 0
    for key in File.objects.order_by("storage_key").values_list("storage_key", flat=True).iterator():
        try:
            archive.add_file(key, Path(default_storage.path(key)))
            manifest.files += 1
        except FileNotFoundError:
            manifest.missing.append(key)


@dataclass(slots=True)
class Restored:
    """The result of a restore. `differences` lists what differs from the backup."""

    manifest: Manifest
    files: int = 0
    differences: list[str] = field(default_factory=list)


def restore(source: Path, *, force: bool = False) -> Restored:
    """Restore the backup `source`. With `force`, replace the contents of a database that is not empty.

    Files are restored first, as contents without a row only cost space. Raises BackupError; then the database is
    unchanged.
    """
    with open_archive(source) as archive, _extracted(archive) as dumped:
        _require_restorable(archive.manifest, force=force)
        restored = Restored(archive.manifest, files=_restore_files(archive))
        programs.load(dumped, before=RECREATE_SCHEMA)
        connection.close()  # its cached plans refer to the old tables
        restored.differences += _differences(archive.manifest.rows, _count_rows())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # a dump has no statistics, and query plans without them are slow
    call_command("migrate", interactive=False, verbosity=0)
    begin_epoch()  # readers have positions of events that this copy lacks
    restored.differences += _files_with_wrong_checksum(archive.manifest)
    return restored


@contextmanager
def _extracted(archive: Reader) -> Iterator[Path]:
    """Extract the dump to a temporary file. Reading all of it detects a damaged archive before anything is changed."""
    with TemporaryDirectory(prefix="skeleton-restore-") as folder:
        dumped = Path(folder) / "database.dump"
        archive.extract_database(dumped)
        yield dumped


def _require_restorable(manifest: Manifest, *, force: bool) -> None:
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"The backup was made by another version of Skeleton, which has {unknown[0]}. Restore it with that version."
        )
    if _postgres() < manifest.postgres:
        raise BackupError(f"The backup comes from PostgreSQL {manifest.postgres}; this server is {_postgres()}.")
    others = _scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    if others:
        raise BackupError(f"{others} other connections use the database. Stop the server and its workers first.")
    if connection.introspection.table_names() and not force:
        raise BackupError("The database is not empty. Use --force to replace its contents.")


def _restore_files(archive: Reader) -> int:
    """Store the archive's files unless they exist. Return how many were stored."""
    stored = 0
    for key in archive.files():
        if not storage.exists(key):
            with archive.file(key) as part:
                storage.save(key, Content(part, name=key))
            stored += 1
    return stored


def _differences(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    return [
        f"{table} has {found.get(table, 0)} rows, the backup {expected.get(table, 0)}"
        for table in sorted({*expected, *found})
        if expected.get(table) != found.get(table)
    ]


def _files_with_wrong_checksum(manifest: Manifest) -> list[str]:
    """Return a line for each file whose contents differ from its checksum. Files in a bucket are not checked."""
    if manifest.files is None:
        return []
    wrong = []
    for file in File.objects.order_by("storage_key").iterator():
        digest = hashlib.sha256()
        try:
            for chunk in storage.chunks(file.storage_key, 0, file.size):  # reads one byte more than expected, if any
                digest.update(chunk)
        except FileNotFoundError:
            wrong.append(f"the contents of file {file.pk} are missing")
        else:
            if digest.hexdigest() != file.checksum:
                wrong.append(f"the contents of file {file.pk} differ from those that were uploaded")
    return wrong


def _count_rows() -> dict[str, int]:
    """Return the row count of every table except those in UNSAVED_TABLES."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        tables = sorted(row[0] for row in cursor.fetchall() if row[0] not in UNSAVED_TABLES)
        counted = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 (a table's name)
            counted[table] = cursor.fetchone()[0]
    return counted


def _postgres() -> int:
    """Return the server's major version."""
    return int(_scalar("SELECT current_setting('server_version_num')::int / 10000"))


def _scalar(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]  # type: ignore[no-any-return]
