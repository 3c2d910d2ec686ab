"""The event log under concurrency: each event once, in the order of positions, whatever commits late."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.rows import tuple_row

from parties.models import Country
from parties.tests.factories import CountryFactory
from skeleton.db.fetching import fetch
from skeleton.events import log
from skeleton.events.models import Event, PendingEvent
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.kernel.transactions import audited_transaction
from skeleton.testkit.roles import as_owner

pytestmark = pytest.mark.django_db

WRITERS, EACH, SEQUENCERS, READERS = 12, 15, 3, 4


def events_of(pk):
    log.append_all()
    return list(Event.objects.filter(resource_id=pk).order_by("position").values_list("verb", "changes"))


def test_a_change_makes_one_event_for_each_transaction_and_object():
    with audited_transaction(SYSTEM, "create"):
        country = CountryFactory.create()
        Country.objects.filter(pk=country.pk).update(name={"en": "Arcadia"})
    log.append_all()
    event = Event.objects.get(resource_id=country.pk)
    assert (event.source, event.verb, event.resource) == ("parties_country", "created", "countries")
    assert "name" in event.changes
    assert PendingEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("first", "then", "verb"),
    [
        ("UPDATE", "UPDATE", "updated"),
        ("INSERT", "UPDATE", "created"),
        ("INSERT", "sent", "sent"),
        ("UPDATE", "sent", "sent"),
        ("sent", "UPDATE", "sent"),
        ("sent", "paid", "paid"),
        ("INSERT", "DELETE", "deleted"),
        ("sent", "DELETE", "deleted"),
    ],
)
def test_the_most_important_change_names_the_event(first, then, verb):
    pk = uuid7()
    with as_owner():
        for change in (first, then):
            status = change if change.islower() else None
            operation = "UPDATE" if status else change
            fetch(
                "SELECT events_add('t', %s, 'things', %s, NULL, %s, ARRAY[%s])", [operation, pk, status, change.lower()]
            )
    assert events_of(pk) == [(verb, sorted({first.lower(), then.lower()}))]


@contextmanager
def connections_of_own(count):
    """Raw connections as the application's role, in autocommit mode."""
    parameters = connection.get_connection_params()
    keys = ("dbname", "user", "password", "host", "port")
    raw = [
        psycopg.connect(
            **{key: parameters[key] for key in keys if parameters.get(key)}, autocommit=True, row_factory=tuple_row
        )
        for _ in range(count)
    ]
    try:
        yield raw
    finally:
        for one in raw:
            one.close()


class Race:
    """Writers that commit late and in any order, sequencers that all append at once, and readers that follow."""

    def __init__(self, objects):
        self.objects, self.done = objects, threading.Event()
        self.chance = random.Random(15)

    def write(self, raw):
        """Change objects in transactions that end after a random pause; one in five is rolled back."""
        chance = random.Random(id(raw))
        kept = 0
        for turn in range(EACH):
            raw.execute("BEGIN")
            pk = chance.choice(self.objects)
            raw.execute("UPDATE parties_country SET name = %s WHERE id = %s", [f'{{"en": "{id(raw)} {turn}"}}', pk])
            time.sleep(chance.random() / 50)
            rolled_back = chance.random() < 0.2
            raw.execute("ROLLBACK" if rolled_back else "COMMIT")
            kept += not rolled_back
        return kept

    def append(self, raw):
        while not self.done.is_set():
            raw.execute("UPDATE events_log SET appended_at = now() WHERE EXISTS (SELECT FROM events_pending)")
            time.sleep(0.001)

    def read(self, raw, after, enough):
        """Follow the log by position until the last event, and return what was seen."""
        seen: list[Any] = []
        while not enough(len(seen)):
            rows = raw.execute(
                "SELECT position, resource_id, number FROM events_event WHERE position > %s ORDER BY position LIMIT 7",
                [after],
            ).fetchall()
            seen += rows
            after = rows[-1][0] if rows else after
            time.sleep(0.0005)
        return seen


