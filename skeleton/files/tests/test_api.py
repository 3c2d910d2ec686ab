"""Files over the API, stored on a real disk."""

import hashlib
import os
import threading
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from skeleton.files import usage
from skeleton.files.models import File
from skeleton.files.tests.factories import BOUNDARY, PNG, body_of, part, send, upload
from skeleton.files.views import FileViewSet
from skeleton.identity.tests.factories import actor_of
from skeleton.testkit.query_counts import check_query_counts
from skeleton.testkit.reading import check_reads

pytestmark = pytest.mark.django_db


def stored(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# --- up and down ------------------------------------------------------------------------------------------------------


def test_an_upload_comes_back_as_it_was(clerk, folder):
    content = os.urandom(300_000)
    made = upload(clerk, content, "Звіт.bin", "report")
    assert made == {
        "id": made["id"],
        "name": "Звіт.bin",
        "mime_type": "application/octet-stream",
        "size": 300_000,
        "checksum": hashlib.sha256(content).hexdigest(),
        "purpose": "report",
        "owner_id": str(clerk.user.pk),
        "url": f"/api/v1/files/{made['id']}/download",
        "created_at": made["created_at"],
    }
    assert clerk.get(f"/files/{made['id']}").ok() == made
    answer = clerk.get(made["url"].removeprefix("/api/v1"))
    answer.ok()
    assert answer.response.streaming
    assert body_of(answer) == content
    assert len(stored(folder)) == 1
    assert not list((folder.parent / "incoming").iterdir())


def test_what_is_kept_is_for_nobody_else_on_the_machine(clerk, folder):
    upload(clerk)
    (file,) = stored(folder)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        (b"#!/bin/sh\nreboot\n", "text/plain"),
        (PNG, "image/png"),
    ],
)
def test_nothing_runs_in_a_browser(clerk, content, kind):
    made = upload(clerk, content, "picture.png")
    assert made["mime_type"] == kind
    headers = clerk.get(f"/files/{made['id']}/download").headers
    assert headers["Content-Type"] == kind
    assert headers["Content-Disposition"] == 'attachment; filename="picture.png"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize(
    "asked, content, header",
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
    ],
)
def test_a_range_is_a_part(clerk, asked, content, header):
    made = upload(clerk, b"0123456789")
    answer = clerk.call("GET", f"/files/{made['id']}/download", headers={"Range": asked})
    answer.ok(206)
    assert body_of(answer) == content
    assert answer.headers["Content-Range"] == header
    assert answer.headers["Content-Length"] == str(len(content))


