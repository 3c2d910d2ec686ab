"""Bodies that stall, arrive very slowly, or are aborted."""

import time

import pytest

from tests.attack import payloads
from tests.attack.toolkit import FULL

HOLD = 14 if FULL else 3
UPLOADS, CROWD, ABORTED = 24, 2300 if FULL else 500, 100
REFUSED = {400, 401, 403, 408, 411, 413, 503, "closed"}
"""The valid outcomes of a stalled body. "silent" would be a hang."""


def files_anonymous(target):
    return ("/api/v1/files",)


def files(target):
    return "/api/v1/files", payloads.bearer(target.accounts.token)


def sign_in_page(target):
    return "/admin/login/", f"Cookie: skeleton_csrf={target.accounts.csrf}"


def imports(target):
    return "/admin/parties/customer/import/", f"Cookie: {target.accounts.cookies}"


DOORS = (files_anonymous, files, sign_in_page, imports)
doors = pytest.mark.parametrize(
    "chosen", [pytest.param([one], id=one.__name__) for one in DOORS] if FULL else [pytest.param(DOORS, id="all")]
)
"""Each upload route is tested separately; the short tests take all of them together."""


def open_uploads(attackers, target, chosen, payload, count):
    """Open `count` connections in all, spread over the chosen routes."""
    parts = [door(target) for door in chosen]
    return [one for part in parts for one in attackers.open(count // len(parts), payload(*part))]


def customers(target):
    return "/api/v1/customers", payloads.bearer(target.accounts.token)


def hold_stalled(attackers, opened):
    """Send nothing more, and expect the server to end the connections within its time limits."""
    started = time.monotonic()
    statuses = attackers.statuses(opened, seconds=HOLD)
    time.sleep(max(0, HOLD - (time.monotonic() - started)))
    return statuses


@doors
@pytest.mark.parametrize("payload", [payloads.stalled_upload, payloads.stalled_chunks])
def test_stalled_uploads(target, chosen, payload):
    """24 stalled uploads are refused at once if the sender may not upload, otherwise after the idle time."""

    def attack(attackers):
        opened = open_uploads(attackers, target, chosen, payload, UPLOADS)
        statuses = hold_stalled(attackers, opened)
        assert set(statuses) <= REFUSED, f"24 stalled uploads: {statuses}"

    target.assert_withstands(attack, served=0.9)


@pytest.mark.parametrize("addresses", [1, pytest.param(46, marks=pytest.mark.attack)])
def test_small_partial_bodies(target, addresses):
    """From one address the limit per address applies, from many addresses the total limit."""

    def attack(attackers):
        opened = attackers.open(CROWD, payloads.small_partial(*customers(target)), addresses=addresses)
        statuses = hold_stalled(attackers, opened)
        assert set(statuses) <= REFUSED, f"{len(opened)} partial bodies: {statuses}"

    target.assert_withstands(attack, served=0.9 if addresses == 1 else 0.3)


@pytest.mark.attack
def test_bodies_that_crawl(target):
    """A byte per second is not idle but too slow: for a small body's total time and a large body's rate."""

    def attack(attackers):
        small = attackers.open(100, payloads.small_partial(*customers(target)))
        large = attackers.open(UPLOADS, payloads.stalled_upload(*files(target)))
        attackers.trickle(small + large, b"x", seconds=70)
        statuses = attackers.statuses(small + large, seconds=1)
        assert set(statuses) <= REFUSED, f"crawling bodies: {statuses}"

    target.assert_withstands(attack, served=0.9)


@doors
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_aborted_uploads(target, chosen, reset):
    """100 uploads are aborted, some at once and some after the server has started to read."""

    def attack(attackers):
        for payload in (payloads.stalled_upload, payloads.stalled_chunks):
            opened = open_uploads(attackers, target, chosen, payload, ABORTED // 2)
            attackers.abort(opened[::2], reset=reset)
            time.sleep(0.3)
            attackers.abort(opened[1::2], reset=reset)

    target.assert_withstands(attack, served=0.9)