@pytest.mark.django_db(transaction=True)
def test_every_reader_sees_every_event_once_and_in_order():
    objects = [country.pk for country in CountryFactory.create_batch(5)]
    log.begin_epoch()
    start = log.log_state().newest
    race = Race(objects)
    written: list[int] = []
    deadline = time.monotonic() + 60

    def enough(count):
        assert time.monotonic() < deadline, "events are missing"
        return race.done.is_set() and count >= sum(written)

    with (
        connections_of_own(WRITERS + SEQUENCERS + READERS) as raw,
        ThreadPoolExecutor(WRITERS + SEQUENCERS + READERS) as pool,
    ):
        try:
            writing = [pool.submit(race.write, raw.pop()) for _ in range(WRITERS)]
            appending = [pool.submit(race.append, raw.pop()) for _ in range(SEQUENCERS)]
            reading = [pool.submit(race.read, raw[number], start, enough) for number in range(READERS)]
            written += [each.result() for each in writing]
            while fetch("SELECT 1 FROM events_pending LIMIT 1", []):
                time.sleep(0.01)
        finally:
            race.done.set()
        for each in appending:
            each.result()
        seen = [each.result() for each in reading]
    for events in seen:
        assert [position for position, *_ in events] == list(range(start + 1, start + 1 + sum(written)))
        for pk in objects:
            numbers = [number for _, resource_id, number in events if resource_id == pk]
            assert numbers == sorted(numbers), "one object's events are in the order of its changes"
    assert WRITERS * EACH > sum(written) > 0


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_comes_after_those_that_were_read():
    early, late = CountryFactory.create_batch(2)
    log.append_all()
    with connections_of_own(1) as (slow,):
        slow.execute("BEGIN")
        slow.execute('UPDATE parties_country SET name = \'{"en": "late"}\' WHERE id = %s', [late.pk])
        Country.objects.filter(pk=early.pk).update(name={"en": "early"})
        assert [verb for verb, _ in events_of(early.pk)] == ["created", "updated"]
        read_up_to = log.log_state().newest
        slow.execute("COMMIT")
    log.append_all()
    (event,) = Event.objects.filter(position__gt=read_up_to)
    assert event.resource_id == late.pk
    assert event.number < Event.objects.get(position=read_up_to).number


def test_positions_begin_above_all_earlier_ones_after_a_restore():
    CountryFactory.create()
    log.append_all()
    before = log.log_state()
    log.begin_epoch()
    after = log.log_state()
    assert after.base > before.newest
    assert not after.covers(before.newest)
    assert after.covers(after.newest)
    CountryFactory.create()
    log.append_all()
    assert log.log_state().newest == after.newest + 1
    assert log.log_state().covers(after.newest)


def test_another_database_begins_an_epoch_by_itself():
    """A dump that was loaded elsewhere, or a promoted standby, says where its positions come from."""
    log.append_all()
    log.begin_epoch()
    epoch = log.log_state().base
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE events_log SET origin = '7/5/00000001'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    CountryFactory.create()
    log.append_all()
    assert log.log_state().base > epoch


def test_an_event_of_another_servers_transaction_is_not_continued():
    """The number of the transaction may be used again by the server on which a backup is restored."""
    other = uuid7()
    with as_owner():
        fetch("SELECT events_add('t', 'UPDATE', 'things', %s, NULL, NULL, '{a}')", [other])
        log.begin_epoch()
        fetch("SELECT events_add('t', 'UPDATE', 'things', %s, NULL, NULL, '{b}')", [other])
    assert events_of(other) == [("updated", ["a"]), ("updated", ["b"])]


def test_old_events_are_deleted_and_their_positions_are_not_covered(settings):
    settings.SKELETON_EVENT_DAYS = 90
    log.begin_epoch()
    start = log.log_state().newest
    old = CountryFactory.create_batch(3)
    log.append_all()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE events_event SET created_at = now() - interval '91 days'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    kept = CountryFactory.create()
    log.append_all()
    assert log.delete_old_events() >= len(old)
    state = log.log_state()
    assert state.oldest == start + len(old) + 1
    assert not state.covers(start)
    assert state.covers(start + len(old))
    assert Event.objects.get(position=state.oldest).resource_id == kept.pk
    assert log.delete_old_events() == 0


def test_the_application_can_neither_write_nor_change_events():
    CountryFactory.create()
    log.append_all()
    state = log.log_state()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_log SET newest = 7, base = 3, appended_at = now()")
    assert log.log_state() == state
    for statement in (
        "UPDATE events_event SET verb = 'paid'",
        "INSERT INTO events_event SELECT * FROM events_event",
        "INSERT INTO events_pending (source) VALUES ('x')",
        "DELETE FROM events_log",
        "SELECT events_add('t', 'UPDATE', 'things', gen_random_uuid(), NULL, NULL, '{}')",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)
