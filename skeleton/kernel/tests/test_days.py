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
