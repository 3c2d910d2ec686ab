"""Conversations in the API: who can see and change them, and what they contain."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from messenger.feed import MessengerFeed, missed_events
from messenger.queries import unread_of
from skeleton.events.hub import Listener
from skeleton.events.log import append_all, log_state
from skeleton.identity.tests.factories import UserFactory, client_of, user_with

pytestmark = pytest.mark.django_db


def ids(*clients):
    return [str(client.user.pk) for client in clients]


def told(events):
    """Return the contents of the messages among the events that a stream would send."""
    data = [json.loads(event.frame.split(b"data: ")[1]) for event in events]
    return [one["message"]["content"] for one in data if "message" in one]


class TestBeginning:
    def test_a_group(self, carl, dora):
        made = carl.post("/conversations", {"type": "group", "member_ids": ids(dora, carl, dora)}).ok(201)
        assert [one["user_id"] for one in made["members"]] == ids(carl, dora)
        assert (made["owner_id"], made["created_by"], made["name"]) == (*ids(carl, carl), None)
        assert (made["last_seq"], made["unread_count"], made["last_message"]) == (0, 0, None)

    def test_a_direct_one_is_called_as_the_other_in_it(self, carl, dora, direct):
        assert (direct["name"], direct["owner_id"]) == (dora.user.name, None)
        assert dora.get(f"/conversations/{direct['id']}").ok()["name"] == carl.user.name

    def test_a_direct_one_is_there_once(self, carl, dora, direct):
        for client, other in ((carl, dora), (dora, carl)):
            again = client.post("/conversations", {"type": "direct", "member_ids": ids(other)}).ok(200)
            assert again["id"] == direct["id"]
        assert carl.get("/conversations", type="direct").ok()["total"] == 1

    def test_a_direct_one_is_with_exactly_one(self, carl, dora, viewer):
        carl.post("/conversations", {"type": "direct", "member_ids": ids(carl, dora)}).ok(201)
        for members in ((dora, viewer), (carl,)):
            body = {"type": "direct", "member_ids": ids(*members)}
            carl.post("/conversations", body).refused(422, "member_ids")
        for name in ("name", "description"):
            body = {"type": "direct", "member_ids": ids(dora), name: "x"}
            carl.post("/conversations", body).refused(422, name)

    @pytest.mark.parametrize(
        "body, fields",
        [
            ({}, ["type", "member_ids"]),
            ({"type": "room", "member_ids": []}, ["type", "member_ids"]),
            ({"type": "group", "member_ids": ["x"]}, ["member_ids.0"]),
            ({"type": "group", "member_ids": [str(uuid4())]}, ["member_ids.0"]),
            ({"type": "group", "member_ids": None}, ["member_ids"]),
            ({"type": "group", "member_ids": "x", "name": 5}, ["member_ids", "name"]),
            ({"type": "group", "member_ids": [str(uuid4())], "owner": 1}, ["owner"]),
        ],
        ids=lambda value: str(value)[:40] if isinstance(value, list) else "",
    )
    def test_what_is_refused(self, carl, body, fields):
        if body.get("member_ids") and isinstance(body["member_ids"], list) and len(body["member_ids"][0]) > 30:
            body = {**body, "member_ids": ["01972b15-8000-7000-8000-00000000dead"]}
        carl.post("/conversations", body).refused(422, *fields)

    def test_nobody_but_oneself_and_nobody_who_left(self, carl):
        carl.post("/conversations", {"type": "group", "member_ids": ids(carl)}).refused(422, "member_ids")
        gone = UserFactory.create(is_active=False)
        body = {"type": "group", "member_ids": [str(gone.pk)]}
        carl.post("/conversations", body).refused(422, "member_ids.0")


class TestMembership:
    """A conversation does not exist for anyone but its members, whatever their permissions."""

    ROUTES: tuple[tuple[str, str, Any], ...] = (
        ("GET", "", None),
        ("PUT", "/group", {"name": "x"}),
        ("PATCH", "/archive", {}),
        ("PATCH", "/unarchive", {}),
        ("POST", "/members", {"user_id": "01972b15-8000-7000-8000-00000000dead"}),
        ("DELETE", "/members", {"user_id": "01972b15-8000-7000-8000-00000000dead"}),
        ("POST", "/read", {"seq": 1}),
        ("GET", "/messages", None),
        ("POST", "/messages", {"content": "x"}),
        ("PATCH", "/messages/{message}", {"content": "x"}),
        ("DELETE", "/messages/{message}", None),
    )

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route[:2]))
    def test_matrix(self, olha, carl, group, say, route):
        method, path, body = route
        message = say(carl, group)
        where = f"/conversations/{group['id']}{path.format(message=message['id'])}"
        stranger = client_of(user_with("messenger:read", "messenger:write"))
        for outsider in (olha, stranger):
            there = outsider.call(method, where, body).refused(404)
            nowhere = where.replace(group["id"], str(uuid4()))
            missing = outsider.call(method, nowhere, body).refused(404)
            assert {**there, "request_id": 0} == {**missing, "request_id": 0}
        assert carl.call(method, where, body).status != 404 or (method, path) == ("DELETE", "/members")
        assert olha.get("/conversations").ok()["total"] == 0

    def test_a_message_is_found_in_its_own_conversation_only(self, carl, group, direct, say):
        message = say(carl, group)
        path = f"/conversations/{direct['id']}/messages/{message['id']}"
        carl.patch(path, {"content": "x"}).refused(404)
        carl.delete(path).refused(404)

    def test_who_leaves_sees_nothing_more(self, carl, dora, group, say):
        say(carl, group)
        path = f"/conversations/{group['id']}"
        left = dora.delete(f"{path}/members", {"user_id": str(dora.user.pk)}).ok()
        assert [one["user_id"] for one in left["members"]] == ids(carl)
        dora.get(path).refused(404)
        dora.get(f"{path}/messages").refused(404)
        assert dora.get("/conversations").ok()["items"] == []

    def test_who_was_removed_and_added_again_misses_what_was_written_meanwhile(self, carl, dora, group, say):
        path = f"/conversations/{group['id']}"
        member = {"user_id": str(dora.user.pk)}
        say(carl, group, "before")
        carl.delete(f"{path}/members", member).ok()
        missed = say(carl, group, "secret")
        append_all()
        position = log_state().newest
        carl.post(f"{path}/members", member).ok()
        append_all()

        def seen():
            return [one["content"] for one in dora.get(f"{path}/messages").ok()["items"]]

        assert seen() == ["before"]
        assert dora.get(path).ok()["last_message"] is None
        assert dora.get("/conversations").ok()["items"][0]["unread_count"] == 0
        carl.patch(f"{path}/messages/{missed['id']}", {"content": "still secret"}).ok()
        say(carl, group, "after")
        assert seen() == ["after", "before"]
        assert dora.get(path).ok()["last_message"]["content"] == "after"
        assert [one["content"] for one in carl.get(f"{path}/messages").ok()["items"]][1] == "still secret"
        append_all()
        no_stream: Any = None
        listener = Listener(SimpleNamespace(user_id=dora.user.pk), position, no_stream)
        newest = log_state().newest
        assert told(missed_events(dora.user.pk, position, newest)[0]) == ["after"]
        assert told(MessengerFeed().new_events([listener], position, newest)[0][listener]) == ["after"]
        carl.delete(f"{path}/members", member).ok()
        say(carl, group, "again")
        carl.post(f"{path}/members", member).ok()
        assert seen() == ["after", "before"]

    def test_who_comes_sees_everything_as_read(self, carl, viewer, group, say):
        say(carl, group)
        path = f"/conversations/{group['id']}"
        viewer.get(path).refused(404)
        carl.post(f"{path}/members", {"user_id": str(viewer.user.pk)}).ok()
        assert viewer.get(path).ok()["unread_count"] == 0
        assert len(viewer.get(f"{path}/messages").ok()["items"]) == 1


class TestMembers:
    def test_only_the_owner_adds_and_removes(self, carl, dora, viewer, group):
        path = f"/conversations/{group['id']}/members"
        dora.post(path, {"user_id": str(viewer.user.pk)}).refused(403)
        dora.delete(path, {"user_id": str(carl.user.pk)}).refused(403)
        carl.post(path, {"user_id": str(viewer.user.pk)}).ok()
        carl.post(path, {"user_id": str(viewer.user.pk)}).refused(409, "user_id")
        carl.delete(f"{path}?user_id={viewer.user.pk}").ok()
        carl.delete(f"{path}?user_id={viewer.user.pk}").refused(404)
        carl.delete(f"{path}?user_id=x").refused(400, "user_id")
        carl.post(path, {"user_id": str(uuid4())}).refused(422, "user_id")
        carl.post(path, {}).refused(422, "user_id")

    def test_a_leaving_owner_hands_over_to_the_longest_standing(self, carl, dora, viewer, group):
        path = f"/conversations/{group['id']}"
        carl.post(f"{path}/members", {"user_id": str(viewer.user.pk)}).ok()
        assert carl.delete(f"{path}/members?user_id={carl.user.pk}").ok()["owner_id"] == str(dora.user.pk)
        assert dora.delete(f"{path}/members?user_id={dora.user.pk}").ok()["owner_id"] == str(viewer.user.pk)
        assert viewer.get(path).ok()["member_count"] == 1

    def test_the_last_one_may_leave(self, carl, dora, group):
        path = f"/conversations/{group['id']}/members"
        carl.delete(f"{path}?user_id={dora.user.pk}").ok()
        left = carl.delete(f"{path}?user_id={carl.user.pk}").ok()
        assert (left["owner_id"], left["members"]) == (None, [])

    def test_a_direct_one_keeps_its_two(self, carl, dora, viewer, direct):
        path = f"/conversations/{direct['id']}"
        carl.post(f"{path}/members", {"user_id": str(viewer.user.pk)}).refused(409)
        carl.delete(f"{path}/members?user_id={carl.user.pk}").refused(409)
        carl.put(f"{path}/group", {"name": "x"}).refused(409)


class TestGroup:
    def test_partial_updates(self, carl, dora, group):
        path = f"/conversations/{group['id']}/group"
        assert dora.put(path, {"description": "d"}).ok()["name"] == "Team"
        assert dora.patch(path, {}).ok()["description"] == "d"
        assert dora.put(path, {"description": ""}).ok()["description"] is None
        for name in (None, "", 5, "x" * 256):
            dora.put(path, {"name": name}).refused(422, "name")
        dora.put(path, {"phnoe": 1}).refused(422, "phnoe")


class TestArchive:
    def test_archived_is_read_only(self, carl, dora, viewer, group, say):
        message = say(carl, group)
        path = f"/conversations/{group['id']}"
        dora.patch(f"{path}/archive").refused(403)
        carl.patch(f"{path}/unarchive").refused(409)
        assert carl.patch(f"{path}/archive").ok()["archived_at"]
        carl.patch(f"{path}/archive").refused(409)
        carl.post(f"{path}/messages", {"content": "x"}).refused(409)
        carl.patch(f"{path}/messages/{message['id']}", {"content": "x"}).refused(409)
        carl.delete(f"{path}/messages/{message['id']}").refused(409)
        carl.put(f"{path}/group", {"name": "x"}).refused(409)
        carl.post(f"{path}/members", {"user_id": str(viewer.user.pk)}).refused(409)
        carl.delete(f"{path}/members?user_id={dora.user.pk}").refused(409)
        assert dora.get(f"{path}/messages").ok()["items"][0]["content"] == "Hello!"
        assert dora.post(f"{path}/read", {"seq": 1}).ok()["unread_count"] == 0
        assert dora.get("/conversations", archived="true").ok()["total"] == 1
        assert dora.get("/conversations", archived="false").ok()["total"] == 0
        carl.patch(f"{path}/unarchive").ok()
        carl.post(f"{path}/messages", {"content": "x"}).ok(201)

    def test_either_side_of_a_direct_one_archives_it(self, carl, dora, direct):
        path = f"/conversations/{direct['id']}"
        dora.patch(f"{path}/archive").ok()
        assert carl.patch(f"{path}/unarchive").ok()["archived"] is False


class TestReading:
    def test_unread_follows_from_what_was_read(self, carl, dora, group, say):
        path = f"/conversations/{group['id']}"
        for number in range(3):
            say(carl, group, f"message {number}")
        assert carl.get(path).ok()["unread_count"] == 0
        shown = dora.get("/conversations").ok()["items"][0]
        assert (shown["unread_count"], shown["last_message"]["content"]) == (3, "message 2")
        assert dora.post(f"{path}/read", {"seq": 2}).ok()["unread_count"] == 1
        assert dora.post(f"{path}/read", {"seq": 1}).ok()["read_seq"] == 2
        assert dora.post(f"{path}/read", {"seq": 0}).ok()["read_seq"] == 2
        dora.post(f"{path}/read", {"seq": 4}).refused(422, "seq")
        for seq in (-1, 1.5, "1", None, 2**63):
            dora.post(f"{path}/read", {"seq": seq}).refused(422, "seq")
        say(dora, group)
        assert dora.get(path).ok()["unread_count"] == 0
        assert [one["read_seq"] for one in carl.get(path).ok()["members"]] == [3, 4]

    def test_deleted_messages_are_not_unread(self, carl, dora, group, say):
        path = f"/conversations/{group['id']}"
        first, second, _ = (say(carl, group) for _ in range(3))
        dora.post(f"{path}/read", {"seq": 1}).ok()
        assert dora.get(path).ok()["unread_count"] == 2
        carl.delete(f"{path}/messages/{first['id']}").ok(204)
        assert dora.get(path).ok()["unread_count"] == 2, "it had been read"
        carl.delete(f"{path}/messages/{second['id']}").ok(204)
        assert dora.get(path).ok()["unread_count"] == 1
        assert dora.get("/conversations").ok()["items"][0]["unread_count"] == 1
        assert unread_of(dora.user.pk) == 1
        assert dora.post(f"{path}/read", {"seq": 3}).ok()["unread_count"] == 0
        assert (unread_of(dora.user.pk), unread_of(carl.user.pk)) == (0, 0)

    def test_the_newest_activity_is_first(self, carl, group, direct, say):
        def order():
            return [one["id"] for one in carl.get("/conversations").ok()["items"]]

        assert order() == [direct["id"], group["id"]]
        say(carl, group)
        assert order() == [group["id"], direct["id"]]
        assert [one["id"] for one in carl.get("/conversations", cursor="", limit=1).ok()["items"]] == [group["id"]]

    @pytest.mark.parametrize(
        "query", [{"type": "room"}, {"archived": "1"}, {"who": "me"}, {"sort_by": "name"}], ids=str
    )
    def test_a_bad_parameter_is_named(self, carl, query):
        carl.get("/conversations", **query).refused(400, *query)
