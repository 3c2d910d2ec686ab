"""Failed jobs: their reasons, and the manual actions on them."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from skeleton.audit.models import AuditEntry
from skeleton.identity.tests.factories import actor_of, user_in_role
from skeleton.jobs import services
from skeleton.jobs.failures import location_of, reason_of
from skeleton.jobs.models import Job
from skeleton.jobs.queries import jobs_with_failures, live_worker_count, periodic_jobs
from skeleton.jobs.queue import ATTEMPTS
from skeleton.jobs.tests.jobs import count, fail, pass_on
from skeleton.kernel.errors import Conflict, NotFound
from skeleton.kernel.redaction import MASK, MAX_LENGTH, redact
from skeleton.testkit.queue import empty_queue, run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_queue(db, monkeypatch):
    with empty_queue(monkeypatch):
        yield


@pytest.fixture
def chief():
    return actor_of(user_in_role("super_admin", email="olha@example.com"))


def failed():
    """Return the number of a job that has failed permanently."""
    number = fail.enqueue(key="failed")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s WHERE id = %s", [ATTEMPTS - 1, number])
    run_due_jobs()
    return number


def state(number):
    return Job.objects.get(pk=number).status


def test_why_it_failed_is_kept_after_the_rollback_and_goes_with_the_job():
    number = failed()
    job: Any = jobs_with_failures().get(pk=number)
    assert (job.status, job.attempts) == ("failed", ATTEMPTS)
    assert job.reason == "RuntimeError: as it was told to"
    assert job.place.startswith("skeleton/jobs/tests/jobs.py:")
    assert job.place.endswith(" fail")
    assert timezone.now() - job.failed_at < dt.timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])
        cursor.execute("SELECT count(*) FROM core_job_failure")
        assert cursor.fetchone() == (0,)


def test_one_that_will_be_tried_again_says_why_it_waits():
    number = pass_on.enqueue(key="x")
    run_due_jobs()
    job: Any = jobs_with_failures().get(pk=number)
    assert (job.status, job.reason) == ("todo", "RuntimeError: as it was told to")
    assert job.scheduled_at > timezone.now()


def test_a_failed_job_runs_again_and_the_person_is_in_the_audit_log(chief):
    number = failed()
    with connection.cursor() as cursor:  # what it was waiting for is there now
        cursor.execute("UPDATE procrastinate_jobs SET task_name = %s WHERE id = %s", [count.name, number])
    services.run_job_now(job_id=number, actor=chief)
    assert state(number) == "todo"
    run_due_jobs()
    assert state(number) == "succeeded"
    entry = AuditEntry.objects.get(resource="jobs")
    assert (entry.action, entry.actor_id, entry.resource_id.int) == ("run_now", chief.id, number)
    assert entry.changes["status"] == ["failed", "todo"]


def test_run_now_does_not_wait_for_the_next_try(chief):
    number = count.enqueue(key="later", at=timezone.now() + dt.timedelta(hours=1))
    run_due_jobs()
    assert state(number) == "todo"
    services.run_job_now(job_id=number, actor=chief)
    run_due_jobs()
    assert state(number) == "succeeded"


def test_one_that_fails_again_is_failed_as_before(chief):
    number = failed()
    services.run_job_now(job_id=number, actor=chief)
    run_due_jobs()
    assert state(number) == "failed"


def test_cancelled_ones_do_not_run(chief):
    waiting, dead = count.enqueue(key="never"), failed()
    services.cancel_job(job_id=dead, actor=chief)
    another = count.enqueue(key="never")
    services.cancel_job(job_id=another, actor=chief)
    run_due_jobs()
    assert [state(number) for number in (waiting, dead, another)] == ["succeeded", "cancelled", "cancelled"]
    assert set(AuditEntry.objects.filter(resource="jobs").values_list("action", flat=True)) == {"cancel"}


@pytest.mark.parametrize("verb", [services.run_job_now, services.cancel_job])
def test_what_runs_or_has_ended_stays_as_it_is(verb, chief):
    number = count.enqueue(key="done")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
    with pytest.raises(Conflict, match="running"):
        verb(job_id=number, actor=chief)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [number])
    with pytest.raises(Conflict, match="done") as refused:
        verb(job_id=number, actor=chief)
    assert refused.value.details == {"allowed": ["failed", "todo"]}
    with pytest.raises(NotFound):
        verb(job_id=number + 1000, actor=chief)


def test_a_periodic_job_waits_once(chief):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status)"
            " VALUES ('default', 'x', 'x', 'failed'), ('default', 'x', 'x', 'todo') RETURNING id"
        )
        number = cursor.fetchone()[0]
    with pytest.raises(Conflict, match="already waiting"):
        services.run_job_now(job_id=number, actor=chief)


# --- what comes by itself ---------------------------------------------------------------------------------------------


def test_periodic_jobs_with_their_last_and_next_run():
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('default', 'skeleton.jobs.tasks.delete_old_jobs', 'failed') RETURNING id)"
            " INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id)"
            " SELECT 'skeleton.jobs.tasks.delete_old_jobs', 1767237420, id FROM job"
        )
    found = {str(each.purpose): each for each in periodic_jobs()}
    clean_up = next(each for purpose, each in found.items() if purpose.startswith("Every night: delete old jobs"))
    report = next(each for each in found.values() if each.title == "Report orphans")
    assert (clean_up.last, clean_up.state) == (dt.datetime(2026, 1, 1, 3, 17, tzinfo=dt.UTC), "failed")
    assert (clean_up.next.hour, clean_up.next.minute) == (3, 17)
    assert clean_up.next > timezone.now()
    assert (report.last, report.state, report.job_id) == (None, None, None)
    assert all(found), "each says what it is for"


def test_workers_that_show_no_sign_of_life_do_not_count():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), (now() - interval '1 hour')")
    assert live_worker_count() == 1


# --- reasons without secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, kept",
    [
        ("cannot reach smtp://mailer:hunter2@mail.local:25", "cannot reach smtp://mailer:•••@mail.local:25"),
        ("401 for https://sms.example/send?token=abc123&to=1", "401 for https://sms.example/send?token=•••&to=1"),
        ('{"api_key": "abc", "to": "x"}', '{"api_key": •••, "to": "x"}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer •••"),
        ("sent eyJhbGciOi.eyJzdWIiOi.c2ln back", "sent ••• back"),
        ("connection refused", "connection refused"),
    ],
)
def test_secrets_are_left_out(said, kept):
    assert redact(said) == kept


def test_our_own_secrets_are_left_out_whatever_stands_around_them(settings):
    settings.SECRET_KEY = "correct-horse-battery-staple-of-many-characters"
    assert redact(f"bad signature by {settings.SECRET_KEY}!") == f"bad signature by {MASK}!"


def test_a_refused_row_is_not_repeated():
    """The lines after the first contain the whole row, including hashes."""
    assert reason_of(ValueError('null value in column "x"\nDETAIL:  Failing row contains (secret).')) == (
        'ValueError: null value in column "x"'
    )
    assert reason_of(ValueError()) == "ValueError"
    assert len(reason_of(ValueError("x" * 9000))) < MAX_LENGTH + 10
    assert location_of(ValueError()) == ""
