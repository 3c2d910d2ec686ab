"""The sequencer: numbers committed events and announces them. One process of all does it at a time.

Each process has a candidate thread. Whichever gets the advisory lock leads until its connection ends; then another one
takes over. The lock only saves work: `events_log` lets a single process append at a time in any case.
"""

import os
import threading
import time

import structlog
from django.db import DatabaseError, InterfaceError, connection

from skeleton.db.bells import bells
from skeleton.db.fetching import fetch
from skeleton.events.log import append_all

log = structlog.get_logger("skeleton.events")

LEADER_LOCK = 0x73657175
"""An arbitrary number ("sequ" in ASCII) that all processes of one database share."""
WRITTEN, APPENDED = "skeleton_events_written", "skeleton_events"
"""The channel that wakes the sequencer, and the one that wakes readers."""
POLL_SECONDS = 0.2
"""The longest time after which a committed event is numbered, if no bell was heard."""
CANDIDATE_SECONDS = 1.0
RETRY_SECONDS = 0.5


def ring() -> None:
    """Wake the sequencer: this process has committed something."""
    bells.ring(WRITTEN)


def append_now() -> None:
    """Number what is committed, without waiting for the leader. For readers that begin now."""
    if append_all():
        bells.ring(APPENDED)


def start() -> None:
    """Start this process's candidate."""
    threading.Thread(target=run, name="sequencer", daemon=True).start()


def run() -> None:
    """Lead or wait to lead, for ever."""
    while True:
        try:
            _name_connection()
            if _is_leader():
                lead()
            wait = CANDIDATE_SECONDS
        except (DatabaseError, InterfaceError) as exc:
            log.warning("sequencer_waits_for_database", reason=str(exc).strip())
            wait = RETRY_SECONDS
            connection.close()
        except Exception as exc:
            log.error("unhandled_exception", exc_info=exc)
            wait = RETRY_SECONDS
            connection.close()
        time.sleep(wait)


def _name_connection() -> None:
    """Let `pg_stat_activity` show which process has this connection."""
    fetch("SELECT set_config('application_name', %s, false)", [f"sequencer {os.getpid()}"])


def _is_leader() -> bool:
    return bool(fetch("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])[0][0])


def lead() -> None:
    """Append and announce events, until the connection fails. The lock ends with it.

    It begins with an announcement, because the last leader may have been killed before its own.
    """
    raw = connection.connection
    with connection.wrap_database_errors:
        raw.execute(f"LISTEN {WRITTEN}")
    append_all()
    appended = True
    while True:
        if appended:
            # A transaction of its own: it follows the commit of the positions, and writes nothing that must be flushed.
            fetch("SELECT pg_notify(%s, '')", [APPENDED])
        with connection.wrap_database_errors:
            for _ in raw.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        appended = append_all()
