"""Quiet hours from one time of day to another in a user's time zone. Pure functions: no system clock, no database.

Two rules handle changes to and from daylight saving time, both in favour of longer quiet hours:
- a time that is skipped counts as reached at the moment of the change;
- if a time occurs twice, quiet hours start at its first occurrence and end at its last.
"""

import datetime as dt
from zoneinfo import ZoneInfo

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


def quiet_until(moment: dt.datetime, start: dt.time, end: dt.time, zone: ZoneInfo) -> dt.datetime | None:
    """Return the end (UTC) of the quiet hours that include `moment`, or None if it is outside of them.

    They last from `start` (inclusive) to `end` (exclusive), over midnight if `start` is later. There are none if both
    are equal.
    """
    if start == end:
        return None
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today):  # yesterday's quiet hours may not be over yet
        last_day = day if start < end else day + _DAY
        over = _moment_of(last_day, end, zone, last=True)
        if _moment_of(day, start, zone, last=False) <= moment < over:
            return quiet_until(over, start, end, zone) or over  # consecutive ones may touch when an hour repeats
    return None


def _moment_of(day: dt.date, time: dt.time, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    """Return the moment (UTC) at which it is `time` on `day` in `zone`, for the first or the last time."""
    times = [dt.datetime.combine(day, time, zone).replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1)]
    if times[0] <= times[1]:
        return times[int(last)]
    return _find_transition(times[1], times[0], zone)


def _find_transition(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the moment between two others at which the clock of `zone` is put forward. A binary search."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
