"""ETag, If-None-Match and If-Match: versions of objects, over every route that writes."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from parties.models import Customer
from skeleton.identity.tests.factories import client_of, user_in_role
from skeleton.testkit.change_recorder import record_changes
from skeleton.testkit.client import ApiClient, operations
from skeleton.testkit.races import run_in_threads
from tests.writes import WRITES, World

SUCCESSFUL = (200, 201, 204)
CUSTOMER = {"name": "Acme", "email": "acme@example.com"}
STALE = '"0123456789abcdef0123456789abcdef"'


@pytest.fixture
def world(db, tmp_path, settings):
    settings.SKELETON_DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    return World.begin()


@pytest.fixture
def customer(owner):
    """The path of a customer, and its ETag."""
    made = owner.post("/customers", CUSTOMER)
    return f"/customers/{made.ok(201)['id']}", made.headers["ETag"]


def changed(client, path, if_match, **values):
    return client.call("PATCH", path, values or {"name": "New"}, headers={"If-Match": if_match})


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_etag_of_a_creation_is_that_of_reading(owner, customer):
    path, etag = customer
    assert owner.get(path).headers["ETag"] == etag
    signed_in = {"Authorization": f"Bearer {owner.token}"}
    assert Client().head(f"/api/v1{path}", headers=signed_in).headers["ETag"] == etag
    assert "ETag" not in owner.get("/customers").headers


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "W/{} , W/{}", "*", "{gzip}", "W/{gzip}"])
def test_what_the_client_has_is_not_sent_again(owner, customer, form):
    path, etag = customer
    known = form.replace("{gzip}", f'{etag[:-1]}-gzip"').replace("{}", etag)
    answer = owner.call("GET", path, headers={"If-None-Match": known})
    assert answer.status == 304
    assert answer.response.content == b""
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("known", ["", STALE, "nonsense", 'W/"x"'])
def test_anything_else_is_sent(owner, customer, known):
    path, etag = customer
    answer = owner.call("GET", path, headers={"If-None-Match": known})
    assert answer.ok()["name"] == "Acme"
    assert answer.headers["ETag"] == etag


def test_errors_have_no_etag(owner):
    answer = owner.call("GET", f"/customers/{uuid4()}", headers={"If-None-Match": "*"})
    answer.refused(404)
    assert "ETag" not in answer.headers


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_change_of_the_version_that_was_read_is_made(owner, customer):
    path, etag = customer
    answer = changed(owner, path, etag)
    assert answer.ok()["name"] == "New"
    assert answer.headers["ETag"] == owner.get(path).headers["ETag"] != etag


def test_two_people_in_one_record(owner, colleague, customer):
    path, etag = customer
    changed(owner, path, etag, phone="+380 44 123").ok()
    refused = changed(colleague, path, etag, name="Other").refused(412)
    assert refused["error"] == "precondition_failed"
    assert owner.get(path).ok()["name"] == "Acme"
    now = colleague.get(path).headers["ETag"]
    changed(colleague, path, now, name="Other").ok()


@pytest.mark.parametrize("form", ["*", '"other", {}', "{gzip}"])
def test_other_forms_that_match(owner, customer, form):
    path, etag = customer
    changed(owner, path, form.replace("{gzip}", f'{etag[:-1]}-gzip"').replace("{}", etag)).ok()


@pytest.mark.parametrize("form", ["W/{}", '"other"', '""'])
def test_forms_that_do_not_match(owner, customer, form):
    path, etag = customer
    changed(owner, path, form.replace("{}", etag)).refused(412)


@pytest.mark.parametrize("form", ["nope", "", '"open', 'w/"x"', '"a" "b"', "*, *"])
def test_a_malformed_header_is_refused(owner, customer, form):
    path, _ = customer
    assert "If-Match" in changed(owner, path, form).refused(400)["message"]


def test_other_checks_come_first(owner, viewer, customer):
    path, _ = customer
    changed(viewer, path, STALE).refused(403)
    changed(owner, f"/customers/{uuid4()}", STALE).refused(404)
    changed(owner, "/customers/nonsense", "*").refused(404)
    changed(owner, path, STALE, email="no").refused(422, "email")


def test_a_creation_has_no_version(owner):
    owner.post("/customers", CUSTOMER, **{"If-Match": "*"}).refused(400)
    assert not Customer.objects.exists()


def test_a_replay_comes_before_the_comparison(owner, customer):
    path, etag = customer
    sent = {"If-Match": etag, "Idempotency-Key": str(uuid4())}
    first, again = (owner.call("PATCH", path, {"name": "New"}, headers=sent) for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert again.response.content == first.response.content
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.django_db(transaction=True)
def test_of_racers_with_one_version_one_wins():
    client = client_of(user_in_role("super_admin"))
    made = client.post("/customers", CUSTOMER)
    path, etag = f"/customers/{made.ok(201)['id']}", made.headers["ETag"]
    answers = run_in_threads(8, lambda number: changed(ApiClient(client.token), path, etag, name=f"Name {number}"))
    assert sorted(answer.status for answer in answers) == [200, *[412] * 7]


# --- every route ------------------------------------------------------------------------------------------------------

WITHOUT_VERSION = {
    "DELETE /conversations/{id}/messages/{message_id}": "a message has no address of its own to read it from",
    "PATCH /conversations/{id}/messages/{message_id}": "likewise",
    "PUT /conversations/{id}/messages/{message_id}": "likewise",
}
"""Writes about an object with an ETag, or a part of it, that refuse If-Match."""


def takes_if_match(route):
    method, _, path = route.partition(" ")
    return any(each["name"] == "If-Match" for each in operations()[method, f"/api/v1{path}"].get("parameters", ()))


def object_path(route, path):
    """Return the path of the object that a request to `path` is about, or None if it can't be read."""
    words = route.partition(" ")[2].split("/")
    of_object = words[: words.index("{id}") + 1] if "{id}" in words else words
    reading = operations().get(("GET", "/api/v1" + "/".join(of_object)), {"responses": {}})
    return "/".join(path.split("/")[: len(of_object)]) if "304" in reading["responses"] else None


