"""The audit log over the API."""

import pytest

from skeleton.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


def make_role(client, name):
    return client.post("/roles", {"name": name, "permissions": ["invoices:read"]}).ok(201)["id"]


def test_a_change_names_its_actor_and_what_was_before_and_after(owner):
    role = make_role(owner, "Clerk")
    owner.put(f"/roles/{role}", {"name": "Chief clerk"}).ok()
    newest, first = owner.get("/audit", resource="roles", resource_id=role).ok()["items"]
    assert newest["changes"] == {"name": ["Clerk", "Chief clerk"]}
    assert (newest["action"], newest["actor_id"]) == ("update", str(owner.user.pk))
    assert (first["action"], first["changes"]["name"]) == ("create", [None, "Clerk"])


def test_the_entry_carries_the_request_id_of_its_request(owner):
    owner.post("/roles", {"name": "Clerk", "permissions": []}, **{"X-Request-ID": "trace-7"}).ok(201)
    entry = owner.get("/audit", action="create", resource="roles").ok()["items"][0]
    assert entry["request_id"] == "trace-7"
    assert entry["ip"] == "127.0.0.1"


def test_it_is_paged_by_cursor_without_loss_or_double(owner):
    for number in range(7):
        make_role(owner, f"role {number}")
    seen, cursor = [], ""
    while cursor is not None:
        page = owner.get("/audit", resource="roles", actor_id=owner.user.pk, limit=3, cursor=cursor).ok()
        seen += [entry["changes"]["name"][1] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"role {number}" for number in reversed(range(7))]


def test_days_are_inclusive(owner):
    make_role(owner, "Clerk")
    today = owner.get("/audit", resource="roles").ok()["items"][0]["created_at"][:10]
    assert owner.get("/audit", from_date=today, to_date=today, resource="roles").ok()["items"]
    assert owner.get("/audit", to_date="2020-01-01").ok()["items"] == []
    assert owner.get("/audit", from_date="9999-12-31", to_date="9999-12-31").ok()["items"] == []


@pytest.mark.parametrize(
    "query",
    [{"page": "1"}, {"actor_id": "x"}, {"from_date": "01/02/2026"}, {"who": "me"}, {"cursor": "?"}],
)
def test_bad_parameters_are_named(owner, query):
    owner.get("/audit", **query).refused(400, *query)


def test_filters_that_match_nothing_give_an_empty_list(owner):
    assert owner.get("/audit", resource_id=uuid7()).ok()["items"] == []
