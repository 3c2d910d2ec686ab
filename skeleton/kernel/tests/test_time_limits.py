"""Limits on times and dates from clients."""

import datetime as dt

import pytest

from skeleton.kernel.errors import Invalid
from skeleton.kernel.time_limits import require_from_1900, require_not_in_future, require_within_a_year, year_after


@pytest.mark.parametrize(
    "day, later", [("2023-02-28", "2024-02-28"), ("2024-02-29", "2025-02-28"), ("2026-12-31", "2027-12-31")]
)
def test_a_year_after(day, later):
    assert str(year_after(dt.date.fromisoformat(day))) == later


def test_a_moment_ahead(time_machine):
    time_machine.move_to("2026-01-31T12:00:00Z", tick=False)
    require_not_in_future(dt.datetime(2026, 1, 31, 12, 5, tzinfo=dt.UTC), field="paid_at")
    with pytest.raises(Invalid) as caught:
        require_not_in_future(dt.datetime(2026, 1, 31, 12, 5, 0, 1, tzinfo=dt.UTC), field="paid_at")
    assert caught.value.details == {"paid_at": "Must not be more than 5 minutes in the future."}


def test_a_day_ahead(time_machine):
    time_machine.move_to("2026-01-31T23:59:59Z", tick=False)
    require_within_a_year(dt.date(2027, 1, 31), field="date")
    with pytest.raises(Invalid) as caught:
        require_within_a_year(dt.date(2027, 2, 1), field="date")
    assert caught.value.details == {"date": "Must not be more than a year in the future."}


def test_a_day_of_long_ago():
    require_from_1900(dt.date(1900, 1, 1), field="due_date")
    with pytest.raises(Invalid) as caught:
        require_from_1900(dt.date(1899, 12, 31), field="due_date")
    assert caught.value.details == {"due_date": "Must not be before 1900."}
