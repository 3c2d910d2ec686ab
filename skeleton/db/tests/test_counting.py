"""Row counts maintained by triggers: always exact, and without blocking writers."""

import random
import threading

import pytest
from django.db import connection, transaction

from skeleton.db.counting import MaintainedCount
from skeleton.db.models import RowCount
from skeleton.testkit.roles import as_owner, grant_to_public

SCRATCH = "core_scratch_counted"


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def add(colour, n=1):
    run(f"INSERT INTO {SCRATCH} (colour) SELECT %s FROM generate_series(1, %s::int)", colour, n)


def remove(colour, n=1):
    free = f"SELECT id FROM {SCRATCH} WHERE colour = %s LIMIT %s::int FOR UPDATE SKIP LOCKED"
    run(f"DELETE FROM {SCRATCH} WHERE id IN ({free})", colour, n)


def kept():
    found = {c: MaintainedCount(SCRATCH, c).statement().run({})[0][0] for c in ("red", "blue")}
    return {colour: n for colour, n in found.items() if n}


def counted():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT colour, count(*) FROM {SCRATCH} GROUP BY 1")
        return dict(cursor.fetchall())


@pytest.fixture
def scratch(request):
    """A table with three red rows, which is then counted by colour."""
    with as_owner():
        run(f"CREATE TABLE {SCRATCH} (id bigserial PRIMARY KEY, colour text NOT NULL)")
        add("red", 3)
        run(f"SELECT core_begin_counting('{SCRATCH}', 'colour')")
    grant_to_public(SCRATCH)
    grant_to_public("core_row_count")
    yield
    with as_owner():
        run(f"DROP TABLE {SCRATCH}")
        run("DELETE FROM core_row_count WHERE source = %s", SCRATCH)
        run("REVOKE ALL ON core_row_count FROM PUBLIC")


@pytest.mark.django_db
def test_it_begins_with_what_is_there_and_follows_every_statement(scratch):
    assert kept() == {"red": 3}
    add("blue", 5)
    remove("red", 2)
    run(f"UPDATE {SCRATCH} SET colour = 'red' WHERE id IN (SELECT id FROM {SCRATCH} WHERE colour = 'blue' LIMIT 2)")
    run(f"INSERT INTO {SCRATCH} (id, colour) SELECT id, 'red' FROM {SCRATCH} ON CONFLICT DO NOTHING")
    run(f"DELETE FROM {SCRATCH} WHERE id < 0")
    assert kept() == counted() == MaintainedCount(SCRATCH).by_partition() == {"red": 3, "blue": 3}
    assert MaintainedCount(SCRATCH).statement().run({})[0][0] == 6
    remove("blue", 3)
    assert MaintainedCount(SCRATCH).by_partition() == {"red": 3}
    add("blue", 3)
    run("SELECT core_fold_row_count(%s)", SCRATCH)
    assert kept() == counted()
    assert RowCount.objects.filter(source=SCRATCH).count() == 2
    with as_owner():
        run(f"TRUNCATE {SCRATCH}")
    assert kept() == counted() == {}


@pytest.mark.django_db
def test_a_rollback_takes_its_difference_along(scratch):
    with transaction.atomic():
        add("red", 100)
        run("SELECT core_fold_row_count(%s)", SCRATCH)
        assert kept() == {"red": 103}
        transaction.set_rollback(True)
    assert kept() == {"red": 3}


@pytest.mark.django_db
def test_without_a_column_the_whole_table_is_counted(scratch):
    with as_owner():
        run(f"SELECT core_stop_counting('{SCRATCH}')")
        run(f"SELECT core_begin_counting('{SCRATCH}')")
    add("blue", 4)
    remove("red", 1)
    assert MaintainedCount(SCRATCH).statement().run({})[0][0] == 6


def change_at_random(chance):
    """Run one transaction with random changes, which may be rolled back."""
    with transaction.atomic():
        run("SET LOCAL lock_timeout = '3s'")
        add(chance.choice(["red", "blue"]), chance.randint(1, 4))
        if chance.random() < 0.3:
            remove("red")
        if chance.random() < 0.3:
            run("SELECT core_fold_row_count(%s)", SCRATCH)
        transaction.set_rollback(chance.random() < 0.2)


@pytest.mark.django_db(transaction=True)
def test_writers_and_folders_at_once_leave_the_exact_number(scratch):
    failures = []

    def work(seed):
        chance = random.Random(seed)
        try:
            for _ in range(30):
                change_at_random(chance)
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    looks = 0
    while any(thread.is_alive() for thread in threads):
        with transaction.atomic():
            run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # one snapshot for both
            assert kept() == counted()
            looks += 1
    assert (failures, looks > 5) == ([], True)
    assert kept() == counted()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_another_writer_of_the_counter(scratch):
    done = threading.Event()

    def other():
        try:
            with transaction.atomic():
                run("SET LOCAL lock_timeout = '2s'")
                add("red")
                run("SELECT core_fold_row_count(%s)", SCRATCH)
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        add("red")
        run("SELECT core_fold_row_count(%s)", SCRATCH)
        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(10)
        thread.join()
    assert kept() == counted() == {"red": 5}
