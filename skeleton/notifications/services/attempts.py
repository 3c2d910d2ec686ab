"""One attempt to send something that waits to be sent: the same for deliveries of notifications and other e-mail."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.utils import timezone

from skeleton.db.records import save_changes
from skeleton.jobs.failures import reason_of
from skeleton.jobs.queue import ATTEMPTS, retry_delay
from skeleton.kernel.redaction import redact
from skeleton.notifications.mail import PermanentFailure, SendingFailure

log = structlog.get_logger("skeleton.notifications")

SENT, FAILED = "sent", "failed"
"""The final statuses of everything that is sent."""


def attempt(
    row: Any,
    send: Callable[[], None],
    *,
    again: Callable[[dt.datetime], object],
    with_sent: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """Call `send` and store the result on the locked `row`: its `status`, `attempts`, `error` and `sent_at`.

    If it fails, `again` schedules the next attempt, with growing pauses; a permanent failure, or the last one, is
    final. `with_sent` returns further fields to store once it is sent.
    """
    try:
        send()
    except PermanentFailure as exc:
        _give_up(row, exc)
    except Exception as exc:  # noqa: BLE001 (whatever a provider's library raises)
        _schedule_retry(row, exc, again)
    else:
        save_changes(row, {"status": SENT, "sent_at": timezone.now(), **_attempted(row, ""), **with_sent()})


def _schedule_retry(row: Any, exc: Exception, again: Callable[[dt.datetime], object]) -> None:
    """Schedule the next attempt, or give up after the last one."""
    if row.attempts + 1 >= ATTEMPTS:
        _give_up(row, exc)
        return
    pause = dt.timedelta(seconds=retry_delay(row.attempts))
    save_changes(row, _attempted(row, _reason(exc)))
    again(timezone.now() + pause)


def _give_up(row: Any, exc: Exception) -> None:
    log.warning("sending_failed", of=row._meta.label_lower, id=str(row.pk), reason=_reason(exc))
    save_changes(row, {"status": FAILED, **_attempted(row, _reason(exc))})


def _attempted(row: Any, error: str) -> dict[str, Any]:
    return {"attempts": row.attempts + 1, "error": error}


def _reason(exc: Exception) -> str:
    """Return the provider's words, or the error in one line."""
    return (redact(str(exc)) if isinstance(exc, SendingFailure) else reason_of(exc)).replace("\x00", "")
