"""Days of the clock, of a time, and in queries."""

import datetime as dt

import pytest
from django.db.models import F

from skeleton.db.compiled_sql import CurrentDate, compile_count, compile_rows
from skeleton.identity.models import Role
from skeleton.kernel import clock, days

THEN = dt.datetime(2024, 5, 6, 23, 59, tzinfo=dt.UTC)
KYIV = dt.timezone(dt.timedelta(hours=3))


def test_today_is_the_day_of_the_clock():
    with clock.freeze_time_at(THEN):
        assert days.today() == dt.date(2024, 5, 6)
    with clock.freeze_time_at(THEN + dt.timedelta(minutes=1)):
        assert days.today() == dt.date(2024, 5, 7)


def test_the_day_of_a_moment_is_that_of_one_zone():
    assert days.day_of(dt.datetime(2024, 5, 7, 2, 59, tzinfo=KYIV)) == dt.date(2024, 5, 6)
    assert days.day_of(dt.datetime(2024, 5, 7, 3, 0, tzinfo=KYIV)) == dt.date(2024, 5, 7)


@pytest.mark.parametrize(
    "zone, moment, day",
    [
        ("America/New_York", "2026-03-02T01:45:00Z", "2026-03-01"),  # 20:45 of the day before
        ("Europe/Kyiv", "2026-10-31T22:30:00Z", "2026-11-01"),  # 00:30
        ("Europe/Kyiv", "2025-12-31T21:59:59Z", "2025-12-31"),
        ("Europe/Kyiv", "2025-12-31T22:00:00Z", "2026-01-01"),
        ("Pacific/Kiritimati", "2026-06-01T10:00:00Z", "2026-06-02"),
    ],
)
def test_days_are_the_companys(settings, zone, moment, day):
    settings.SKELETON_TIME_ZONE = zone
    then = dt.datetime.fromisoformat(moment)
    assert days.day_of(then) == dt.date.fromisoformat(day)
    with clock.freeze_time_at(then):
        assert days.today() == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    "zone, day, hours",
    [
        ("Europe/Kyiv", "2026-03-29", 23),
        ("Europe/Kyiv", "2026-10-25", 25),
        ("America/New_York", "2026-07-01", 24),
        ("America/Havana", "2026-03-08", 23),  # the clock goes forward at midnight
        ("America/Havana", "2026-11-01", 25),  # an hour after midnight, it is midnight again
        ("America/Sao_Paulo", "2019-02-16", 25),  # the last hour of the day comes twice
    ],
)
def test_days_touch_each_other_and_are_as_long_as_the_clock_makes_them(settings, zone, day, hours):
    settings.SKELETON_TIME_ZONE = zone
    first, following = dt.date.fromisoformat(day), dt.date.fromisoformat(day) + dt.timedelta(days=1)
    assert days.start_of(following) - days.start_of(first) == dt.timedelta(hours=hours)
    assert days.end_of(first) + dt.timedelta(microseconds=1) == days.start_of(following)
    assert days.day_of(days.start_of(first)) == days.day_of(days.end_of(first)) == first


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_first_and_the_last_day_of_the_calendar_have_bounds(settings, zone):
    settings.SKELETON_TIME_ZONE = zone
    assert days.start_of(dt.date.min).year == 1
    assert days.end_of(dt.date.max).year == 9999


@pytest.mark.django_db
def test_queries_ask_the_same_clock():
    """Also in queries that are compiled once and run on many days."""
    Role.objects.create(name="somebody")
    rows = Role.objects.annotate(day=CurrentDate(), next=CurrentDate() + dt.timedelta(days=1))
    compiled = compile_rows(rows.order_by("pk"), ["day"], tail="LIMIT 1")
    counting = compile_count(rows.filter(created_at__date=F("day")))
    for moment in (THEN, THEN + dt.timedelta(minutes=1)):
        with clock.freeze_time_at(moment):
            assert rows.values_list("day", flat=True).first() == days.today()
            assert compiled.run({}) == [(days.today(),)]
            assert counting.run({}) == [(0,)]
