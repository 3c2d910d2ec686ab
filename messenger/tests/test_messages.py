"""Messages in the API: order, edits, deletions, attachments, repeated requests."""

import pytest

from messenger.models import Attachment, Message
from skeleton.files.tests.factories import body_of, upload

pytestmark = pytest.mark.django_db


def path_of(conversation, message=None):
    return f"/conversations/{conversation['id']}/messages" + (f"/{message['id']}" if message else "")


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class TestSending:
    def test_a_message(self, carl, group):
        body = {"content": "  Привіт!\n\n  two\t", "client_id": "a-1"}
        sent = carl.post(path_of(group), body).ok(201)
        assert sent == {
            "id": sent["id"],
            "seq": 1,
            "conversation_id": group["id"],
            "sender_id": str(carl.user.pk),
            "sender_name": carl.user.name,
            "content": body["content"],
            "attachments": [],
            "client_id": "a-1",
            "created_at": sent["created_at"],
            "edited_at": None,
            "deleted_at": None,
        }

    @pytest.mark.parametrize(
        "body, field",
        [
            ({}, "content"),
            ({"content": None}, "content"),
            ({"content": ""}, "content"),
            ({"content": " \n "}, "content"),
            ({"content": 5}, "content"),
            ({"content": "x" * 10_001}, "content"),
            ({"content": "a\x00b"}, "content"),
            ({"content": "x", "attachments": ["x"]}, "attachments.0"),
            ({"content": "x", "attachments": None}, "attachments"),
            ({"content": "x", "client_id": "c" * 101}, "client_id"),
            ({"content": "x", "text": "y"}, "text"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_what_is_refused(self, carl, group, body, field):
        carl.post(path_of(group), body).refused(422, field)
        assert carl.get(f"/conversations/{group['id']}").ok()["last_seq"] == 0

    def test_numbers_go_by_conversation(self, carl, dora, group, direct, say):
        assert [say(carl, group)["seq"], say(dora, direct)["seq"], say(dora, group)["seq"]] == [1, 1, 2]

    def test_the_same_client_id_makes_no_second(self, carl, dora, group, direct, say):
        first = say(carl, group, "one", client_id="c-1")
        again = carl.post(path_of(group), {"content": "two", "client_id": "c-1"}).ok(200)
        assert again == first
        assert say(dora, group, client_id="c-1")["seq"] == 2
        assert say(carl, direct, client_id="c-1")["seq"] == 1
        carl.patch(f"/conversations/{group['id']}/archive").ok()
        assert carl.post(path_of(group), {"content": "two", "client_id": "c-1"}).ok(200) == first

    def test_an_empty_client_id_is_none(self, carl, group, say):
        assert [say(carl, group, client_id="")["seq"], say(carl, group, client_id=None)["seq"]] == [1, 2]


class TestReading:
    def test_newest_first_by_cursor(self, carl, dora, group, say):
        for number in range(5):
            say(carl, group, str(number))
        first = dora.get(path_of(group), limit=3).ok()
        assert [one["seq"] for one in first["items"]] == [5, 4, 3]
        rest = dora.get(path_of(group), limit=3, cursor=first["next_cursor"]).ok()
        assert ([one["seq"] for one in rest["items"]], rest["has_more"]) == ([2, 1], False)
        oldest = dora.get(path_of(group), sort_order="asc", limit=2).ok()
        assert [one["seq"] for one in oldest["items"]] == [1, 2]

    def test_what_is_new(self, carl, dora, group, say):
        for number in range(5):
            say(carl, group, str(number))
        assert [one["seq"] for one in dora.get(path_of(group), after=3).ok()["items"]] == [5, 4]
        assert [one["seq"] for one in dora.get(path_of(group), after=3, sort_order="asc").ok()["items"]] == [4, 5]
        assert dora.get(path_of(group), after=5).ok()["items"] == []

    @pytest.mark.parametrize(
        "query", [{"after": "x"}, {"after": "-1"}, {"page": "1"}, {"conversation_id": "x"}, {"cursor": "x"}], ids=str
    )
    def test_a_bad_parameter_is_named(self, carl, group, query):
        carl.get(path_of(group), **query).refused(400, *query)


class TestChanging:
    def test_an_edit_is_marked(self, carl, dora, group, say):
        message = say(carl, group, "helo")
        edited = carl.patch(path_of(group, message), {"content": "hello"}).ok()
        assert (edited["content"], edited["seq"], edited["created_at"]) == ("hello", 1, message["created_at"])
        assert edited["edited_at"]
        assert carl.put(path_of(group, message), {"content": "hello"}).ok()["edited_at"] == edited["edited_at"]
        assert carl.patch(path_of(group, message), {}).ok() == edited
        assert dora.get(path_of(group)).ok()["items"] == [edited]
        for content in (None, "", 5):
            carl.patch(path_of(group, message), {"content": content}).refused(422, "content")

    def test_a_deleted_one_keeps_its_place(self, carl, dora, group, say):
        message = say(carl, group, client_id="c")
        say(dora, group, "after")
        carl.delete(path_of(group, message)).ok(204)
        shown = dora.get(path_of(group)).ok()["items"][1]
        assert (shown["seq"], shown["content"], shown["client_id"]) == (1, None, "c")
        assert shown["deleted_at"]
        carl.patch(path_of(group, message), {"content": "x"}).refused(409)
        carl.delete(path_of(group, message)).refused(409)
        assert not Message.objects.filter(content="Hello!").exists()

    def test_others_messages_are_theirs(self, carl, dora, group, say):
        message = say(carl, group)
        dora.patch(path_of(group, message), {"content": "x"}).refused(403)
        dora.delete(path_of(group, message)).refused(403)


class TestAttachments:
    def test_files_come_in_their_order(self, carl, dora, group):
        files = [upload(carl, name=f"{n}.txt") for n in range(3)]
        ids = [file["id"] for file in reversed(files)]
        sent = carl.post(path_of(group), {"attachments": [*ids, ids[0]]}).ok(201)
        assert sent["content"] is None
        assert [one["id"] for one in sent["attachments"]] == ids
        assert sent["attachments"][0] == {
            "id": ids[0],
            "name": "2.txt",
            "mime_type": "text/plain",
            "size": 5,
            "url": f"/api/v1/files/{ids[0]}/download",
        }
        assert dora.get("/conversations").ok()["items"][0]["last_message"] == sent

    def test_only_ones_own(self, carl, dora, olha, group):
        file = upload(dora)
        for client in (carl, dora):
            body = {"attachments": [file["id"]]}
            answer = client.post(path_of(group), body)
            answer.ok(201) if client is dora else answer.refused(422, "attachments.0")

    def test_who_is_in_the_conversation_may_open_it(self, carl, viewer, holding, group):
        """A viewer has files:read, and can also open files attached in their conversations."""
        member, stranger = viewer, holding("files:read", "files:write", "messenger:read")
        file = upload(carl, b"for the group")
        path = f"/files/{file['id']}"
        carl.post(f"/conversations/{group['id']}/members", {"user_id": str(member.user.pk)}).ok()
        member.get(path).refused(404)
        sent = carl.post(path_of(group), {"attachments": [file["id"]]}).ok(201)
        assert member.get(path).ok()["name"] == file["name"]
        assert body_of(member.get(f"{path}/download")) == b"for the group"
        assert member.get("/files").ok()["total"] == 0, "the list is of one's own"
        for answer in (stranger.get(path), stranger.get(f"{path}/download"), stranger.delete(path)):
            answer.refused(404)
        carl.delete(path_of(group, sent)).ok(204)
        member.get(f"{path}/download").refused(404)

    def test_who_missed_a_message_may_not_open_its_files(self, carl, viewer, group):
        file = upload(carl, b"for the others")
        members, member = f"/conversations/{group['id']}/members", {"user_id": str(viewer.user.pk)}
        carl.post(members, member).ok()
        carl.delete(members, member).ok()
        carl.post(path_of(group), {"attachments": [file["id"]]}).ok(201)
        carl.post(members, member).ok()
        viewer.get(f"/files/{file['id']}/download").refused(404)

    def test_a_file_in_use_stays_until_the_message_goes(self, carl, group):
        file = upload(carl)
        sent = carl.post(path_of(group), {"content": "see", "attachments": [file["id"]]}).ok(201)
        assert "a message" in carl.delete(f"/files/{file['id']}").refused(409)["message"]
        carl.delete(path_of(group, sent)).ok(204)
        assert not Attachment.objects.exists()
        carl.delete(f"/files/{file['id']}").ok(204)
