"""More event streams than the server accepts."""

import json
import time

import pytest

from tests.attack import payloads
from tests.attack.toolkit import FULL

STREAMS = 2300 if FULL else 300
USERS = 46 if FULL else 3
HOLD = 10 if FULL else 2
REFUSALS = {429, 503}


def refused_well(one):
    """Return whether the refusal has the API's error format and Retry-After."""
    body = json.loads(one.answer.partition(b"\r\n\r\n")[2])
    return one.fields.get("retry-after", "").isdecimal() and {"error", "message"} <= set(body)


def test_streams(target):
    """Streams are open or refused with 503 or 429. None hangs, and other requests are not affected."""
    tokens = [target.accounts.reader(number) for number in range(USERS)]

    def request(number):
        return payloads.head("GET", "/api/v1/messenger/events", payloads.bearer(tokens[number % USERS]))

    def attack(attackers):
        opened = attackers.open(STREAMS, request, addresses=USERS)
        statuses = attackers.statuses(opened, seconds=15)
        assert set(statuses) <= {200} | REFUSALS, f"{len(opened)} streams: {statuses}"
        badly = [one.answer[:300] for one in opened if one.status in REFUSALS and not refused_well(one)]
        assert not badly, badly[:2]
        time.sleep(HOLD)

    target.assert_withstands(attack, served=0.9)


@pytest.mark.attack
def test_streams_of_one_user(target):
    """A single user's streams are limited, so that other users still get streams."""
    own, other = target.accounts.reader(0), target.accounts.reader(1)

    def request(token):
        return payloads.head("GET", "/api/v1/messenger/events", payloads.bearer(token))

    def attack(attackers):
        opened = attackers.open(STREAMS // 2, request(own))
        statuses = attackers.statuses(opened, seconds=15)
        assert set(statuses) <= {200} | REFUSALS, f"streams of one user: {statuses}"
        others = attackers.statuses(attackers.open(2, request(other), addresses=2), seconds=5)
        assert set(others) == {200}, f"streams of another user: {others}"

    target.assert_withstands(attack, served=0.9)
