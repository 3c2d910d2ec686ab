"""Every import finishes or fails with a message on its page, whatever the file contains and whatever happens to it."""

import json
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from parties.models import Customer
from skeleton.importexport import imports
from skeleton.importexport.imports import ATTEMPTS, LOST_AFTER, fail_lost_imports, work_on_import
from skeleton.importexport.limits import Limits
from skeleton.importexport.models import Import
from skeleton.importexport.sheets import read_sheet
from skeleton.importexport.tests.hostile import ACME, HEADING, MAIN, book, repeated, row, text
from skeleton.importexport.tests.test_reader import SOON
from skeleton.testkit.queue import empty_queue, run_due_jobs

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/parties/customer/"
FILE = "name,email\nAcme,acme@example.com\n"


@pytest.fixture(autouse=True)
def bounded():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON


def page_of(visitor):
    return visitor.get(visitor.page).content.decode()


def waiting(visitor, content=FILE, monkeypatch=None):
    """Return an import that was left to a job."""
    monkeypatch.setattr(imports, "MAX_INLINE_BYTES", 0)
    import_ = visitor.check(CUSTOMERS, content)
    assert import_.state == "checking"
    return import_


def jobs_of(import_):
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s", [work_on_import.name])
        found = [json.loads(args) for (args,) in cursor.fetchall()]
    return [args for args in found if args == {"import_id": str(import_.pk)}]


# --- files that used to block a thread or kill a worker ---------------------------------------------------------------


def test_a_small_workbook_that_names_a_far_row_is_refused_on_its_page(clerk):
    answer = clerk.upload(CUSTOMERS, book(HEADING + ACME + row(1_000_000_000_000, text("x"))), name="x.xlsx")
    assert "beyond row 1,048,576" in answer.content.decode()
    padded = HEADING + "".join(row(n, text("x" * 9_000)) for n in range(2, 130)) + row(1_000_000_000_000, text("x"))
    refused = clerk.check(CUSTOMERS, book(padded), name="x.xlsx")  # the heading is available before the rest is read
    assert refused.state == "refused"
    page = page_of(clerk)
    assert "beyond row 1,048,576" in page
    assert "Nothing was changed" in page


def test_strings_that_unfold_to_hundreds_of_megabytes_are_refused_by_the_job(clerk):
    strings = repeated(f"<sst {MAIN}>", f"<si><t>{'x' * 985}</t></si>", 100_000, "</sst>")
    bomb = book(sharedStrings=strings)
    assert len(bomb) > imports.MAX_INLINE_BYTES
    began = time.monotonic()
    import_ = clerk.check(CUSTOMERS, bomb, name="x.xlsx")
    assert time.monotonic() - began < SOON / 2
    assert import_.state == "checking"
    (args,) = jobs_of(import_)
    work_on_import(**args)
    assert clerk.latest().state == "refused"
    assert "unfolds to more" in page_of(clerk)


def test_a_million_empty_rows_below_the_table_are_passed_over(clerk):
    tail = "".join(f'<row r="{n}" s="1"/>' for n in range(3, 2**20 + 1))
    import_ = clerk.check(CUSTOMERS, book(HEADING + ACME + tail), name="x.xlsx")
    assert import_.state == "checking"
    work_on_import(import_id=str(import_.pk))
    assert clerk.latest().report["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "wrong": 0}


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 nonsense",
        b"\xd0\xcf\x11\xe0",
        b"\x1f\x8b\0\0",
        b"\0" * 1_000,
        b"\xff\xfe\0",
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<html>",
        b"x" * 1_100_000,
        b"x," * 150,
        b"\x80\x81,\xff",
    ],
    ids=lambda content: repr(content[:12]),  # the environment of child processes has the name of the test
)
def test_what_is_no_table_of_the_screen_is_refused_at_the_form_in_few_words(clerk, content):
    answer = clerk.upload(CUSTOMERS, content)
    assert answer.status_code == 200
    (refusal,) = answer.context["form"].errors["file"]
    assert 10 < len(refusal) < 1_500
    assert not Import.objects.exists()


