"""Rows without bytes and bytes without rows: made, found, swept."""

import datetime as dt
import io
import os
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from skeleton.files import storage, uses
from skeleton.files.models import File
from skeleton.files.tests.factories import part, send, upload

pytestmark = pytest.mark.django_db

OLD = "2025/01/31/0194b8f0-0000-7000-8000-000000000001"


def sweep(**options):
    said = io.StringIO()
    call_command("sweep_files", stdout=said, **options)
    return said.getvalue().splitlines()


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
    assert sweep(dry_run=True) == [f"bytes without a row: {OLD}"]
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
    assert sweep() == [f"row without bytes: {lost.pk}"]
    assert not File.objects.filter(pk=lost.pk).exists()
    assert File.objects.count() == 2
    entry = owner.get("/audit", resource="files", resource_id=lost.pk).ok()["items"][0]
    assert (entry["action"], entry["actor_email"]) == ("sweep", "system")


def test_a_lost_row_in_use_stays_and_is_named(kept, folder, monkeypatch):
    lost = File.objects.get(pk=kept[0]["id"])
    (folder / lost.storage_key).unlink()
    monkeypatch.setattr(uses, "_registered", {"a message": lambda file_id: file_id == lost.pk})
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
    assert sweep() == [f"unfinished upload: {old}"]
    assert not old.exists()
    assert young.exists()


def test_a_refused_row_leaves_no_bytes(clerk, folder):
    """The database refuses at the last moment, after the bytes were kept."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE files_file ADD CONSTRAINT files_file_test CHECK (purpose <> 'refuse me')")
    send(clerk, part("file", b"x", "a.txt"), part("purpose", b"refuse me")).refused(422)
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_delete_that_is_rolled_back_keeps_the_bytes(clerk, folder, django_capture_on_commit_callbacks):
    made = upload(clerk)
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                       "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'foreign_key_violation'; END $$")  # fmt: skip
        cursor.execute("CREATE TRIGGER refuse BEFORE DELETE ON files_file FOR EACH ROW EXECUTE FUNCTION refuse()")
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        clerk.delete(f"/files/{made['id']}").refused(409)
    assert callbacks == []
    clerk.get(f"/files/{made['id']}/download").ok()
