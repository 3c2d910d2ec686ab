"""Idempotency-Key: a request that is sent again has no second effect, and gets the first answer.

`test_retries_over_kills.py` shows the same while the server is killed.
"""

import datetime as dt
import time
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing.models import Payment
from parties.models import Customer
from skeleton.db.models import IdempotentAnswer
from skeleton.files.models import File
from skeleton.files.tests.factories import BOUNDARY, CONTENT_TYPE, END, part
from skeleton.identity.models import UserRole
from skeleton.identity.tests.factories import client_of, user_in_role, user_with
from skeleton.jobs.tasks import delete_idempotent_answers
from skeleton.rest.idempotency import KEPT
from skeleton.testkit.change_recorder import record_changes
from skeleton.testkit.client import ApiClient, operations
from skeleton.testkit.query_counts import counting_statements, shown
from skeleton.testkit.races import run_in_threads
from tests.test_statement_counts import calls
from tests.writes import World

SUCCESSFUL = (200, 201, 204)
CUSTOMER = {"name": "Acme", "email": "acme@example.com"}
REPLAYED = "Idempotency-Replayed"


def key():
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


def test_a_payment_sent_twice_is_one_payment(world):
    customer, sent = world.party(), key()
    body = {"customer_id": customer, "amount": 500, "currency": "USD", "method": "card"}
    first = world.chief.post("/payments", body, **sent)
    again = world.chief.post("/payments", body, **sent)
    assert (first.status, again.status) == (201, 201)
    assert again.response.content == first.response.content
    assert (first.headers.get(REPLAYED), again.headers[REPLAYED]) == (None, "true")
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("POST", "/customers", {**CUSTOMER, "name": "Other"}),
        ("POST", "/customers?x=1", CUSTOMER),
        ("POST", "/suppliers", CUSTOMER),
    ],
)
def test_another_request_with_the_key_is_refused(owner, method, path, body):
    sent = key()
    owner.post("/customers", CUSTOMER, **sent).ok(201)
    refused = owner.call(method, path, body, headers=sent).refused(422)
    assert refused["error"] == "idempotency_mismatch"
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("bad", ["", "two words", "ключ", "x" * 256])
def test_a_malformed_key_is_refused(owner, bad):
    refused = owner.post("/customers", CUSTOMER, **{"Idempotency-Key": bad}).refused(400)
    assert "Idempotency-Key" in refused["message"]
    assert not Customer.objects.exists()


def test_the_longest_key_is_accepted(owner):
    for _ in range(2):
        owner.post("/customers", CUSTOMER, **{"Idempotency-Key": "!" + "~" * 254}).ok(201)
    assert Customer.objects.count() == 1


def test_a_refused_request_keeps_nothing(owner):
    sent = key()
    owner.post("/customers", {"name": "Acme", "email": "no"}, **sent).refused(422, "email")
    owner.post(f"/customers/{uuid4()}/activate", **sent).refused(405)
    owner.patch(f"/customers/{uuid4()}/activate").refused(404)
    assert not IdempotentAnswer.objects.exists()
    owner.post("/customers", CUSTOMER, **sent).ok(201)


def test_a_refusal_after_the_effect_undoes_it(world):
    """A service that changes rows before it refuses leaves nothing, as without a key."""
    invoice = world.invoice("send")
    body = {"amount": 10_000_000, "method": "card"}
    world.chief.post(f"/invoices/{invoice['id']}/payments", body, **key()).refused(422)
    assert not Payment.objects.exists()


def test_a_request_without_permission_is_refused_before_its_key_is_looked_up(owner):
    user, sent = user_with("parties:write", "parties:read"), key()
    client = client_of(user)
    client.post("/customers", CUSTOMER, **sent).ok(201)
    UserRole.objects.filter(user=user).delete()
    client_of(user).post("/customers", CUSTOMER, **sent).refused(403)


def test_keys_belong_to_their_users(owner, colleague):
    sent = key()
    made = [client.post("/customers", CUSTOMER, **sent).ok(201)["id"] for client in (owner, colleague, owner)]
    assert made[0] == made[2] != made[1]


def test_after_a_day_a_key_is_new(owner):
    sent = key()
    owner.post("/customers", CUSTOMER, **sent).ok(201)
    IdempotentAnswer.objects.update(created_at=timezone.now() - KEPT)
    assert REPLAYED not in owner.post("/customers", CUSTOMER, **sent).headers
    assert Customer.objects.count() == 2
    assert IdempotentAnswer.objects.count() == 1


def test_a_job_deletes_old_answers(owner):
    for age in (KEPT, KEPT - dt.timedelta(minutes=5)):
        owner.post("/customers", CUSTOMER, **key()).ok(201)
        newest = IdempotentAnswer.objects.latest("id")
        IdempotentAnswer.objects.filter(pk=newest.pk).update(created_at=timezone.now() - age)
    delete_idempotent_answers()
    assert IdempotentAnswer.objects.get() == newest