def test_ranges_that_are_no_part(clerk):
    made = upload(clerk, b"0123456789")
    path = f"/files/{made['id']}/download"
    refused = clerk.call("GET", path, headers={"Range": "bytes=10-"})
    refused.refused(416)
    assert refused.headers["Content-Range"] == "bytes */10"
    clerk.call("GET", path, headers={"Range": "bytes=0-1,4-5"}).ok(200)
    clerk.call("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).ok(200)
    clerk.call("GET", path, headers={"Range": "bytes=0-1", "If-Range": f'"{made["checksum"]}"'}).ok(206)


def test_what_the_client_has_is_not_sent_again(clerk):
    made = upload(clerk)
    answer = clerk.call("GET", f"/files/{made['id']}/download", headers={"If-None-Match": f'"{made["checksum"]}"'})
    answer.ok(304)


# --- whose ------------------------------------------------------------------------------------------------------------


def test_others_files_do_not_exist(clerk, holding, owner):
    made = upload(clerk)
    other = holding("files:read", "files:write")
    for path in (f"/files/{made['id']}", f"/files/{made['id']}/download"):
        other.get(path).refused(404)
    other.delete(f"/files/{made['id']}").refused(404)
    assert other.get("/files").ok()["total"] == 0
    for everybodys in (owner, holding("files:*")):
        assert everybodys.get("/files").ok()["total"] == 1
        everybodys.get(f"/files/{made['id']}/download").ok()


def test_delete_removes_row_and_bytes(clerk, folder, django_capture_on_commit_callbacks):
    made = upload(clerk)
    with django_capture_on_commit_callbacks(execute=True):
        clerk.delete(f"/files/{made['id']}").ok(204)
    clerk.get(f"/files/{made['id']}").refused(404)
    assert stored(folder) == []


def test_a_file_in_use_stays(clerk, folder, monkeypatch):
    made, other = upload(clerk), upload(clerk)
    monkeypatch.setattr(usage, "_registered", {})
    usage.register_usage("a message", lambda file_id: file_id == UUID(made["id"]))
    assert "a message" in clerk.delete(f"/files/{made['id']}").refused(409)["message"]
    clerk.delete(f"/files/{other['id']}").ok(204)
    clerk.get(f"/files/{made['id']}/download").ok()


def test_it_is_audited_without_the_key(clerk, owner):
    made = upload(clerk, purpose="contract")
    entry = owner.get("/audit", resource="files", resource_id=made["id"]).ok()["items"][0]
    assert (entry["action"], entry["actor_id"]) == ("create", str(clerk.user.pk))
    assert entry["changes"]["purpose"] == [None, "contract"]
    assert "storage_key" not in entry["changes"]


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(clerk):
    return [upload(clerk, b"x" * (9 - number), f"{number} file.txt", "p" if number % 2 else "") for number in range(5)]


def test_lists(clerk, owner, several):
    assert clerk.get("/files", sort_by="size").ok()["items"][0]["size"] == 5
    assert clerk.get("/files").ok()["items"][0]["id"] == several[-1]["id"]
    clerk.get("/files", sort_by="checksum").refused(400, "sort_by")
    clerk.get("/files", purpose="p").refused(400, "purpose")
    check_reads(FileViewSet, actor_of(clerk.user))
    check_reads(FileViewSet, actor_of(owner.user))
    check_query_counts(
        "skeleton.files",
        clerk,
        {"/files/{id}": f"/files/{several[0]['id']}", "/files/{id}/download": f"/files/{several[0]['id']}/download"},
        skip=("/files/{id}/download",),
    )


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/shadow", "shadow"),
        ("new%0D%0Aline.txt", "new%0D%0Aline.txt"),
        ("a%22b.txt", "a%22b.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("tab\tbell\x07.txt", "tabbell.txt"),
        ("x" * 400 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_names(clerk, folder, sent, kept):
    made = upload(clerk, name=sent)
    assert made["name"] == kept
    disposition = clerk.get(f"/files/{made['id']}/download").headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "\n" not in disposition
    assert stored(folder.parent) == stored(folder)
    assert all(path.name[14] == "7" for path in stored(folder)), "kept under a UUID, whatever it was called"


def test_a_name_with_quotes_cannot_leave_its_header(clerk):
    made = send(clerk, part("file", b"x", 'a\\"; evil="b.txt')).ok(201)
    disposition = clerk.get(f"/files/{made['id']}/download").headers["Content-Disposition"]
    assert disposition == 'attachment; filename="a\\"; evil=\\"b.txt"'


def test_a_header_with_a_line_break_is_not_a_name(clerk):
    made = send(clerk, part("file", b"x", "a\r\nX-Evil: 1\r\n.txt")).ok(201)
    assert made["name"] == '"a'
    assert "X-Evil" not in clerk.get(f"/files/{made['id']}/download").headers


@pytest.mark.parametrize(
    "parts, fields",
    [
        ([], ["file"]),
        ([part("purpose", b"x")], ["file"]),
        ([part("file", b"", "empty.txt")], ["file"]),
        ([part("file", b"not a file")], ["file"]),
        ([part("file", b"x", "..")], ["file"]),
        ([part("file", b"x", "a.txt"), part("file", b"y", "b.txt")], ["file"]),
        ([part("file", b"x", "a.txt"), part("other", b"y", "b.txt")], ["other"]),
        ([part("file", b"x", "a.txt"), part("colour", b"red")], ["colour"]),
        ([part("file", b"x", "a.txt"), part("purpose", b"p" * 51)], ["purpose"]),
        ([part("file", b"x", "a.txt"), part("purpose", b"\x00")], ["purpose"]),
    ],
)
def test_fields_that_are_wrong(clerk, folder, parts, fields):
    send(clerk, *parts).refused(422, *fields)
    assert stored(folder.parent) == []


def test_over_the_limit(clerk, folder, settings):
    settings.SKELETON_UPLOAD_LIMIT = 100_000
    upload(clerk, b"x" * 100_000)
    send(clerk, part("file", b"x" * 100_001, "big.bin")).refused(413)
    send(clerk, part("file", b"x" * 300_000, "big.bin")).refused(413)
    assert len(stored(folder.parent)) == 1


def test_cut_off(clerk, folder):
    whole = part("file", b"x" * 200_000, "cut.bin")
    send(clerk, whole[:100_000], end=b"").refused(400)
    send(clerk, whole, end=b"").refused(400)
    send(clerk, end=b"").refused(422, "file")
    assert stored(folder.parent) == []


def test_a_thousand_parts(clerk, folder):
    files = [part("file" if n == 0 else f"file{n}", b"x", f"{n}.txt") for n in range(1000)]
    send(clerk, *files).refused(400)
    texts = [part(f"text{n}", b"x") for n in range(3000)]
    send(clerk, part("file", b"x", "a.txt"), *texts).refused(400)
    assert stored(folder.parent) == []


def test_bodies_that_are_something_else(clerk):
    clerk.post("/files", {"file": "text"}).refused(415)
    clerk.call("POST", "/files", b"x", content_type="multipart/form-data").refused(400)
    clerk.call("POST", "/files", b"nonsense", content_type=f"multipart/form-data; boundary={BOUNDARY}").refused(400)
    clerk.call("POST", "/files", b"x", content_type="multipart/form-data; boundary=й").refused(400)


def test_uploads_are_throttled_per_user(clerk, holding, settings):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "upload": (2, 60)}
    upload(clerk)
    upload(clerk)
    refused = send(clerk, part("file", b"x", "a.txt"))
    refused.refused(429)
    assert refused.headers["Retry-After"]
    upload(holding("files:write", "files:read"))


# --- the database keeps its own ---------------------------------------------------------------------------------------


def change_by_sql(pk, change):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE files_file SET {change} WHERE id = %s", [pk])
    connection.check_constraints()


@pytest.mark.parametrize(
    "change", ["size = 0", "name = ''", "checksum = 'x'", "checksum = upper(checksum)", "owner_id = gen_random_uuid()"]
)
def test_constraints(clerk, change):
    made = upload(clerk, b"some content")
    with pytest.raises(DatabaseError), transaction.atomic():
        change_by_sql(made["id"], change)


def test_parallel_uploads_do_not_mix(clerk, folder, monkeypatch):
    """One handler per request: contents and checksums are not mixed up."""
    contents = [os.urandom(200_000) for _ in range(4)]
    from skeleton.files.uploads import MultipartParser  # noqa: PLC0415

    class Request:
        def __init__(self, body):
            self.META = {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}", "CONTENT_LENGTH": str(len(body))}

    results = {}

    def read(number):
        import io  # noqa: PLC0415

        body = part("file", contents[number], "x.bin") + f"--{BOUNDARY}--\r\n".encode()
        found = MultipartParser().parse(io.BytesIO(body), None, {"request": Request(body)})["file"]
        results[number] = found.checksum
        found.close()

    threads = [threading.Thread(target=read, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: hashlib.sha256(content).hexdigest() for number, content in enumerate(contents)}
    assert File.objects.count() == 0