def test_writes_about_an_object_take_if_match():
    about_objects = {route for route in WRITES if object_path(route, route.partition(" ")[2])}
    assert {route for route in about_objects if not takes_if_match(route)} == set(WITHOUT_VERSION)
    assert {route for route in WRITES if takes_if_match(route)} <= about_objects


@pytest.mark.parametrize("part_of_routes", range(4))
def test_every_write_about_an_object_compares(world, part_of_routes):
    found = []
    routes = sorted(route for route in WRITES if takes_if_match(route))
    with record_changes(("core_row_count",)) as recorder:
        for route in routes[part_of_routes::4]:
            with transaction.atomic():
                found += complaints(route, world, recorder)
                transaction.set_rollback(True)
    assert not found, "\n".join(found)


def complaints(route, world, recorder):
    """Yield what is wrong with a request that is sent for an old version, then for the current one."""
    path, body = WRITES[route](world)
    method, read = route.partition(" ")[0], object_path(route, path)
    before = world.chief.get(read)
    recorder.discard()
    stale = world.chief.call(method, path, body, headers={"If-Match": STALE})
    if stale.status != 412 or recorder.changes():
        yield f"{route}: does not compare: {stale}"
    answer = world.chief.call(method, path, body, headers={"If-Match": before.headers["ETag"]})
    if answer.status not in SUCCESSFUL or not recorder.changes():
        yield f"{route}: no effect: {answer}"
    after = world.chief.get(read)
    same = before.response.content == after.response.content
    if after.status == 200 and same != (before.headers["ETag"] == after.headers["ETag"]):
        yield f"{route}: the ETag and the bytes disagree"


CREATED_ELSEWHERE = {
    "POST /stock/receipt": "/stock",
    "POST /stock/issue": "/stock",
    "POST /stock/reserve": "/reservations",
}


def path_of_answer(route, path, answer):
    """Return the path of the object that a request has answered with."""
    pk = answer.data.get("data", answer.data).get("id")
    of_request = object_path(route, path)
    if of_request and (pk is None or pk in of_request):
        return of_request
    collection = of_request.rpartition("/")[0] if of_request else CREATED_ELSEWHERE.get(route, path)
    return f"{collection}/{pk}"


@pytest.mark.parametrize("part_of_routes", range(4))
def test_the_etag_of_an_answer_is_that_of_reading(world, part_of_routes):
    found, shown = [], 0
    for route in sorted(WRITES)[part_of_routes::4]:
        with transaction.atomic():
            path, body = WRITES[route](world)
            answer = world.chief.call(route.partition(" ")[0], path, body)
            if "ETag" in answer.headers:
                shown += 1
                reading = world.chief.get(path_of_answer(route, path, answer))
                same = reading.response.content == answer.response.content
                if not same or reading.headers.get("ETag") != answer.headers["ETag"]:
                    found.append(f"{route}: {answer} but reading {reading}")
            transaction.set_rollback(True)
    assert not found, "\n".join(found)
    assert shown
