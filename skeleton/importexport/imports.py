"""The life of an import: uploaded, checked, previewed, applied.

A separate process reads the file before the transaction starts that checks or applies it (`sheets`, `runs`). Small
files are processed in the request, within limits of a few seconds. Larger ones are left to a job, which reports its
progress over a separate connection while its transaction is open.

Every import finishes or fails. Attempts are counted and limited, because a job that kills its worker would otherwise be
run again forever. An import whose job is missing fails after a while.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from django.apps import apps
from django.contrib import admin
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override
from procrastinate.contrib.django.models import ProcrastinateJob

from skeleton.identity.queries import actor_by_user
from skeleton.importexport.errors import InvalidFile, LimitExceeded, UnclearEncoding
from skeleton.importexport.limits import JOB_LIMITS, REQUEST_LIMITS, Limits
from skeleton.importexport.models import Import, ImportState
from skeleton.importexport.processing import Progress, check_heading, process
from skeleton.importexport.reader.errors import Source
from skeleton.importexport.sheets import Sheet, open_sheet, read_sheet
from skeleton.jobs.queue import non_atomic_job
from skeleton.jobs.titles import titled
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Forbidden
from skeleton.office.tables.notation import Notation

log = structlog.get_logger("skeleton.importexport")

MAX_INLINE_BYTES = 30_000
"""Maximum size in bytes of a file that is processed in the request, so that its user need not wait for a worker."""

ATTEMPTS = 4
"""Maximum number of attempts. There is more than one, because the database may be unavailable for a moment."""

LOST_AFTER = dt.timedelta(minutes=10)
"""An import that has had no job and no progress for this long counts as lost."""

RETENTION = dt.timedelta(days=7)

WORKING = (ImportState.CHECKING, ImportState.APPLYING)

CHANGED_SINCE_PREVIEW = gettext_noop("Something has changed since the preview. Check it again.")
INTERNAL_ERROR = gettext_noop("An internal error occurred. It has been logged, and nothing was changed.")
ABORTED = gettext_noop("Processing this file was aborted. Upload it again, or split it into smaller files.")


def start_import(
    *, screen: Any, name: str, content: bytes, encoding: str | None, actor: Actor, notation: str | None = None
) -> UUID:
    """Create an import of a file, start its check, and return its id. Raises InvalidFile if its columns do not fit.

    If the file's encoding is not certain, its import is refused with the encodings to choose from.
    """
    checked = _check_heading(screen, content, encoding)
    started = Import.objects.create(
        owner_id=actor.user_id,
        screen=screen.opts.label_lower,
        file_name=name[:255],
        encoding=encoding,
        notation=notation,
        content=content,
    )
    _dispatch(started.pk, at_once=checked and len(content) <= MAX_INLINE_BYTES)
    return started.pk


def read_again(*, screen: Any, import_id: UUID, encoding: str | None, notation: str | None, actor: Actor) -> UUID:
    """Start an import of the same file with another encoding or notation. Raises InvalidFile."""
    known = Import.objects.get(pk=import_id, owner=actor.user_id)
    return start_import(
        screen=screen,
        name=known.file_name,
        content=bytes(known.content),
        encoding=encoding,
        notation=notation,
        actor=actor,
    )


def _check_heading(screen: Any, content: bytes, encoding: str | None) -> bool:
    """Check the heading. Return False if that takes too long for a request. Raises InvalidFile."""
    try:
        with open_sheet(content, encoding=encoding, limits=REQUEST_LIMITS) as sheet:
            check_heading(screen.file_table, sheet.heading)
    except LimitExceeded:
        return False
    except UnclearEncoding as unclear:  # the import's page offers the encodings, which agree on the names of columns
        return _check_heading(screen, content, unclear.source["encoding"])
    return True


def apply_import(*, import_id: UUID, actor: Actor) -> None:
    """Apply the import as shown in its preview. Raises Conflict if it is not waiting to be applied."""
    own = Import.objects.filter(pk=import_id, owner=actor.user_id)
    waiting = own.filter(state=ImportState.CHECKED)
    if not waiting.update(state=ImportState.APPLYING, attempts=0, done=0, updated_at=timezone.now()):
        raise Conflict(_("This import is not waiting to be applied."))
    _dispatch(import_id, at_once=own.annotate(size=Length("content")).filter(size__lte=MAX_INLINE_BYTES).exists())


def _dispatch(import_id: UUID, *, at_once: bool) -> None:
    """Process the import now, or enqueue a job."""
    try:
        if at_once:
            _process_import(import_id, REQUEST_LIMITS)
            return
    except (LimitExceeded, OperationalError, InterfaceError):
        log.info("import_left_to_job", import_id=str(import_id))
    work_on_import.enqueue(import_id=str(import_id))


@non_atomic_job
@titled(_("Work on import"))
def work_on_import(*, import_id: str) -> None:
    """Check or apply the file, depending on the import's state."""
    _process_import(UUID(import_id), JOB_LIMITS)


