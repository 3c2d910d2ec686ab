"""Uploading, deleting and sweeping files.

The contents ("bytes") are stored before the row and removed after it, so a row always has its contents, whichever
process dies in between. Contents may be left without a row; they only cost space. Only `manage.py sweep_files --yes`
removes them, because the code cannot distinguish orphans from the files of another installation on the same storage.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skeleton.db.locks import locked_for_update, locked_or_none
from skeleton.files import storage, usage
from skeleton.files.media_types import media_type_of
from skeleton.files.models import File
from skeleton.files.uploads import UploadedFileOnDisk, incoming_dir
from skeleton.kernel.actors import Actor
from skeleton.kernel.characters import without_controls
from skeleton.kernel.errors import Conflict
from skeleton.kernel.ids import uuid7
from skeleton.kernel.text import format_text
from skeleton.kernel.transactions import audited_transaction
from skeleton.rest.throttles import Limit

log = structlog.get_logger("skeleton.files")

UPLOADS = Limit("upload")
MIN_ORPHAN_AGE = dt.timedelta(days=1)
"""The maximum duration of an upload. Contents without a row that are older will never get one."""
DAY_LENGTH = len("2026/01/31")
PLAUSIBLE_ORPHANS = 10
"""Up to this many orphans are plausible even if they are the majority, as a new installation has few files."""


def upload_file(*, upload: UploadedFileOnDisk, purpose: str | None, actor: Actor) -> UUID:
    """Store the upload, and return the id of its row. Closes `upload`. Raises ServiceUnavailable (no storage)."""
    key = storage.new_key()
    with upload:
        file = File(
            id=uuid7(),
            owner_id=actor.user_id,
            name=without_controls(upload.name or ""),
            mime_type=media_type_of(upload),
            size=upload.size or 0,
            checksum=upload.checksum,
            purpose=purpose,
            storage_key=key,
        )
        storage.save(key, upload)
    try:
        with audited_transaction(actor, "create"):
            file.save(force_insert=True)
    except (OperationalError, InterfaceError):
        log.warning("bytes_left_behind", key=key)  # the connection broke, but the row may have been committed
        raise
    except Exception:
        storage.discard(key)
        raise
    return file.pk


def delete_file(*, file_id: UUID, actor: Actor) -> None:
    """Delete the row, and its contents after the commit. Raises NotFound, Conflict (the file is in use)."""
    with audited_transaction(actor, "delete"):
        file = locked_for_update(File.objects.visible_to(actor), file_id)
        user = usage.usage_of(file.pk)
        if user:
            raise Conflict(format_text(_("The file is in use by {user}."), user=user))
        file.delete()
        transaction.on_commit(partial(storage.discard, file.storage_key), robust=True)


@dataclass(slots=True)
class OrphanReport:
    """The orphans found: keys of contents without a row, ids of rows without contents, paths of unfinished uploads.

    `rows` and `keys` are the numbers of rows and objects compared.
    """

    contents_without_row: list[str] = field(default_factory=list)
    rows_without_contents: list[UUID] = field(default_factory=list)
    missing_but_used: list[UUID] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    rows: int = 0
    keys: int = 0

    @property
    def suspicion(self) -> str | None:
        """Return why the storage seems to be the wrong one or shared; None if it looks right."""
        lost, strange = len(self.rows_without_contents) + len(self.missing_but_used), len(self.contents_without_row)
        if lost * 2 > self.rows:
            return f"{lost} of {self.rows} files have no bytes: this looks like the wrong storage."
        if strange > PLAUSIBLE_ORPHANS and strange * 2 > self.keys:
            return f"{strange} of {self.keys} objects have no row: this looks like another installation's storage."
        return None


def find_orphans(*, older_than: dt.timedelta = MIN_ORPHAN_AGE) -> OrphanReport:
    """Compare rows and contents, day by day. Newer contents may still get their row. Raises ServiceUnavailable."""
    found, until = OrphanReport(), timezone.now() - older_than
    for day in sorted({*storage.days_with_files(), *_days_of_rows()}):
        keys = storage.keys_on(day)  # before the rows, as a newer row already has its contents
        rows = dict(File.objects.filter(storage_key__startswith=f"{day}/").values_list("storage_key", "pk"))
        found.rows += len(rows)
        found.keys += len(keys)
        found.contents_without_row += [key for key in sorted(keys - set(rows)) if _is_older(key, until)]
        for key in sorted(set(rows) - keys):
            if not storage.exists(key):
                lost = found.missing_but_used if usage.usage_of(rows[key]) else found.rows_without_contents
                lost.append(rows[key])
    found.unfinished = [
        str(path) for path in sorted(incoming_dir().iterdir()) if path.stat().st_mtime < until.timestamp()
    ]
    return found


def sweep(found: OrphanReport, *, actor: Actor) -> None:
    """Remove the orphans found, after checking each again. Rows in use stay, so that the loss can be reported."""
    for key in found.contents_without_row:
        if not File.objects.filter(storage_key=key).exists():
            storage.remove(key)
    for pk in found.rows_without_contents:
        with audited_transaction(actor, "sweep"):
            _remove_lost(pk)
    for name in found.unfinished:
        Path(name).unlink(missing_ok=True)


def _remove_lost(pk: UUID) -> None:
    """Delete the row if it still exists, is unused and has no contents."""
    file = locked_or_none(File.objects.all(), pk)
    if file and not storage.exists(file.storage_key) and not usage.usage_of(pk):
        file.delete()


def _days_of_rows() -> set[str]:
    return set(File.objects.values_list(Left("storage_key", DAY_LENGTH), flat=True).distinct())


def _is_older(key: str, moment: dt.datetime) -> bool:
    came = storage.stored_at(key.rpartition("/")[2])
    return came is not None and came < moment
