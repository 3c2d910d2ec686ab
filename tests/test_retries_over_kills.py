"""A client that retries with one Idempotency-Key, while the server is killed between the effect and the answer.

All processes of `manage.py serve` are killed, at a random moment of a payment or right after its commit, and started
again. The client sends the payment until it gets an answer. Every payment must be recorded once, and every answer must
be the first one. `make test` kills 15 times, `make retries` 200 times.
"""

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from uuid import uuid4

import pytest

from skeleton.testkit.database import children, own_database
from skeleton.testkit.system import PRODUCTION, ServerProcess

KILLS = int(os.environ.get("SKELETON_RETRY_KILLS", "15"))
PAYMENT = {"amount": 500, "currency": "USD", "method": "card"}
DEADLINE_SECONDS = 60

pytestmark = pytest.mark.timeout(120 + 20 * KILLS)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with own_database(tmp_path_factory.mktemp("database"), durable=False) as found:
        yield found


@pytest.fixture
def system(database, tmp_path):
    system = ServerProcess(tmp_path, DATABASE_URL=database.url, **PRODUCTION)
    try:
        system.start()
        system.sign_in()
        yield system
    finally:
        system.stop()


def pay(system, body, key):
    """Send the payment until it is answered. Return the answer, and whether the server has given it before."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        reply = system.call("POST", "/payments", body, headers={"Idempotency-Key": key}, seconds=10)
        if reply.status == 201:
            return reply.data, reply.headers.get("idempotency-replayed") == "true"
        assert reply.status in (0, 409, 503), reply
        time.sleep(0.02)
    raise AssertionError("the server did not come back")


def kill_server(system):
    """Kill the processes that answer requests, then the main process."""
    for pid in children(system.server.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    system.kill()


def kill_at_random(system, database, body, key, seconds):
    """Kill the server while it may be recording the payment."""
    with ThreadPoolExecutor(1) as client:
        client.submit(system.call, "POST", "/payments", body, headers={"Idempotency-Key": key})
        time.sleep(random.uniform(0, 1.2 * seconds))
        kill_server(system)


def kill_after_commit(system, database, body, key, seconds):
    """Send the payment, wait until it is committed, and kill the server before the client has read the answer."""
    connection = HTTPConnection("127.0.0.1", system.port, timeout=30)
    sent = {"Authorization": f"Bearer {system.token}", "Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/api/v1/payments", json.dumps(body), sent)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not database.query("SELECT 1 FROM core_idempotent_answer WHERE key = %s", key):
        assert time.monotonic() < deadline
    kill_server(system)
    connection.close()


def duration_of_a_payment(system, body):
    started = time.monotonic()
    for _ in range(5):
        pay(system, body, str(uuid4()))
    return (time.monotonic() - started) / 5


def test_every_payment_is_recorded_once_and_answered_as_at_first(database, system):
    customer = system.call("POST", "/customers", {"name": "Acme", "email": "a@example.com"}).data["id"]
    body = {**PAYMENT, "customer_id": customer}
    seconds = duration_of_a_payment(system, body)
    (before,) = database.query("SELECT count(*) FROM billing_payment")[0]
    answers, replayed = {}, 0
    for number in range(KILLS):
        key, kill = str(uuid4()), (kill_after_commit, kill_at_random)[number % 2]
        kill(system, database, body, key, seconds)
        system.start()
        answers[key], again = pay(system, body, key)
        replayed += again
    assert replayed >= (KILLS + 1) // 2
    assert len({answer["id"] for answer in answers.values()}) == KILLS
    assert database.query("SELECT count(*) FROM billing_payment") == [(before + KILLS,)]
    for key, answer in answers.items():
        assert pay(system, body, key) == (answer, True)
    print(f"{KILLS} kills; {replayed} of the payments were committed, but not answered at first")  # noqa: T201
