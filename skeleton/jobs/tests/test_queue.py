"""The queue on the real database: jobs and transactions, failures, and workers that are killed."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction

from skeleton.db.bells import bells
from skeleton.jobs import tasks
from skeleton.jobs.failures import WORKER_LOST_MESSAGE
from skeleton.jobs.queue import ATTEMPTS, JOB_INSERTED, WORKERS, retry_delay
from skeleton.jobs.tests.jobs import count, fail, hand_on, pass_on
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.transactions import audited_transaction
from skeleton.testkit.queue import empty_queue, run_due_jobs
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(autouse=True)
def fresh_queue(db, monkeypatch):
    with empty_queue(monkeypatch):
        yield


def counted(key):
    found = sql("SELECT hits FROM core_throttle WHERE key = %s", key)
    return found[0][0] if found else 0


def status(number):
    return sql("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", number)[0]


def queued():
    return sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE 'skeleton.jobs.tests.%%'")[0][0]


def test_workers_are_woken_after_the_commit_of_a_job(monkeypatch):
    monkeypatch.setattr(bells, "_thread", threading.current_thread())  # as in a server, but it sends nothing by itself
    monkeypatch.setattr(bells, "_rung", {})
    with audited_transaction(SYSTEM, "test"):
        count.enqueue(key="never")
        transaction.set_rollback(True)
    assert WORKERS not in bells._rung
    with audited_transaction(SYSTEM, "test"):
        count.enqueue(key="once")
        assert WORKERS not in bells._rung
    assert bells._rung[WORKERS] == JOB_INSERTED


def test_no_transaction_that_enqueues_notifies_anybody():
    """NOTIFY would let all of them wait for each other's commits."""
    triggers = sql("SELECT tgname FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass AND tgtype & 4 > 0")
    assert not [name for (name,) in triggers if "notify" in name]


def test_a_job_is_part_of_its_transaction():
    with audited_transaction(SYSTEM, "test"):
        count.enqueue(key="never")
        transaction.set_rollback(True)
    assert queued() == 0
    with audited_transaction(SYSTEM, "test"):
        number = count.enqueue(key="once")
    assert status(number) == ("todo", 0)
    run_due_jobs()
    assert status(number) == ("succeeded", 1)
    assert (counted("never"), counted("once")) == (0, 1)


def test_a_job_run_again_has_no_second_effect():
    """The worker died after the job's commit and before its report, so the queue runs the job again."""
    number = count.enqueue(key="twice")
    run_due_jobs()
    with as_owner():
        sql("ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER")
        sql("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = %s", number)
        sql("ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER")
    run_due_jobs()
    assert status(number) == ("succeeded", 2)
    assert counted("twice") == 1


def test_a_failure_is_undone_and_tried_again_later():
    number = fail.enqueue(key="failing")
    run_due_jobs()
    assert counted("failing") == 0
    assert status(number) == ("todo", 1)
    scheduled = "SELECT extract(epoch FROM scheduled_at - now())::float FROM procrastinate_jobs WHERE id = %s"
    (wait,) = sql(scheduled, number)
    assert retry_delay(0) - 10 < wait[0] <= retry_delay(0) + 1
    sql("UPDATE procrastinate_jobs SET attempts = %s, scheduled_at = NULL WHERE id = %s", ATTEMPTS - 1, number)
    run_due_jobs()
    assert status(number)[0] == "failed"


def test_what_a_failing_job_enqueued_is_not_there():
    pass_on.enqueue(key="passed on")
    run_due_jobs()
    assert queued() == 1


def test_a_worker_that_does_not_wait_runs_what_its_jobs_enqueue():
    hand_on.enqueue(key="handed on", times=3)
    run_due_jobs()
    assert counted("handed on") == 3