def test_errors_of_a_spreadsheet_are_refused_where_they_stand(clerk):
    found = '<c t="e"><v>#DIV/0!</v></c>'
    refused = clerk.check(CUSTOMERS, book(HEADING + row(2, text("Acme"), found)), name="x.xlsx")
    assert "error such as #N/A" in refused.report["wrong"][0]["errors"]["email"]


# --- requests wait for a few seconds only -----------------------------------------------------------------------------


@pytest.mark.parametrize("limits", [Limits(seconds=0.001), Limits(rows=1)])
def test_what_a_request_cannot_wait_for_is_left_to_a_job(clerk, monkeypatch, limits):
    monkeypatch.setattr(imports, "REQUEST_LIMITS", limits)
    import_ = clerk.check(CUSTOMERS, FILE + "B,b@example.com\n")
    assert import_.state == "checking"
    (args,) = jobs_of(import_)
    work_on_import(**args)
    assert clerk.latest().state == "checked"
    assert clerk.apply().state == "applying"
    work_on_import(**args)
    assert clerk.latest().state == "done"


def test_a_database_that_fails_in_the_request_leaves_the_work_to_a_job(clerk, monkeypatch):
    def fail(*args, **rest):
        raise OperationalError("canceling statement due to lock timeout")

    with monkeypatch.context() as patched:
        patched.setattr(imports, "process", fail)
        import_ = clerk.check(CUSTOMERS, FILE)
    assert import_.state == "checking"
    (args,) = jobs_of(import_)
    work_on_import(**args)
    assert clerk.latest().state == "checked"


# --- jobs that die ----------------------------------------------------------------------------------------------------


def test_a_job_that_dies_each_time_is_given_up(clerk, monkeypatch):
    """Simulate a killed worker: only the start of the attempt is recorded."""
    import_ = waiting(clerk, monkeypatch=monkeypatch)

    def die(*args, **rest):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(imports, "read_sheet", die)
        for _ in range(ATTEMPTS):
            with pytest.raises(SystemExit):
                work_on_import(import_id=str(import_.pk))
            assert clerk.latest().state == "checking"
        work_on_import(import_id=str(import_.pk))
    assert clerk.latest().state == "failed"
    assert "was aborted" in page_of(clerk)
    work_on_import(import_id=str(import_.pk))
    assert clerk.latest().attempts <= ATTEMPTS + 1


def test_applying_has_attempts_of_its_own(clerk):
    import_ = clerk.check(CUSTOMERS, FILE)
    Import.objects.update(attempts=ATTEMPTS)
    assert clerk.apply().state == "done"
    assert import_.pk == clerk.latest().pk


def test_an_import_without_a_job_fails_after_a_while_and_one_with_a_job_waits(clerk, monkeypatch):
    lost, kept = waiting(clerk, monkeypatch=monkeypatch), waiting(clerk, monkeypatch=monkeypatch)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE args ->> 'import_id' = %s", [str(lost.pk)])
    fail_lost_imports()
    assert Import.objects.filter(state="checking").count() == 2
    Import.objects.update(updated_at=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    fail_lost_imports()
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.state, kept.state) == ("failed", "checking")
    assert "aborted" in lost.message


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_works_on_an_import(clerk, monkeypatch):
    with empty_queue(monkeypatch):
        import_ = waiting(clerk, monkeypatch=monkeypatch)
        other = connection.copy()
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"exchange_import:{import_.pk}"])
            work_on_import(import_id=str(import_.pk))
        assert clerk.latest().state == "checking"
        other.close()
        work_on_import(import_id=str(import_.pk))
        assert clerk.latest().state == "checked"


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_worker_reads(clerk, monkeypatch):
    seen = []
    read = read_sheet

    def noted(*args, **rest):
        seen.append(connection.in_atomic_block)
        return read(*args, **rest)

    monkeypatch.setattr(imports, "read_sheet", noted)
    with empty_queue(monkeypatch):
        waiting(clerk, monkeypatch=monkeypatch)
        run_due_jobs()
        assert clerk.latest().state == "checked"
        assert clerk.apply().state == "applying"
        run_due_jobs()
        assert clerk.latest().state == "done"
    assert seen == [False, False]
    assert Customer.objects.count() == 1
