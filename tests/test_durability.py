"""Durability of the whole system: `manage.py serve` with a PostgreSQL that is killed.

Acknowledged writes survive, whichever process is killed. While the database is away the system answers 503, and it
recovers when the database returns. This is a short version; `make durability` runs 20,000 writes in six rounds and an
outage of 40 seconds.

Killing processes shows that no response is sent before PostgreSQL has passed the commit to the operating system. That
it reaches the disk depends on fsync, which is asserted to be on, and could only be tested by cutting the power. In the
control test (`synchronous_commit=off`) writes must be lost, otherwise this test would prove nothing.
"""

import os
import threading
import time
from uuid import UUID

import pytest

from skeleton.testkit.database import own_database
from skeleton.testkit.system import PRODUCTION, ServerProcess

ROUNDS = int(os.environ.get("SKELETON_DURABILITY_ROUNDS", "3"))
WRITES = int(os.environ.get("SKELETON_DURABILITY_WRITES", "450"))
OUTAGES = [float(seconds) for seconds in os.environ.get("SKELETON_DURABILITY_OUTAGES", "2").split(",")]
WRITERS = 8
HEALED_SECONDS = 2.0
TRIES = 5
"""Maximum number of kills until the control loses a write."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A separate PostgreSQL with durability."""
    with own_database(tmp_path_factory.mktemp("database")) as found:
        yield found


@pytest.fixture
def serve(database, tmp_path):
    """A function that starts the system on that database with the given settings, and signs in."""
    systems = []

    def start(**environment):
        system = ServerProcess(tmp_path, DATABASE_URL=database.url, **PRODUCTION, **environment)
        systems.append(system)
        system.start()
        system.sign_in()
        return system

    yield start
    for system in systems:
        system.stop()


class Writers:
    """Clients that write until stopped, and record the acknowledged writes."""

    def __init__(self, system):
        self.system, self.acknowledged, self.stopping = system, [], threading.Event()
        self.threads = [threading.Thread(target=self.write) for _ in range(WRITERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def write(self):
        while not self.stopping.is_set():
            reply = self.system.call("POST", "/customers", {"name": "Acme", "email": "a@example.com"})
            if reply.status == 201:
                self.acknowledged.append(reply.data["id"])
            else:
                time.sleep(0.05)

    def wait_for(self, count):
        deadline = time.monotonic() + 60 + count / 20
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {count} writes"
            time.sleep(0.005)


def lost(database, acknowledged):
    """Return the acknowledged writes whose row or audit entry is missing."""
    ids = [UUID(text) for text in acknowledged]
    found = database.query(
        "SELECT p.id FROM parties_party p JOIN audit_entry a ON a.resource_id = p.id AND a.action = 'create'"
        " WHERE p.id = ANY(%s)",
        ids,
    )
    return set(ids) - {row[0] for row in found}


def assert_jobs_are_done(database):
    """Assert that a job worker has been restarted."""
    (number,) = database.query(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        """ VALUES ('default', 'skeleton.jobs.tasks.delete_old_jobs', '{"timestamp": 0}') RETURNING id"""
    )[0]
    deadline = time.monotonic() + 60
    while database.query("SELECT status::text FROM procrastinate_jobs WHERE id = %s", number) != [("succeeded",)]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def kill_database(database, system):
    database.kill()
    database.start()


def kill_server(database, system):
    system.kill()
    system.start()


def kill_everything(database, system):
    system.server.kill()
    database.kill()
    system.kill()
    database.start()
    system.start()


VICTIMS = (kill_database, kill_server, kill_everything)


def test_no_acknowledged_write_is_lost(database, serve):
    system = serve(SKELETON_JOB_WORKERS="1")
    settings = ("fsync", "synchronous_commit", "full_page_writes")
    assert [database.query(f"SHOW {name}")[0][0] for name in settings] == ["on"] * 3
    with Writers(system) as writers:
        for number in range(ROUNDS):
            writers.wait_for((number + 1) * WRITES // ROUNDS)
            VICTIMS[number % len(VICTIMS)](database, system)
        writers.wait_for(len(writers.acknowledged) + WRITERS)  # writing continues
    assert len(writers.acknowledged) > WRITES
    assert_jobs_are_done(database)
    assert not lost(database, writers.acknowledged)


def test_the_control_loses_writes(database, serve):
    """Without synchronous_commit, the response is sent while the commit is still in PostgreSQL's memory."""
    database.query("ALTER DATABASE skeleton SET synchronous_commit = off")
    database.query("ALTER SYSTEM SET wal_writer_delay = '10s'")
    database.query("SELECT pg_reload_conf()")
    try:
        system = serve()
        database.query("CHECKPOINT")  # so that the migrations cannot be lost
        with Writers(system) as writers:
            for _ in range(TRIES):
                writers.wait_for(len(writers.acknowledged) + 50)
                kill_database(database, system)
                if lost(database, writers.acknowledged):
                    break
        assert lost(database, writers.acknowledged), "the test cannot tell a lost write"
    finally:
        database.query("ALTER DATABASE skeleton RESET synchronous_commit")
        database.query("ALTER SYSTEM RESET wal_writer_delay")
        database.query("SELECT pg_reload_conf()")


@pytest.mark.parametrize("pool", ["0", "4"])
@pytest.mark.parametrize("outage", OUTAGES)
def test_it_heals_when_the_database_returns(database, serve, outage, pool):
    system = serve(SKELETON_DATABASE_POOL=pool)
    replies, stopping = [], threading.Event()

    def ask(number):
        while not stopping.is_set():
            body = None if number % 2 else {"name": "Acme", "email": "a@example.com"}
            reply = system.call("GET" if number % 2 else "POST", "/customers", body)
            replies.append((time.monotonic(), reply))
            time.sleep(0.01)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        database.kill()
        time.sleep(outage / 2)
        assert system.call("GET", "/health", prefix="").status == 200
        assert system.call("GET", "/ready", prefix="").status == 503
        time.sleep(outage / 2)
        database.start()
        back = time.monotonic()
        time.sleep(HEALED_SECONDS + 1)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    refused = [reply for _, reply in replies if reply.status not in (200, 201)]
    assert refused
    assert {reply.status for reply in refused} == {503}
    assert all(reply.headers["retry-after"] for reply in refused)
    assert all(reply.data["error"] == "service_unavailable" and reply.data["request_id"] for reply in refused)
    served = [at for at, reply in replies if reply.status in (200, 201) and at > back]
    assert served
    assert min(served) - back < HEALED_SECONDS
    assert system.call("GET", "/ready", prefix="").status == 200