def test_a_job_waits_for_its_time():
    number = count.enqueue(key="later", at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    run_due_jobs()
    assert status(number) == ("todo", 0)
    assert counted("later") == 0


def test_pauses_grow_to_an_hour():
    waits = [retry_delay(failures) for failures in range(ATTEMPTS)]
    assert waits[:4] == [10, 20, 40, 80]
    assert waits == sorted(waits)
    assert waits[-1] == 3600


def test_what_is_periodic():
    found = {task.task.name: task.cron for task in registry()}
    assert found == {
        "skeleton.jobs.tasks.release_stalled_jobs": "* * * * *",
        "skeleton.jobs.tasks.delete_idempotent_answers": "27 * * * *",
        "skeleton.jobs.tasks.delete_old_jobs": "17 3 * * *",
        "skeleton.events.tasks.delete_old_events": "41 3 * * *",
        "skeleton.files.tasks.report_orphans": "41 2 * * *",
        "skeleton.importexport.tasks.delete_old_imports": "43 3 * * *",
        "skeleton.importexport.tasks.fail_lost_imports": "*/5 * * * *",
        "messenger.tasks.delete_expired_tickets": "31 3 * * *",
        "contracts.tasks.run_contract_cycle": "5 * * * *",
        "billing.tasks.notify_overdue_invoices": "15 * * * *",
        "billing.tasks.send_due_reminders": "35 7 * * *",
        "skeleton.notifications.tasks.delete_old_notifications": "29 3 * * *",
        "inventory.tasks.release_expired_reservations": "* * * * *",
    }


def registry():
    from procrastinate.contrib.django import app  # noqa: PLC0415

    return app.periodic_registry.periodic_tasks.values()


def test_clean_up_keeps_what_is_young_or_failed():
    old, young, failed = (count.enqueue(key="x") for _ in range(3))
    run_due_jobs()
    sql("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", failed)
    sql("UPDATE procrastinate_events SET at = now() - interval '8 days' WHERE job_id IN (%s, %s)", old, failed)
    sql("UPDATE core_job_done SET done_at = now() - interval '8 days' WHERE job_id = %s", old)
    tasks.delete_old_jobs()
    left = {row[0] for row in sql("SELECT id FROM procrastinate_jobs")}  # at a full minute periodic ones come, too
    assert left & {old, young, failed} == {young, failed}
    assert {row[0] for row in sql("SELECT job_id FROM core_job_done")} >= {young, failed}
    assert not sql("SELECT 1 FROM core_job_done WHERE job_id = %s", old)


# --- a real worker, killed --------------------------------------------------------------------------------------------


def worker(*options):
    """Start `manage.py worker` with the database of the tests."""
    database = connection.settings_dict
    address = (
        f"postgresql://{quote(database['USER'], '')}:{quote(database['PASSWORD'], '')}@{quote(database['HOST'], '')}"
        f"{':' + str(database['PORT']) if database['PORT'] else ''}/{quote(database['NAME'], '')}"
    )
    environment = os.environ | {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SKELETON_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
        "SKELETON_ALLOWED_HOSTS": "localhost",
        "SKELETON_JOB_STALLED_SECONDS": "2",
    }
    return subprocess.Popen([sys.executable, "manage.py", "worker", *options], cwd=settings.BASE_DIR, env=environment)


def wait_for(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_worker_loses_nothing_and_doubles_nothing():
    with transaction.atomic():
        number = count.enqueue(key="killed", pause=3)
    first = worker()
    try:
        wait_for(lambda: status(number)[0] == "doing")
        time.sleep(0.5)  # it has counted, and not committed
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert status(number)[0] == "doing"
    assert counted("killed") == 0
    time.sleep(2.5)  # until it counts as dead
    second = worker("--once")
    assert second.wait(60) == 0
    assert status(number)[0] == "succeeded"
    assert counted("killed") == 1
    assert sql("SELECT error FROM core_job_failure WHERE job_id = %s", number) == [(WORKER_LOST_MESSAGE,)]


def test_a_worker_that_is_told_to_stop_finishes_its_job():
    number = count.enqueue(key="stopped", pause=1.5)
    running = worker()
    try:
        wait_for(lambda: status(number)[0] == "doing")
        running.terminate()
        assert running.wait(20) == 0
    finally:
        running.kill()
    assert status(number)[0] == "succeeded"
    assert counted("stopped") == 1
    assert sql("SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_a_job_that_was_queued_before_the_modules_moved_is_found_under_its_new_name():
    moved = (settings.BASE_DIR / "skeleton/jobs/sql/0002_tasks_moved.sql").read_text()
    number = sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " VALUES ('default', 'skeleton.exchange.tasks.apply_import', '{}') RETURNING id"
    )[0][0]
    with connection.cursor() as cursor:
        cursor.execute(moved)
    assert sql("SELECT task_name FROM procrastinate_jobs WHERE id = %s", number) == [
        ("skeleton.importexport.tasks.apply_import",)
    ]


def test_jobs_that_were_queued_under_former_names_are_renamed_and_named_back():
    folder = settings.BASE_DIR / "skeleton/jobs/sql"
    forwards, backwards = (
        (folder / f"0004_task_names{end}.sql").read_text(encoding="utf-8") for end in ("", ".reverse")
    )
    names = dict(re.findall(r"\('([\w.]+)', '([\w.]+)'\)", forwards))
    sql("DELETE FROM procrastinate_jobs WHERE task_name = ANY(%s)", [*names, *names.values()])
    queued = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, lock, queueing_lock)"
        " SELECT 'default', name, '{}', name, name FROM unnest(%s::text[]) AS name"
    )
    runs = (
        "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp)"
        " SELECT name, 0 FROM unnest(%s::text[]) AS name"
    )
    sql(queued, list(names))
    sql(runs, list(names))

    def stored(among):
        jobs = sql("SELECT task_name, lock, queueing_lock FROM procrastinate_jobs WHERE task_name = ANY(%s)", among)
        defers = sql("SELECT task_name FROM procrastinate_periodic_defers WHERE task_name = ANY(%s)", among)
        return {name for job in jobs for name in job}, {name for (name,) in defers}

    with connection.cursor() as cursor:
        cursor.execute(forwards)
    assert stored(list(names.values())) == (set(names.values()), set(names.values()))
    with connection.cursor() as cursor:
        cursor.execute(backwards)
    assert stored(list(names)) == (set(names), set(names))
