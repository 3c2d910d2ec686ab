"""Numbers without gap or double, throttles that count exactly: sixteen threads on the real database."""

import re
import time

import pytest
from django.db import connection, transaction

from skeleton.core import throttles
from skeleton.core.errors import TooManyRequests
from skeleton.core.models import NumberSeries, Throttle
from skeleton.core.numbers import take_number
from skeleton.core.testkit.races import race
from skeleton.core.throttles import Limit


@pytest.mark.django_db
def test_numbers_look_as_documented():
    assert [take_number("INV", 2026, digits=3) for _ in range(2)] == ["INV-2026-001", "INV-2026-002"]
    assert take_number("INV", 2027, digits=3) == "INV-2027-001"
    assert take_number("ORD", 2026, digits=6) == "ORD-2026-000001"
    NumberSeries.objects.filter(name="INV-2026").update(last=998)
    assert [take_number("INV", 2026, digits=3) for _ in range(2)] == ["INV-2026-999", "INV-2026-1000"]


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_and_rollbacks_leave_no_gap_and_no_double():
    class GiveUp(Exception):
        pass

    def take(thread):
        kept = []
        for turn in range(30):
            try:
                with transaction.atomic():
                    number = take_number("INV", 2026, digits=3)
                    if (thread * 30 + turn) % 10 < 3:
                        raise GiveUp
            except GiveUp:
                continue
            kept.append(int(re.fullmatch(r"INV-2026-(\d{3,})", number)[1]))
        return kept

    taken = sorted(number for kept in race(16, take) for number in kept)
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

    assert sum(race(20, hit)) == allowed


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
    limit.give_back("somebody else")
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
    monkeypatch.setattr(throttles, "FORGET_EVERY", 1)
    Limit("upload").hit("somebody")
    assert Throttle.objects.count() == 1
