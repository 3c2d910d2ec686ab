"""Quiet hours: from one time of day to another, on somebody's own clock. Pure: no clock of its own, no database.

Clocks are put forward and back. Two rules say what that means for a time of day, both in favour of the sleeper:
- a time that a clock jumps over is reached when it jumps;
- of a time that a clock shows twice, quiet hours begin at the first and end at the last.
"""

import datetime as dt
from zoneinfo import ZoneInfo

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


def quiet_until(moment: dt.datetime, start: dt.time, end: dt.time, zone: ZoneInfo) -> dt.datetime | None:
    """When the quiet hours that `moment` falls into are over (UTC); None where it falls into none.

    They last from `start` to before `end`, over midnight where `start` is the later one. There are none where both
    are the same.
    """
    if start == end:
        return None
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today):  # those that began yesterday may still last
        last_day = day if start < end else day + _DAY
        over = _shows(last_day, end, zone, last=True)
        if _shows(day, start, zone, last=False) <= moment < over:
            return quiet_until(over, start, end, zone) or over  # on the night of the doubled hour they may touch
    return None


def _shows(day: dt.date, time: dt.time, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    """When the clock of `zone` shows this time (UTC), for the first or the last time."""
    times = [dt.datetime.combine(day, time, zone).replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1)]
    if times[0] <= times[1]:
        return times[int(last)]
    return _jump(times[1], times[0], zone)


def _jump(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """When the clock of `zone` is put forward, between two moments."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
