"""Files in the back office: the API's permissions, downloads that no browser executes, and deletion by the service."""

import pytest
from playwright.sync_api import expect

from skeleton.audit.models import AuditEntry
from skeleton.files import usage
from skeleton.files.models import File
from skeleton.files.tests.factories import upload
from skeleton.identity.tests.factories import PASSWORD, client_of, user_in_role, user_with
from skeleton.testkit.browser import run_in_browser
from skeleton.testkit.visitor import Visitor

pytestmark = pytest.mark.django_db
LIST = "/admin/files/file/"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.SKELETON_DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def clara(db):
    """A user with files."""
    return user_with("files:read", "files:write", name="Clara Clerk")


def made(owner, content=b"<html><script>alert(1)</script>", name="page.html"):
    return File.objects.get(pk=upload(client_of(owner), content, name)["id"])


def test_one_sees_ones_own_and_all_with_every_permission_on_files(clara, clerk, staff):
    file = made(clara)
    page = f"{LIST}{file.pk}/change/"
    for visitor in (Visitor(clara), clerk):
        assert "page.html" in visitor.get(LIST).content.decode()
        assert "text/html" in visitor.get(page).content.decode()
    other = staff("files:read", "files:write")
    assert "page.html" not in other.get(LIST).content.decode()
    for path in (page, f"{LIST}{file.pk}/download/", f"{LIST}{file.pk}/remove/"):
        assert other.get(path).status_code == 302
        assert staff("users:read").get(path).status_code == 403
    other.post(f"{LIST}{file.pk}/remove/")
    assert File.objects.filter(pk=file.pk).exists()


def test_a_download_is_an_attachment_that_nothing_runs(clara):
    file = made(clara)
    answer = Visitor(clara).get(f"{LIST}{file.pk}/download/")
    assert answer.getvalue() == b"<html><script>alert(1)</script>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_bytes_that_are_gone_are_told(clara, folder):
    file = made(clara)
    (folder / file.storage_key).unlink()
    answer = Visitor(clara).get(f"{LIST}{file.pk}/download/", follow=True)
    assert "is missing from the storage" in answer.content.decode()


def test_deleting(clara, monkeypatch, django_capture_on_commit_callbacks, folder):
    file, browser = made(clara), Visitor(clara)
    monkeypatch.setattr(usage, "_registered", {})
    usage.register_usage("a message", lambda pk: pk == file.pk)
    assert "a message" in browser.post(f"{LIST}{file.pk}/remove/").content.decode()
    monkeypatch.setattr(usage, "_registered", {})
    assert browser.get(f"{LIST}{file.pk}/remove/").status_code == 200
    assert File.objects.filter(pk=file.pk).exists(), "to look changes nothing"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{LIST}{file.pk}/remove/")
    assert not File.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    entry = AuditEntry.objects.filter(resource="files", action="delete").get()
    assert entry.actor_id == clara.pk


def test_whoever_may_only_read_may_not_delete(clara):
    reader = user_with("files:read")
    file = made(clara)
    File.objects.filter(pk=file.pk).update(owner=reader)
    browser = Visitor(reader)
    assert "remove/" not in browser.get(f"{LIST}{file.pk}/change/").content.decode()
    assert browser.post(f"{LIST}{file.pk}/remove/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_seen_in_a_browser(live_server):
    owner = user_in_role("admin", name="Carl Clerk", email="carl@example.com")
    for name, content in (("Звіт 2026.pdf", b"%PDF-1.7 " + b"x" * 40_000), ("notes.txt", b"Hello"), ("p.png", b"x")):
        made(owner, content, name)

    def story(window):
        page = window.go("/admin/")
        page.get_by_label("E-mail").fill("carl@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page = window.go(LIST)
        window.screenshot("files")
        page.get_by_role("link", name="Звіт 2026.pdf").click()
        expect(page.get_by_text("application/pdf").first).to_be_visible()
        window.screenshot("file")

    run_in_browser(story, live_server.url)