def test_a_deferred_constraint_refuses_before_the_answer_is_kept(world):
    """Entries must be balanced at commit; the answer is an error then, not a stored success."""
    account, other = world.account(), world.account()
    lines = [{"account_id": account, "debit": 100}, {"account_id": other, "credit": 99}]
    world.chief.post("/transactions", {"description": "Crooked", "lines": lines}, **key()).refused(422)
    assert not IdempotentAnswer.objects.exists()


def test_secrets_and_sessions_ignore_the_key(world):
    for path in ("/messenger/tickets", "/auth/logout"):
        answer = world.chief.post(path, **key())
        assert answer.status in SUCCESSFUL
    assert not IdempotentAnswer.objects.exists()
    assert ApiClient().post("/auth/login", {"email": "x@example.com", "password": "y"}, **key()).status == 401


def test_the_document_says_where_keys_are_ignored():
    for (method, path), operation in operations().items():
        named = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
        ignored = "`Idempotency-Key` is ignored here." in operation["description"]
        secret = path.startswith("/api/v1/auth/") or path == "/api/v1/messenger/tickets"
        assert (named, ignored) == (method != "GET" and not secret, method != "GET" and secret), (method, path)


def test_without_a_key_there_is_no_statement_more(owner):
    with counting_statements() as captured:
        owner.post("/customers", CUSTOMER).ok(201)
    assert "idempotent" not in shown(captured)
    assert "CONSTRAINTS" not in shown(captured)


# --- uploads ----------------------------------------------------------------------------------------------------------


def send_file(client, sent, content=b"hello", name="note.txt", boundary=BOUNDARY):
    body = (part("file", content, name) + END).replace(BOUNDARY.encode(), boundary.encode())
    media = CONTENT_TYPE.replace(BOUNDARY, boundary)
    return client.call("POST", "/files", body, content_type=media, headers=sent)


def test_an_upload_is_stored_once_whatever_its_boundary(world, settings):
    sent = key()
    first = send_file(world.chief, sent)
    again = send_file(world.chief, sent, boundary="----another")
    assert first.response.content == again.response.content
    assert again.headers[REPLAYED] == "true"
    assert File.objects.count() == 1
    stored = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert not list((settings.SKELETON_DATA_DIR / "incoming").iterdir())


@pytest.mark.parametrize("other", [{"content": b"other"}, {"name": "other.txt"}])
def test_another_upload_with_the_key_is_refused(world, other):
    sent = key()
    send_file(world.chief, sent).ok(201)
    assert send_file(world.chief, sent, **other).refused(422)["error"] == "idempotency_mismatch"


# --- every route ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part_of_routes", range(4))
def test_every_write_sent_twice_has_one_effect(world, part_of_routes, monkeypatch):
    found = []
    routes = sorted(name for name in calls() if "/auth/" not in name and "/tickets" not in name)
    with record_changes(()) as recorder:
        for name in routes[part_of_routes::4]:
            with transaction.atomic():
                found += complaints(name, world, recorder, monkeypatch)
                transaction.set_rollback(True)
    assert not found, "\n".join(found)


def complaints(name, world, recorder, monkeypatch):
    """Yield what is wrong with a request that is sent twice with one key."""
    call = calls()[name](world)
    recorder.discard()
    with monkeypatch.context() as patched:
        patched.setattr(ApiClient, "headers", key())
        first, changes = call(), recorder.changes()
        again, more = call(), recorder.changes()
    if first.status not in SUCCESSFUL or not changes:
        yield f"{name}: no effect: {first}"
    if REPLAYED in first.headers or again.headers.get(REPLAYED) != "true":
        yield f"{name}: was not replayed: {again}"
    if (first.status, first.response.content) != (again.status, again.response.content):
        yield f"{name}: another answer: {again}"
    if more:
        yield f"{name}: a second effect: {more}"


# --- at the same time -------------------------------------------------------------------------------------------------

RACERS = 32


@pytest.mark.django_db(transaction=True)
def test_racers_with_one_key_have_one_effect_and_one_answer():
    client, sent = client_of(user_in_role("super_admin")), key()

    def race(number):
        racer = ApiClient(client.token)
        waits = 0
        while (answer := racer.post("/customers", CUSTOMER, **sent)).status == 409:
            assert int(answer.headers["Retry-After"]) >= 1
            waits += 1
            time.sleep(0.01)
        answer.ok(201)
        return answer.response.content, waits

    answers = run_in_threads(RACERS, race)
    assert len({content for content, _ in answers}) == 1
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_still_running_is_a_conflict():
    client, sent = client_of(user_in_role("super_admin")), key()
    with transaction.atomic(), connection.cursor() as cursor:
        name = f"idempotency:{client.user.pk}:{sent['Idempotency-Key']}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        (answer,) = run_in_threads(1, lambda _: client.post("/customers", CUSTOMER, **sent))
    assert answer.refused(409)["error"] == "conflict"
    assert answer.headers["Retry-After"] == "1"
    client.post("/customers", CUSTOMER, **sent).ok(201)
