"""An import from the upload to its end: checked, looked at by a person, applied.

Small files are worked through at once, large ones by a job, whose progress is told over a connection of its own while
its transaction is open.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from django.apps import apps
from django.contrib import admin
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from skeleton.core.actors import Actor
from skeleton.core.errors import Conflict, Forbidden
from skeleton.core.jobs import job
from skeleton.exchange.errors import BadFile
from skeleton.exchange.models import Import, ImportState
from skeleton.exchange.runs import Progress, check_heading, run
from skeleton.exchange.sheets import open_sheet
from skeleton.identity.queries import actor_of_user

log = structlog.get_logger("skeleton.exchange")

AT_ONCE = 30_000
"""Bytes of a file, some three hundred rows, up to which nobody needs to wait for a worker."""

KEPT = dt.timedelta(days=7)

CHANGED = gettext_noop("Something has changed since you looked. Look again, please.")


def start_import(*, screen: Any, name: str, content: bytes, encoding: str | None, actor: Actor) -> UUID:
    """Take a file in and have it checked. Raises BadFile where it is none of the screen's."""
    check_heading(screen.table, open_sheet(content, encoding=encoding).heading)
    started = Import.objects.create(
        owner_id=actor.user_id, screen=screen.opts.label_lower, file_name=name[:255], encoding=encoding, content=content
    )
    _go_on(started)
    return started.pk


def apply_import(*, import_id: UUID, actor: Actor) -> None:
    """Do what the preview shows. Raises Conflict where there is nothing to be done just now."""
    own = Import.objects.filter(pk=import_id, owner=actor.user_id)
    if not own.filter(state=ImportState.CHECKED).update(state=ImportState.APPLYING, done=0, updated_at=timezone.now()):
        raise Conflict("This import is not waiting to be applied.")
    _go_on(own.get())


def _go_on(started: Import) -> None:
    if len(started.content) <= AT_ONCE:
        work_on_import(import_id=str(started.pk))
    else:
        work_on_import.enqueue(import_id=str(started.pk))


@job
def work_on_import(*, import_id: str) -> None:
    """Check the file, or apply it: what its state says."""
    import_ = Import.objects.filter(pk=import_id).first()
    if import_ is None or import_.state not in (ImportState.CHECKING, ImportState.APPLYING):
        return
    try:
        with _telling(import_) as progress:
            _work(import_, progress)
    except (BadFile, Forbidden) as refusal:
        import_.state, import_.message = ImportState.REFUSED, refusal.message
    except (OperationalError, InterfaceError):
        raise  # the job is tried again
    except Exception:
        log.exception("import_failed", import_id=import_id)
        import_.state, import_.message = (
            ImportState.FAILED,
            gettext_noop("A fault of ours. It has been noted; nothing was changed."),
        )
    import_.save(update_fields=["state", "message", "report", "plan", "done", "total", "updated_at"])


def _work(import_: Import, progress: Progress) -> None:
    screen = screen_of(import_)
    actor = actor_of_user(import_.owner_id)
    if actor is None or not screen.may_import(actor):
        raise Forbidden("You may not import here any more.")
    sheet = open_sheet(bytes(import_.content), encoding=import_.encoding)
    applying = import_.state == ImportState.APPLYING
    report, applied = run(screen, sheet, actor=actor, apply=import_.plan if applying else None, progress=progress)
    import_.total = import_.done = sum(report.counts.values())
    import_.report, shown, import_.plan = report.as_json(), import_.plan, report.plan
    if applied:
        import_.state = ImportState.DONE
    elif not report.is_clean:
        import_.state = ImportState.REFUSED
    else:
        import_.state = ImportState.CHECKED
        changed = applying and report.plan != shown
        import_.message = CHANGED if changed else ""


def screen_of(import_: Import) -> Any:
    """The screen that the import is for."""
    return admin.site.get_model_admin(apps.get_model(import_.screen))


@contextmanager
def _telling(import_: Import) -> Iterator[Progress]:
    """A way to say how far the work is, for others to read while the work's own transaction is open."""
    aside: Any = connection.copy()

    def tell(done: int, total: int) -> None:
        if total < WORTH_TELLING:
            return
        with aside.cursor() as cursor:
            cursor.execute("UPDATE exchange_import SET done = %s, total = %s WHERE id = %s", [done, total, import_.pk])

    try:
        yield tell
    finally:
        aside.close()


WORTH_TELLING = 500
"""Fewer rows are done before anybody could look."""


def forget_old_imports() -> None:
    """Remove the files that were taken in more than a week ago."""
    Import.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
