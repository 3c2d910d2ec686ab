"""The fake clock: its effects, and where it is refused."""

import datetime as dt

import pytest
from django.utils import timezone

from skeleton.identity.models import User
from skeleton.kernel import clock
from skeleton.kernel.context import RequestContext, current_request

THEN = dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.UTC)


def test_it_is_another_moment_inside_and_the_real_one_after():
    default = User._meta.get_field("created_at").get_default
    with clock.freeze_time_at(THEN):
        assert timezone.now() == THEN
        assert default() == THEN, "the defaults of fields as well"
        with clock.freeze_time_at(THEN + dt.timedelta(days=1)):
            assert timezone.now() == THEN + dt.timedelta(days=1)
        assert timezone.now() == THEN
        assert timezone.localdate() == THEN.date()
    assert timezone.now() - dt.datetime.now(dt.UTC) < dt.timedelta(seconds=1)


def test_it_is_the_real_one_after_a_failure_too():
    with pytest.raises(ZeroDivisionError), clock.freeze_time_at(THEN):
        _ = 1 / 0
    assert timezone.now().year != 2024


def test_no_request_can_turn_the_clock():
    token = current_request.set(RequestContext(request_id="x", ip=None))
    try:
        with pytest.raises(RuntimeError, match="requests"), clock.freeze_time_at(THEN):
            pass
    finally:
        current_request.reset(token)
