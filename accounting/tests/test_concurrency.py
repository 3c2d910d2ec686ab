"""Concurrent postings to the same accounts."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounting.models import Account, Entry, Period, Total
from accounting.services import reverse_entry, seed_chart
from accounting.tests.factories import account, net, post
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import database_error


def in_threads(*jobs):
    """Run the jobs concurrently, each on its own connection. Returns what each returned or raised."""
    outcomes: list[Any] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def work(index, job):
        try:
            barrier.wait(timeout=30)
            outcomes[index] = job()
        except Exception as exc:
            outcomes[index] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return outcomes


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_sixteen_writers_to_the_same_two_accounts(self):
        seed_chart()

        def there():
            for _ in range(10):
                post("1200", "4000", 3)

        def back():
            for _ in range(10):
                post("4000", "1200", 1)

        outcomes = in_threads(*[there, back] * 8)
        assert [outcome for outcome in outcomes if outcome] == []
        assert Entry.objects.count() == 160
        assert (net("1200"), net("4000")) == (160, -160)

    def test_many_accounts_in_any_order_do_not_lock_each_other_out(self):
        seed_chart()
        codes = ["1200", "1300", "2100", "2200", "4000", "5100"]

        def mixed(turn):
            def job():
                for step in range(10):
                    post(codes[(turn + step) % 6], codes[(turn * 2 + step + 1) % 6], 1)

            return job

        outcomes = in_threads(*[mixed(turn) for turn in range(1, 13) if turn % 6 != 5])
        assert [outcome for outcome in outcomes if outcome] == []
        assert sum(int(total.debit - total.credit) for total in Total.objects.all()) == 0

    def test_one_of_two_reversals_wins(self):
        seed_chart()
        entry = post("1200", "4000", 5)
        outcomes = in_threads(*[lambda: reverse_entry(entry_id=entry, actor=SYSTEM)] * 4)
        assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 3
        assert (Entry.objects.count(), net("1200")) == (2, 0)

    def test_a_closing_waits_for_what_is_being_posted_and_bars_the_rest(self):
        seed_chart()
        period = Period.objects.create(start_date=dt.date(2026, 3, 1), end_date=dt.date(2026, 3, 31))
        posted, closed = threading.Event(), threading.Event()

        def poster():
            with transaction.atomic():
                post("1200", "4000", 5)
                posted.set()
                assert not closed.wait(timeout=0.5), "the period closed under a posting"

        def closer():
            posted.wait(timeout=10)
            Period.objects.filter(pk=period.pk).update(status="closed", closed_at=dt.datetime.now(dt.UTC))
            closed.set()

        assert in_threads(poster, closer) == [None, None]
        assert closed.is_set()
        with pytest.raises(IntegrityError) as caught:
            post("1200", "4000", 5)
        assert database_error(caught.value).diag.constraint_name == "accounting_entry_period_open"

    def test_a_posting_that_waits_for_a_closing_sees_it(self):
        seed_chart()
        period = Period.objects.create(start_date=dt.date(2026, 3, 1), end_date=dt.date(2026, 3, 31))
        closing = threading.Event()

        def closer():
            with transaction.atomic():
                Period.objects.filter(pk=period.pk).update(status="closed", closed_at=dt.datetime.now(dt.UTC))
                closing.set()
                threading.Event().wait(0.3)

        def poster():
            closing.wait(timeout=10)
            post("1200", "4000", 5)

        outcomes = in_threads(closer, poster)
        assert isinstance(outcomes[1], IntegrityError)
        assert Entry.objects.count() == 0

    def test_two_moves_cannot_close_a_cycle(self):
        seed_chart()
        left, right = account("1900"), account("1901")
        outcomes = in_threads(
            lambda: Account.objects.filter(pk=left.pk).update(parent=right),
            lambda: Account.objects.filter(pk=right.pk).update(parent=left),
        )
        assert sum(isinstance(outcome, (IntegrityError, OperationalError)) for outcome in outcomes) == 1

    def test_an_account_is_not_switched_off_under_a_posting(self):
        seed_chart()
        posted, off = threading.Event(), threading.Event()

        def poster():
            with transaction.atomic():
                post("1200", "4000", 5)
                posted.set()
                assert not off.wait(timeout=0.4), "the account changed under a posting"

        def switch():
            posted.wait(timeout=10)
            Account.objects.filter(code="1200").update(is_active=False)
            off.set()

        assert in_threads(poster, switch) == [None, None]
