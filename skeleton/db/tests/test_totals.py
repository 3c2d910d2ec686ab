"""Totals of lists: counted with the page, and cached for a short time if they are large."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parties.models import Customer
from parties.tests.factories import CustomerFactory
from skeleton.db import counting
from skeleton.db.counting import COUNT_CACHE

pytestmark = pytest.mark.django_db

PATH = "/customers"


@pytest.fixture(autouse=True)
def forgetful():
    """Empty the cache before each test."""
    COUNT_CACHE._totals.clear()
    yield
    COUNT_CACHE._totals.clear()


@pytest.fixture
def clock(monkeypatch):
    """The clock of the cache, set by `clock.now`."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(counting, "time", clock)
    return clock


@pytest.fixture
def many(monkeypatch):
    """Six customers, four of them inactive. In these tests, four rows count as many."""
    monkeypatch.setattr(counting, "CACHED_FROM_ROWS", 4)
    CustomerFactory.create_batch(2, name="Acme")
    return CustomerFactory.create_batch(4, name="Acme", status="inactive")


def listed(client, **query):
    """Return the total, the number of items, and has_more."""
    found = client.get(PATH, limit=2, **query).ok()
    return found["total"], len(found["items"]), found["has_more"]


def counts(client, **query):
    """Return how many statements of a list counted rows."""
    with CaptureQueriesContext(connection) as ran:
        listed(client, **query)
    return sum("count(*)" in each["sql"] for each in ran)


def test_a_large_total_is_counted_once_in_a_moment(owner, many, clock):
    assert listed(owner, status="inactive") == (4, 2, True)
    many[0].status = "active"
    many[0].save()
    assert listed(owner, status="inactive") == (4, 2, True)
    assert counts(owner, status="inactive") == 0
    clock.now += counting.CACHE_SECONDS
    assert listed(owner, status="inactive") == (3, 2, True)


def test_a_small_total_is_counted_every_time(owner, many, clock):
    listed(owner, status="inactive")
    clock.now += counting.CACHE_SECONDS
    Customer.objects.filter(pk=many[0].pk).update(status="active")
    assert listed(owner, status="inactive") == (3, 2, True)
    Customer.objects.filter(pk=many[0].pk).update(status="inactive")
    assert listed(owner, status="inactive") == (4, 2, True)
    assert counts(owner, status="active") == 1


def test_a_search_that_finds_few_is_not_counted(owner, many, clock):
    assert listed(owner, search="nobody of that name")[0] == 0
    assert counts(owner, search="nobody of that name") == 0
    assert listed(owner, search="acme") == (6, 2, True)
    clock.now += counting.CACHE_SECONDS
    assert counts(owner, search="acme") == 1


def test_a_page_that_shows_the_end_tells_the_total_whatever_is_remembered(owner, many, clock):
    assert listed(owner, status="inactive", page=2) == (4, 2, False)
    listed(owner, status="inactive")
    CustomerFactory.create(status="inactive")
    assert listed(owner, status="inactive") == (4, 2, True)
    assert listed(owner, status="inactive", page=3) == (5, 1, False)
    # and a page never has more rows than the total
    assert listed(owner, status="inactive", page=2) == (5, 2, True)


def test_behind_the_end_there_is_a_total_as_well(owner, many, clock):
    assert listed(owner, status="inactive", page=9) == (4, 0, False)
    assert listed(owner, status="blacklisted", page=9) == (0, 0, False)
    assert listed(owner, status="blacklisted") == (0, 0, False)


def test_each_question_has_its_own_total(owner, many, clock):
    assert listed(owner, status="inactive")[0] == 4
    assert listed(owner, status="active")[0] == 2
    assert listed(owner, search="acme")[0] == 6
    assert listed(owner, search="nobody of that name")[0] == 0


def test_what_is_kept_is_never_remembered(owner, many, clock):
    assert listed(owner)[0] == 6
    CustomerFactory.create()
    assert listed(owner)[0] == 7


def test_only_so_many_are_remembered(owner, many, clock, monkeypatch):
    monkeypatch.setattr(COUNT_CACHE, "MAX_ENTRIES", 1, raising=False)
    listed(owner, status="inactive")
    listed(owner, search="acme")
    assert len(COUNT_CACHE._totals) == 1
