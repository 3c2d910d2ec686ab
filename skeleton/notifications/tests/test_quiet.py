"""Quiet hours as a table: zones, midnight, and the nights on which clocks are put forward and back."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeleton.notifications.models import Preferences
from skeleton.notifications.quiet_hours import quiet_until

NIGHT = "22:00-08:00"

# zone, quiet hours, moment (UTC), when they are over (UTC) or None where it is not quiet
TABLE = [
    # over midnight, and not
    ("UTC", NIGHT, "2026-01-15 21:59:59", None),
    ("UTC", NIGHT, "2026-01-15 22:00:00", "2026-01-16 08:00"),
    ("UTC", NIGHT, "2026-01-16 00:00:00", "2026-01-16 08:00"),
    ("UTC", NIGHT, "2026-01-16 07:59:59", "2026-01-16 08:00"),
    ("UTC", NIGHT, "2026-01-16 08:00:00", None),
    ("UTC", "12:00-14:00", "2026-01-15 11:59:59", None),
    ("UTC", "12:00-14:00", "2026-01-15 12:00:00", "2026-01-15 14:00"),
    ("UTC", "12:00-14:00", "2026-01-15 14:00:00", None),
    ("UTC", "22:00-00:00", "2026-12-31 23:59:59", "2027-01-01 00:00"),
    ("UTC", "22:00-00:00", "2027-01-01 00:00:00", None),
    ("UTC", "00:00-06:00", "2028-02-29 00:00:00", "2028-02-29 06:00"),
    ("UTC", "00:00-06:00", "2028-02-28 23:59:59", None),
    ("UTC", "00:01-00:00", "2026-01-15 00:00:30", None),
    ("UTC", "00:01-00:00", "2026-01-15 00:01:00", "2026-01-16 00:00"),
    # both the same: off
    ("UTC", "08:00-08:00", "2026-01-15 08:00:00", None),
    ("Europe/Kyiv", "00:00-00:00", "2026-01-15 12:00:00", None),
    # the same night on other clocks
    ("Europe/Kyiv", NIGHT, "2026-01-15 19:59:59", None),
    ("Europe/Kyiv", NIGHT, "2026-01-15 20:00:00", "2026-01-16 06:00"),
    ("Europe/Kyiv", NIGHT, "2026-07-15 19:00:00", "2026-07-16 05:00"),
    ("America/New_York", NIGHT, "2026-01-16 02:59:59", None),
    ("America/New_York", NIGHT, "2026-01-16 03:00:00", "2026-01-16 13:00"),
    ("America/New_York", NIGHT, "2026-07-16 02:00:00", "2026-07-16 12:00"),
    ("Asia/Kathmandu", NIGHT, "2026-01-15 16:15:00", "2026-01-16 02:15"),
    ("Asia/Kathmandu", NIGHT, "2026-01-15 16:14:59", None),
    ("Pacific/Kiritimati", NIGHT, "2026-01-15 08:00:00", "2026-01-15 18:00"),
    ("Pacific/Pago_Pago", NIGHT, "2026-01-15 09:00:00", "2026-01-15 19:00"),
    # clocks put forward: the night is an hour shorter (Berlin: 02:00 becomes 03:00 at 01:00 UTC)
    ("Europe/Berlin", NIGHT, "2026-03-28 20:59:59", None),
    ("Europe/Berlin", NIGHT, "2026-03-28 21:00:00", "2026-03-29 06:00"),
    ("Europe/Berlin", NIGHT, "2026-03-29 05:59:59", "2026-03-29 06:00"),
    ("America/New_York", NIGHT, "2026-03-08 03:00:00", "2026-03-08 12:00"),
    ("Australia/Lord_Howe", NIGHT, "2026-10-03 11:30:00", "2026-10-03 21:00"),
    # … an end that the clock jumps over is reached when it jumps
    ("Europe/Berlin", "22:00-02:30", "2026-03-29 00:59:59", "2026-03-29 01:00"),
    ("Europe/Berlin", "22:00-02:30", "2026-03-29 01:00:00", None),
    ("Europe/Berlin", "22:00-03:00", "2026-03-29 00:30:00", "2026-03-29 01:00"),
    ("Australia/Lord_Howe", "22:00-02:15", "2026-10-03 15:00:00", "2026-10-03 15:30"),
    # … and so is a start
    ("Europe/Berlin", "02:30-08:00", "2026-03-29 00:59:59", None),
    ("Europe/Berlin", "02:30-08:00", "2026-03-29 01:00:00", "2026-03-29 06:00"),
    ("Europe/Kyiv", "03:30-08:00", "2026-03-29 01:00:00", "2026-03-29 05:00"),
    ("Europe/Berlin", "02:15-02:45", "2026-03-29 01:00:00", None),
    ("Europe/Berlin", "02:15-03:10", "2026-03-29 01:00:00", "2026-03-29 01:10"),
    # clocks put back: the night is an hour longer (Berlin: 03:00 becomes 02:00 at 01:00 UTC)
    ("Europe/Berlin", NIGHT, "2026-10-24 20:00:00", "2026-10-25 07:00"),
    ("America/New_York", NIGHT, "2026-11-01 02:00:00", "2026-11-01 13:00"),
    # … of an end that is shown twice the second counts
    ("Europe/Berlin", "22:00-02:30", "2026-10-25 00:45:00", "2026-10-25 01:30"),
    ("Europe/Berlin", "22:00-02:30", "2026-10-25 01:29:59", "2026-10-25 01:30"),
    ("Europe/Berlin", "22:00-02:30", "2026-10-25 01:30:00", None),
    # … of a start the first
    ("Europe/Berlin", "02:30-08:00", "2026-10-25 00:29:59", None),
    ("Europe/Berlin", "02:30-08:00", "2026-10-25 00:30:00", "2026-10-25 07:00"),
    ("Europe/Berlin", "02:30-08:00", "2026-10-25 01:10:00", "2026-10-25 07:00"),
    ("Europe/Berlin", "02:15-02:45", "2026-10-25 00:15:00", "2026-10-25 01:45"),
    ("Australia/Lord_Howe", "22:00-01:45", "2026-04-04 14:50:00", "2026-04-04 15:15"),
    # … and where both are, one night may touch the next
    ("Europe/Berlin", "02:45-02:15", "2026-10-24 12:00:00", "2026-10-26 01:15"),
    # a whole day that did not happen: Samoa went from the 29th to the 31st at 10:00 UTC
    ("Pacific/Apia", NIGHT, "2011-12-30 09:00:00", "2011-12-30 18:00"),
    ("Pacific/Apia", NIGHT, "2011-12-31 08:00:00", "2011-12-31 18:00"),
]


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def quiet(hours, zone, moment):
    start, end = (dt.time.fromisoformat(text) for text in hours.split("-"))
    return quiet_until(moment, start, end, ZoneInfo(zone))


@pytest.mark.parametrize(
    "zone, hours, moment, expected",
    TABLE,
    ids=[f"{number}-{row[0].split('/')[-1]}" for number, row in enumerate(TABLE)],
)
def test_table(zone, hours, moment, expected):
    over = quiet(hours, zone, at(moment))
    assert over == (at(expected) if expected else None)
    assert over is None or over.tzinfo is dt.UTC


ZONES = ["UTC", "Europe/Kyiv", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"]
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=dt.UTC)
)


@given(moment=MOMENTS, start=TIMES, end=TIMES, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_what_waits_goes_out_at_the_end_of_it(moment, start, end, zone):
    over = quiet_until(moment, start, end, zone)
    if over:
        assert moment < over <= moment + dt.timedelta(hours=49)
        assert quiet_until(over, start, end, zone) is None
        assert quiet_until(over - dt.timedelta(seconds=1), start, end, zone) == over


@given(moment=MOMENTS, start=TIMES, end=TIMES)
def test_on_clocks_that_are_never_changed_it_is_quiet_while_the_clock_says_so(moment, start, end):
    zone = ZoneInfo("Asia/Kathmandu")
    shown = moment.astimezone(zone).time()
    says_so = start <= shown < end if start < end else start != end and (shown >= start or shown < end)
    over = quiet_until(moment, start, end, zone)
    assert (over is not None) == says_so
    assert over is None or over.astimezone(zone).time() == end


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({}, None),
        ({"quiet_hours_start": dt.time(22)}, None),
        ({"quiet_hours_end": dt.time(8)}, None),
        ({"quiet_hours_start": dt.time(22), "quiet_hours_end": dt.time(8)}, at("2026-01-16 08:00")),
        (
            {"quiet_hours_start": dt.time(22), "quiet_hours_end": dt.time(8), "timezone": "Europe/Kyiv"},
            at("2026-01-16 06:00"),
        ),
        (
            {"quiet_hours_start": dt.time(22), "quiet_hours_end": dt.time(8), "timezone": "Gone/Zone"},
            at("2026-01-16 08:00"),
        ),
    ],
    ids=["never said", "only a start", "only an end", "both", "own zone", "a zone that is no longer known"],
)
def test_of_preferences(fields, expected):
    assert Preferences(**fields).quiet_until(at("2026-01-15 23:30")) == expected
