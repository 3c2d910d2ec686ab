"""Backup and restore of real data, between two databases of the test's PostgreSQL."""

import json
import zipfile
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounting.services import seed_chart
from billing.models import Invoice
from billing.tests.factories import draft, part_paid, sent
from contracts.tests.factories import draft as contract
from inventory.tests.factories import reserved, stocked
from skeleton.audit.models import AuditEntry
from skeleton.events import log
from skeleton.files.models import File
from skeleton.files.tests.factories import upload
from skeleton.identity.tests.factories import client_of as api_of
from skeleton.identity.tests.factories import user_with
from skeleton.jobs.tests.jobs import count
from skeleton.testkit.roles import connection_arguments, owner_login
from skeleton.testkit.second_database import second_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.SKELETON_DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path


@pytest.fixture(autouse=True)
def owner_of_the_database(db):
    """Run as the owner of the tables: a backup reads all of them, and a restore recreates them."""
    with owner_login():
        yield


@pytest.fixture
def data(db):
    """Create data of every kind: documents, books, stock, history, files, a job, and a number series without rows."""
    seed_chart()
    part_paid()
    sent()
    draft()
    contract()
    reserved(stocked())
    count.enqueue(key="x")
    clerk = api_of(user_with("files:write", "files:read"))
    files = [upload(clerk, content, "Звіт.txt") for content in (b"first", b"second")]
    yield files
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture
def other_database(db):
    with second_database() as made:
        yield made


def run(command, *arguments):
    """Return the output of the command."""
    said = StringIO()
    call_command(command, *map(str, arguments), stdout=said)
    return said.getvalue()


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def everything():
    """Return every row of every table as text, in a stable order. A restored event log begins an epoch."""
    different = ("core_throttle", "events_log")
    tables = [table for table in connection.introspection.table_names() if table not in different]
    return {table: sorted(str(row[0]) for row in ask(f'SELECT t FROM "{table}" t')) for table in tables}


def test_what_was_backed_up_is_there_again(data, other_database, folder):
    log.append_all()  # a restore numbers what is pending
    before, position = everything(), log.log_state().newest
    target = folder / "backup.zip"
    said = run("backup", target)
    assert "Files: 2." in said
    assert target.stat().st_mode & 0o077 == 0, "whoever reads it reads everything"
    assert [path.name for path in folder.iterdir() if "partial" in path.name] == []
    kept = {path.relative_to(folder): path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()}
    for path in kept:
        (folder / path).unlink()

    with other_database:
        said = run("restore", target)
        assert "2 files" in said
        assert "The books are right." in said
        assert everything() == before
        assert not log.log_state().covers(position), "the copy may lack events that a reader has"
        assert {path: (folder / path).read_bytes() for path in kept} == kept
        assert_the_guards_stand()
        assert_numbers_go_on()
        with pytest.raises(CommandError, match="not empty"):
            run("restore", target)
        AuditEntry.objects.create(
            id="01972b15-8000-7000-8000-000000000001",
            action="x",
            resource="x",
            changes={},
            resource_id="01972b15-8000-7000-8000-000000000001",
            created_at="2026-01-01T00:00:00Z",
        )
        run("restore", target, "--force")
        assert everything() == before


def assert_the_guards_stand():
    """The restored database has the triggers that refuse changes."""
    for change in (
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM accounting_line",
        "TRUNCATE billing_payment CASCADE",
        "UPDATE inventory_stock SET quantity = 0",
        "UPDATE billing_invoice SET total = 1 WHERE status = 'sent'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            ask(change)


def assert_numbers_go_on():
    """Sequences, identity columns and number series continue from their last values."""
    last = max(Invoice.objects.exclude(number=None).values_list("number", flat=True))
    assert sent().number > last
    highest = ask("SELECT max(id) FROM procrastinate_jobs")[0][0]
    assert count.enqueue(key="next") > highest
    assert ask("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")[0][0]


def test_what_is_missing_is_said(data, other_database, folder):
    lost = File.objects.get(pk=data[0]["id"])
    (folder / "files" / lost.storage_key).unlink()
    target = folder / "backup.zip"
    assert f"Missing contents: {lost.storage_key}" in run("backup", target)
    kept = File.objects.get(pk=data[1]["id"])
    (folder / "files" / kept.storage_key).write_bytes(b"second, changed")
    said = StringIO()
    with other_database, pytest.raises(CommandError, match="differs from the backup"):
        call_command("restore", str(target), stdout=said)
    assert f"the contents of file {lost.pk} are missing" in said.getvalue()
    assert f"the contents of file {kept.pk} differ from those that were uploaded" in said.getvalue()


def test_a_backup_writes_over_nothing(data, folder):
    target = folder / "backup.zip"
    target.write_text("precious")
    with pytest.raises(CommandError, match="already exists"):
        run("backup", target)
    assert target.read_text() == "precious"
    with pytest.raises(CommandError, match="cannot be written"):
        run("backup", folder / "no" / "folder" / "backup.zip")


def rewritten(source, target, **changed):
    """Return a copy of the archive with some of its entries changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name.partition(".")[0], lambda read: read)(old.read(name)))
    return target


def test_what_is_no_whole_backup_of_ours_changes_nothing(data, other_database, folder):
    good = folder / "good.zip"
    run("backup", good)
    content = good.read_bytes()
    cut, flipped = folder / "cut.zip", folder / "flipped.zip"
    cut.write_bytes(content[: len(content) // 2])
    middle = content.index(b"PGDMP") + 1000
    flipped.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])

    def manifest(**fields):
        return lambda read: json.dumps({**json.loads(read), **fields})

    broken = {
        "not a complete backup": [cut, flipped],
        "There is no": [folder / "nowhere.zip"],
        "newer version of Skeleton": [rewritten(good, folder / "a.zip", manifest=manifest(format=2))],
        "has billing.9999_future": [
            rewritten(good, folder / "b.zip", manifest=manifest(migrations=[["billing", "9999_future"]]))
        ],
        "comes from PostgreSQL 99": [rewritten(good, folder / "c.zip", manifest=manifest(postgres=99))],
        # sound to the archive, and not to pg_restore: found out half-way through
        "Nothing was restored": [rewritten(good, folder / "d.zip", database=lambda read: read[: len(read) * 2 // 3])],
    }
    with other_database:
        run("restore", good)
        before = everything()
        for complaint, sources in broken.items():
            for source in sources:
                with pytest.raises(CommandError, match=complaint):
                    run("restore", source, "--force")
                assert everything() == before, source
        with psycopg.connect(**connection_arguments()), pytest.raises(CommandError, match="1 other connections"):
            run("restore", good, "--force")


def test_in_a_bucket_files_stay_where_they_are(data, folder, monkeypatch):
    monkeypatch.setattr("skeleton.backups.services.FileSystemStorage", type("Other", (), {}))
    assert "they are in the bucket" in run("backup", folder / "backup.zip")
    with zipfile.ZipFile(folder / "backup.zip") as made:
        assert not [name for name in made.namelist() if name.startswith("files/")]
