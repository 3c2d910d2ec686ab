"""Rows without contents and contents without rows: created, found and removed."""

import datetime as dt
import io
import os
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from structlog.testing import CapturingLogger

from skeleton.files import services, storage, tasks, usage
from skeleton.files.models import File
from skeleton.files.services import find_orphans
from skeleton.files.tasks import report_orphans
from skeleton.files.tests.factories import part, send, upload
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db

OLD = "2025/01/31/0194b8f0-0000-7000-8000-000000000001"


def said(**options):
    """Return all output of the command."""
    written = io.StringIO()
    call_command("sweep_files", stdout=written, **options)
    return written.getvalue()


def listed(**options):
    """Return what the command lists. Nothing is removed without `yes=True`."""
    return [line for line in said(**options).splitlines() if line.startswith(("bytes", "row", "unfinished"))]


def sweep(**options):
    return listed(yes=True, **options)


@pytest.fixture
def kept(clerk):
    return [upload(clerk, name=f"{number}.txt") for number in range(3)]


def place(folder, key, content=b"orphan"):
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_nothing_is_swept_where_all_is_well(kept, folder):
    assert sweep(hours=0) == []
    assert File.objects.count() == 3
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3


def test_bytes_without_a_row_are_removed_once_they_are_old(kept, folder):
    old, young, foreign = place(folder, OLD), place(folder, storage.new_key()), place(folder, "2025/01/31/readme.txt")
    assert listed() == listed(dry_run=True) == [f"bytes without a row: {OLD}"]
    assert old.exists()
    sweep()
    assert not old.exists()
    assert young.exists()
    assert foreign.exists()
    assert File.objects.count() == 3


def test_a_row_without_bytes_is_removed_and_audited(kept, folder, owner):
    lost = File.objects.get(pk=kept[0]["id"])
    (folder / lost.storage_key).unlink()
    owner.get(f"/files/{lost.pk}/download").refused(404)
    assert listed() == [f"row without bytes: {lost.pk}"]
    assert File.objects.count() == 3
    assert sweep() == [f"row without bytes: {lost.pk}"]
    assert not File.objects.filter(pk=lost.pk).exists()
    assert File.objects.count() == 2
    entry = owner.get("/audit", resource="files", resource_id=lost.pk).ok()["items"][0]
    assert (entry["action"], entry["actor_email"]) == ("sweep", "system")


def test_a_lost_row_in_use_stays_and_is_named(kept, folder, monkeypatch):
    lost = File.objects.get(pk=kept[0]["id"])
    (folder / lost.storage_key).unlink()
    monkeypatch.setattr(usage, "_registered", {"a message": lambda file_id: file_id == lost.pk})
    assert sweep() == [f"row without bytes, but in use, so it stays: {lost.pk}"]
    assert File.objects.filter(pk=lost.pk).exists()


def test_the_wrong_folder_does_not_lose_every_row(kept, folder):
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(CommandError, match="wrong storage"):
        sweep()
    assert File.objects.count() == 3
    sweep(anyway=True)
    assert File.objects.count() == 0


def test_unfinished_uploads_go(clerk, folder):
    upload(clerk)
    old, young = (folder.parent / "incoming" / name for name in ("tmpold", "tmpyoung"))
    for path in (old, young):
        path.touch()
    yesterday = time.time() - dt.timedelta(days=2).total_seconds()
    os.utime(old, (yesterday, yesterday))
    assert listed() == [f"unfinished upload: {old}"]
    assert old.exists()
    assert sweep() == [f"unfinished upload: {old}"]
    assert not old.exists()
    assert young.exists()


def test_without_yes_the_storage_is_named_and_nothing_goes(kept, folder):
    place(folder, OLD)
    text = said()
    assert f"Compared 3 rows with 4 objects in the folder {folder}" in text
    assert "Nothing was removed" in text
    assert "belongs to this installation alone" in text
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 4