def _process_import(import_id: UUID, limits: Limits) -> None:
    """Process the import. Raises LimitExceeded if a job's limits may suffice, and database errors to be retried."""
    import_ = _start_attempt(import_id)
    if import_ is None:
        return
    try:
        with (
            override(import_.owner.language),
            read_sheet(bytes(import_.content), encoding=import_.encoding, limits=limits) as sheet,
        ):
            _process(import_, sheet)
    except (InvalidFile, Forbidden) as refusal:
        if isinstance(refusal, LimitExceeded) and limits is not JOB_LIMITS:
            raise
        source = refusal.source if isinstance(refusal, UnclearEncoding) else {}
        _end(import_, ImportState.REFUSED, str(refusal.message), source)
    except (OperationalError, InterfaceError):
        raise  # the job is retried
    except Exception:
        log.exception("import_failed", import_id=str(import_id))
        _end(import_, ImportState.FAILED, INTERNAL_ERROR)


def _start_attempt(import_id: UUID) -> Import | None:
    """Count an attempt and return the import, or None if there is nothing to do or no attempt is left."""
    now, waiting = timezone.now(), Import.objects.filter(pk=import_id, state__in=WORKING)
    if waiting.filter(attempts__gte=ATTEMPTS).update(state=ImportState.FAILED, message=ABORTED, updated_at=now):
        log.error("import_given_up", import_id=str(import_id))
    waiting.update(attempts=F("attempts") + 1, updated_at=now)
    return waiting.select_related("owner").first()


def _end(import_: Import, state: ImportState, message: str, source: Source | None = None) -> None:
    waiting = Import.objects.filter(pk=import_.pk, state__in=WORKING)
    waiting.update(state=state, message=message, source=source or {}, updated_at=timezone.now())


def _process(import_: Import, sheet: Sheet) -> None:
    """Check or apply the import and store the result, in one transaction. Do nothing if another process is doing it."""
    with _progress_reporter(import_) as progress, transaction.atomic():
        if not _try_lock(import_):
            return
        screen, actor = admin_of_import(import_), actor_by_user(import_.owner_id)
        if actor is None or not screen.can_import(actor):
            raise Forbidden(_("You no longer have permission to import here."))
        applying = import_.state == ImportState.APPLYING
        report, applied = process(
            screen,
            sheet,
            actor=actor,
            apply=import_.plan if applying else None,
            notation=Notation(import_.notation) if import_.notation else None,
            progress=progress,
        )
        changed = applying and report.is_clean and report.plan != import_.plan
        state = ImportState.CHECKED if report.is_clean else ImportState.REFUSED
        total = sum(report.counts.values())
        Import.objects.filter(pk=import_.pk).update(
            state=ImportState.DONE if applied else state,
            report=report.as_json(),
            source=sheet.source,
            plan=report.plan,
            message=CHANGED_SINCE_PREVIEW if changed else "",
            done=total,
            total=total,
            updated_at=timezone.now(),
        )


def _try_lock(import_: Import) -> bool:
    """Return whether the import is unchanged and no other process works on it, as a job may run twice.

    This takes an advisory lock instead of a row lock, because the progress is written to the row in the meantime.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"exchange_import:{import_.pk}"])
        (alone,) = cursor.fetchone()
    return bool(alone) and Import.objects.filter(pk=import_.pk, state=import_.state, plan=import_.plan).exists()


def admin_of_import(import_: Import) -> Any:
    """Return the admin that the import is for."""
    return admin.site.get_model_admin(apps.get_model(import_.screen))


@contextmanager
def _progress_reporter(import_: Import) -> Iterator[Progress]:
    """Yield a function that stores the progress over a separate connection, visible during the open transaction."""
    aside: Any = connection.copy()

    def tell(done: int, total: int) -> None:
        if total < MIN_ROWS_FOR_PROGRESS:
            return
        with aside.cursor() as cursor:
            cursor.execute("UPDATE exchange_import SET done = %s, total = %s WHERE id = %s", [done, total, import_.pk])

    try:
        yield tell
    finally:
        aside.close()


MIN_ROWS_FOR_PROGRESS = 500
"""Minimum number of rows for which progress is reported. Fewer are done too quickly."""


def delete_old_imports() -> None:
    """Delete imports older than a week."""
    Import.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()


def fail_lost_imports() -> None:
    """Fail imports that nothing works on, because their request was aborted or their job was cancelled or failed."""
    jobs = ProcrastinateJob.objects.filter(task_name=work_on_import.name, status__in=("todo", "doing"))
    own = jobs.annotate(of=KeyTextTransform("import_id", "args")).filter(of=Cast(OuterRef("pk"), TextField()))
    silent = Import.objects.filter(state__in=WORKING, updated_at__lt=timezone.now() - LOST_AFTER)
    silent.exclude(Exists(own)).update(state=ImportState.FAILED, message=ABORTED, updated_at=timezone.now())
