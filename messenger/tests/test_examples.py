"""The messenger examples of the API reference, replayed as printed."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_examples_one_after_the_other(carl, dora, viewer):
    one, two = str(dora.user.pk), str(viewer.user.pk)
    body = {"type": "group", "name": "Project Team", "member_ids": [one, two]}
    made = carl.post("/conversations", body).ok(201)
    assert (made["type"], made["name"], made["member_count"]) == ("group", "Project Team", 3)
    path = f"/conversations/{made['id']}"

    listed = carl.get("/conversations", type="group", limit=20).ok()
    assert (listed["total"], listed["limit"], listed["has_more"]) == (1, 20, False)
    assert listed["items"][0]["id"] == made["id"]
    assert carl.get(path).ok()["members"][0]["user_id"] == str(carl.user.pk)

    body = {"name": "Updated Group Name", "description": "Updated description"}
    renamed = carl.put(f"{path}/group", body).ok()
    assert (renamed["name"], renamed["description"]) == ("Updated Group Name", "Updated description")
    kept = carl.put(f"{path}/group", {"description": None}).ok()
    assert (kept["name"], kept["description"]) == ("Updated Group Name", None)

    carl.delete(f"{path}/members", {"user_id": two}).ok()
    assert carl.post(f"{path}/members", {"user_id": two}).ok()["member_count"] == 3
    assert carl.delete(f"{path}/members", {"user_id": two}).ok()["member_count"] == 2

    sent = carl.post(f"{path}/messages", {"content": "Hello!", "attachments": []}).ok(201)
    assert (sent["seq"], sent["content"], sent["attachments"]) == (1, "Hello!", [])

    assert carl.patch(f"{path}/archive").ok()["archived"] is True