def test_the_nightly_job_only_reports(kept, folder, monkeypatch):
    old, stale = place(folder, OLD), folder.parent / "incoming" / "tmpold"
    (folder / present(File.objects.first()).storage_key).unlink()
    stale.touch()
    os.utime(stale, (0, 0))
    log = CapturingLogger()
    monkeypatch.setattr(tasks, "log", log)
    report_orphans()
    found = {"bytes_without_row": 1, "rows_without_bytes": 1, "unfinished": 1}
    assert [(call.args, call.kwargs) for call in log.calls] == [
        (("orphans_found",), {"storage": f"the folder {folder}", **found})
    ]
    assert old.exists()
    assert stale.exists()
    assert File.objects.count() == 3


def test_two_folders_on_one_database(clerk, folder, settings):
    """If two instances wrongly use separate folders, no scheduled task removes the files of either."""
    here = [upload(clerk) for _ in range(2)]
    settings.MEDIA_ROOT = folder.with_name("elsewhere")
    there = [upload(clerk) for _ in range(3)]
    report_orphans()
    assert listed() == [f"row without bytes: {made['id']}" for made in here]
    settings.MEDIA_ROOT = folder
    report_orphans()
    with pytest.raises(CommandError, match="wrong storage"):
        sweep()
    assert File.objects.count() == 5
    for root, ours in ((folder, here), (folder.with_name("elsewhere"), there)):
        settings.MEDIA_ROOT = root
        assert all(storage.exists(File.objects.get(pk=made["id"]).storage_key) for made in ours)


def test_a_file_deleted_by_another_instance_stays_a_listed_orphan(
    clerk, folder, settings, django_capture_on_commit_callbacks
):
    made = upload(clerk)
    settings.MEDIA_ROOT = folder.with_name("elsewhere")
    with django_capture_on_commit_callbacks(execute=True):
        clerk.delete(f"/files/{made['id']}").ok(204)
    settings.MEDIA_ROOT = folder
    report_orphans()
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
    assert len(listed(hours=0)) == 1


def test_a_storage_full_of_strange_objects_is_not_swept_by_yes_alone(kept, folder):
    for number in range(11):
        place(folder, f"2025/01/31/0194b8f0-0000-7000-8000-{number:012}")
    with pytest.raises(CommandError, match="another installation's storage"):
        sweep()
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 14
    sweep(anyway=True)
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3


def test_what_found_its_other_half_meanwhile_stays(kept, folder):
    """An upload is committed, and a folder is mounted again, between the check and the removal."""
    first, second, _ = File.objects.order_by("id")
    (folder / second.storage_key).rename(folder / "aside")
    found = find_orphans()
    found.contents_without_row.append(first.storage_key)
    (folder / "aside").rename(folder / second.storage_key)
    services.sweep(found, actor=SYSTEM)
    assert File.objects.count() == 3
    assert all((folder / key).exists() for key in File.objects.values_list("storage_key", flat=True))


@pytest.mark.parametrize("hours", ["-1", "nan", "inf", "1e300", "soon"])
def test_hours_that_are_none(hours):
    with pytest.raises(CommandError, match="not a number of hours"):
        call_command("sweep_files", "--hours", hours)


@pytest.mark.django_db(transaction=True)
def test_bytes_stay_where_the_connection_breaks_in_the_commit(clerk, folder):
    """The row may exist: the server may have committed before the connection was lost."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON files_file DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION hang_up()"
        )
    try:
        send(clerk, part("file", b"x", "a.txt")).refused(503)
    finally:
        connection.close()
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION hang_up CASCADE")
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_a_refused_row_leaves_no_bytes(clerk, folder):
    """The database refuses at the end, after the content was stored."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE files_file ADD CONSTRAINT files_file_test CHECK (purpose <> 'refuse me')")
    send(clerk, part("file", b"x", "a.txt"), part("purpose", b"refuse me")).refused(422)
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_delete_that_is_rolled_back_keeps_the_bytes(clerk, folder, django_capture_on_commit_callbacks):
    made = upload(clerk)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'foreign_key_violation'; END $$"
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE DELETE ON files_file FOR EACH ROW EXECUTE FUNCTION refuse()")
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        clerk.delete(f"/files/{made['id']}").refused(409)
    assert callbacks == []
    clerk.get(f"/files/{made['id']}/download").ok()
