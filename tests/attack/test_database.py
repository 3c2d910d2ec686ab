"""A database that does not respond, as a whole or for a locked row."""

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from skeleton.embedded_postgres.paths import DATABASE
from skeleton.testkit.database import children
from tests.attack.measurement import honest_clients
from tests.attack.toolkit import ANSWER_SECONDS, FULL, GRACE_SECONDS

LOCKED = 12 if FULL else 5
FROZEN = 30 if FULL else 8
HEALED_SECONDS = 2 if FULL else 4
WRITERS = 12
PATIENCE = 12
"""Seconds: the last writer waits for a thread (4), for the customer's lock (3), and for the row's lock (3)."""


@contextmanager
def locked(database, statement, pk):
    """Hold a lock on the row in another transaction."""
    with database.server.connect(DATABASE) as connection, connection.transaction():
        assert connection.execute(statement, (pk,)).fetchone()
        yield


def write_all(target, requests, seconds):
    """Send each of `requests` from a separate thread, and return the replies with their durations."""
    replies = []

    def write(method, path, body):
        started = time.monotonic()
        reply = target.system.call(method, path, body, seconds=40)
        replies.append((reply, time.monotonic() - started))

    threads = [threading.Thread(target=write, args=request) for request in requests]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    return threads, replies


def customer_of(target):
    pk = target.system.call("POST", "/customers", {"name": "Held", "email": "held@example.com"}).data["id"]
    return (
        pk,
        "SELECT 1 FROM parties_party WHERE id = %s FOR UPDATE",
        [("PATCH", f"/customers/{pk}", {"name": f"Held {number}"}) for number in range(WRITERS)],
    )


def invoice_of(target):
    customer, _, _ = customer_of(target)
    line = {"description": "Work", "quantity": 1, "unit_price": 1000}
    body = {"customer_id": customer, "due_date": "2099-02-15", "lines": [line]}
    pk = target.system.call("POST", "/invoices", body).data["id"]
    return (
        pk,
        "SELECT 1 FROM billing_invoice WHERE id = %s FOR UPDATE",
        [("POST", f"/invoices/{pk}/send", None) for _ in range(WRITERS)],
    )


@pytest.mark.parametrize("locked_row", [customer_of, pytest.param(invoice_of, marks=pytest.mark.attack)])
def test_a_locked_row(target, locked_row):
    """12 writers wait for the lock no longer than the limit, and do not block other requests."""
    target.system.token = target.accounts.token
    pk, statement, requests = locked_row(target)

    def attack(attackers):
        with locked(target.database, statement, pk):
            threads, replies = write_all(target, requests, LOCKED)
        for thread in threads:
            thread.join()
        assert len(replies) == WRITERS
        for reply, seconds in replies:
            assert reply.status in (200, 409, 503), reply
            assert reply.status != 503 or reply.headers.get("retry-after"), reply
            assert seconds < PATIENCE, f"a writer waited {seconds:.1f} s: {reply.status}"

    target.assert_withstands(attack)


@contextmanager
def frozen(database):
    """Freeze all processes of PostgreSQL. Connections stay open."""
    master = database.server.process.pid
    os.kill(master, signal.SIGSTOP)  # first, so that it starts no new process
    stopped = [master, *children(master)]
    try:
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in reversed(stopped):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_frozen_database(target):
    """/health works, everything else answers 503 in time, and all recovers with the database."""

    def attack(attackers):
        with frozen(target.database):
            time.sleep(FROZEN)
        thawed = time.monotonic()
        with honest_clients(target.kinds) as measured:
            time.sleep(HEALED_SECONDS + 1)
        for kind in ("reader", "writer", "invoicer", "clerk", "login"):
            served = [one.started + one.seconds for one in measured[0].of(kind) if one.served]
            assert served, f"{kind} was not served again"
            assert min(served) - thawed < HEALED_SECONDS + 0.5, f"{kind} was served after {min(served) - thawed:.1f} s"

    target.assert_withstands(attack)


@pytest.mark.attack
def test_readiness_while_frozen(target):
    """/ready answers 503 in time instead of hanging."""
    with frozen(target.database):
        started = time.monotonic()
        replies = [target.system.call("GET", "/ready", prefix="", seconds=20) for _ in range(3)]
        taken = time.monotonic() - started
    assert {reply.status for reply in replies} == {503}
    assert taken < 3 * (ANSWER_SECONDS + GRACE_SECONDS)
