"""Number series without gaps or duplicates, and exact throttles, with sixteen threads on the real database."""

import itertools
import re
import time

import pytest
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from skeleton.db.models import NumberSeries, Throttle
from skeleton.db.numbers import Series, insert_numbered
from skeleton.kernel.errors import TooManyRequests
from skeleton.rest import throttles
from skeleton.rest.throttles import Limit
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_in_threads
from skeleton.testkit.roles import as_owner, grant_to_public

with isolate_apps("skeleton.db"):

    class Slip(models.Model):
        """A record with a number."""

        number = models.TextField(unique=True)
        colour = models.TextField(default="red")

        class Meta:
            app_label, db_table, managed = "core", "core_scratch_slip", False

        def __str__(self):
            return self.number


ids = itertools.count(1)


@pytest.fixture
def slips(request):
    with as_owner(), connection.schema_editor() as editor:
        editor.create_model(Slip)
    grant_to_public(Slip._meta.db_table)
    yield
    with as_owner(), connection.schema_editor() as editor:
        editor.delete_model(Slip)


def next_number(prefix="INV", year=2026, digits=3):
    return insert_numbered(Slip, {"id": next(ids)}, Series(prefix, year, digits))["number"]


@pytest.mark.django_db
def test_numbers_look_as_documented(slips):
    assert [next_number() for _ in range(2)] == ["INV-2026-001", "INV-2026-002"]
    assert next_number(year=2027) == "INV-2027-001"
    assert next_number("ORD", digits=6) == "ORD-2026-000001"
    NumberSeries.objects.filter(name="INV-2026").update(last=998)
    assert [next_number() for _ in range(2)] == ["INV-2026-999", "INV-2026-1000"]
    assert set(Slip._default_manager.filter(colour="red").values_list("number", flat=True)) > {"INV-2026-1000"}


@pytest.mark.django_db
def test_the_number_is_the_series_own(slips, django_assert_num_queries):
    with django_assert_num_queries(1):
        written = insert_numbered(Slip, {"id": 1, "number": "INV-2026-777"}, Series("INV", 2026, 3))
    assert written == {"id": 1, "number": "INV-2026-001", "colour": "red"}


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_and_rollbacks_leave_no_gap_and_no_double(slips):
    class GiveUp(Exception):
        pass

    def take(thread):
        kept = []
        for turn in range(30):
            try:
                with transaction.atomic():
                    number = next_number()
                    if (thread * 30 + turn) % 10 < 3:
                        raise GiveUp
            except GiveUp:
                continue
            kept.append(int(present(re.fullmatch(r"INV-2026-(\d{3,})", number))[1]))
        return kept

    taken = sorted(number for kept in run_in_threads(16, take) for number in kept)
    assert len(taken) == 16 * 30 * 7 // 10
    assert taken == list(range(1, len(taken) + 1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("allowed", [1, 7, 20])
def test_of_twenty_hits_at_once_exactly_so_many_pass(settings, allowed):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "upload": (allowed, 60)}

    def hit(number):
        try:
            Limit("upload").hit("somebody")
        except TooManyRequests:
            return False
        return True

    assert sum(run_in_threads(20, hit)) == allowed


@pytest.mark.django_db(transaction=True)
def test_a_window_ends(settings):
    settings.SKELETON_THROTTLE = True
    settings.SKELETON_LIMITS = {**settings.SKELETON_LIMITS, "upload": (1, 1)}
    limit = Limit("upload")
    limit.hit("somebody")
    with pytest.raises(TooManyRequests) as caught:
        limit.hit("somebody")
    assert caught.value.retry_after == 1
    limit.hit("somebody else")
    limit.undo("somebody else")
    limit.hit("somebody else")
    time.sleep(1.1)
    limit.hit("somebody")


@pytest.mark.django_db(transaction=True)
def test_what_is_over_is_forgotten(settings, monkeypatch):
    settings.SKELETON_THROTTLE = True
    for number in range(5):
        Limit("upload").hit(str(number))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_throttle SET resets_at = now() - interval '1 second'")
    monkeypatch.setattr(throttles, "PURGE_EVERY_HITS", 1)
    Limit("upload").hit("somebody")
    assert Throttle.objects.count() == 1
