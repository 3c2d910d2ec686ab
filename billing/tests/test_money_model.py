"""Random sequences of everything that happens to money, compared with a model.

After each step, statuses, amounts and refusals agree. At the end of a sequence, the books agree for every day. A
failure prints the seed and the steps. `SKELETON_SEED=7` repeats the sequence of a seed, `SKELETON_EXAMPLES=2000` tries
that many sequences; without either, as many as 20 seconds take.
"""

import datetime as dt
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from accounting.integrity_checks import registered_checks
from accounting.models import Line as PostedLine
from billing import models
from billing.reports import receivables_aging
from billing.statements import StatementPeriod, customer_balance, customer_statement
from billing.tests.money_model import Note, Payment
from billing.tests.money_walk import Walk
from skeleton.kernel.actors import SYSTEM

SECONDS = 20


def the_documents_agree(walk: Walk) -> None:
    connection.check_constraints()
    found = models.Invoice.objects.in_bulk()
    for invoice in walk.company.invoices:
        row = found[invoice.pk]
        assert (row.status, row.total, row.amount_due) == (invoice.status, invoice.total, invoice.due)
        assert (row.amount_paid, row.amount_credited, row.amount_written_off, row.credited_total) == (
            invoice.settled(Payment),
            invoice.settled(Note),
            invoice.settled(None),
            invoice.credited_total,
        )
    _payments_agree(walk)
    _notes_agree(walk)


def _payments_agree(walk: Walk) -> None:
    rows = {
        row.pk: (row.direction, row.amount, row.allocated, row.refunded, row.reversal_day)
        for row in models.Payment.objects.all()
    }
    assert rows == {
        one.pk: ("out" if one.refund_of else "in", one.amount, one.allocated, one.refunded, one.reversed)
        for one in walk.company.payments
    }


def _notes_agree(walk: Walk) -> None:
    rows = models.CreditNote.objects.in_bulk()
    assert len(rows) == len(walk.company.notes)
    for note in walk.company.notes:
        row = rows[note.pk]
        assert (row.status == "sent", row.total, row.allocated, row.refunded) == (
            note.sent,
            note.total,
            note.allocated,
            note.refunded,
        )
        assert {Fraction(str(one["rate"])): (one["base"], one["tax"]) for one in row.tax_breakdown} == note.taxes


def the_books_agree_for_every_day(walk: Walk) -> None:
    assert [found for check in registered_checks().values() for found in check()] == []
    posted: Counter[Any] = Counter()
    for row in PostedLine.objects.values("date", "currency", "account__code").annotate(
        debits=Sum("debit"), credits=Sum("credit")
    ):
        posted[row["date"], row["currency"], row["account__code"]] += row["debits"] - row["credits"]
    modelled = walk.company.sums(lambda key: (key.day, key.currency, key.account))
    assert {key: amount for key, amount in posted.items() if amount} == modelled
    for day in sorted({key.day for key in walk.company.ledger}):
        _reports_agree(walk, day)
        _nothing_is_used_twice(walk, day)
        for invoice in walk.company.invoices:  # nothing is settled twice, or before it is in the books
            assert 0 <= invoice.due_on(day) <= (invoice.total if invoice.sent and invoice.sent <= day else 0)
    _customers_agree(walk)


def _nothing_is_used_twice(walk: Walk, day: dt.date) -> None:
    """On no day, however late it was said, is more of a payment or credit note used than there was on that day."""
    company = walk.company
    used: Counter[Any] = Counter()
    for invoice in company.invoices:
        for one in invoice.settlements:
            used[one.by] += one.on(day)
    for refund in company.payments:
        if refund.refund_of and refund.day <= day and not (refund.reversed and refund.reversed <= day):
            used[refund.refund_of] += refund.amount
    for payment in company.payments:
        stands = payment.day <= day and not (payment.reversed and payment.reversed <= day)
        assert payment.refund_of or used[payment] <= payment.amount * stands
    for note in company.notes:
        assert used[note] <= note.total * (note.sent and note.day <= day)


def _reports_agree(walk: Walk, day: dt.date) -> None:
    """Aging and statement of a day are what the invoices are due and what is on account on that day."""
    due: Counter[Any] = Counter()
    for invoice in walk.company.invoices:
        due[walk.customers[invoice.customer].pk, invoice.currency] += invoice.due_on(day)
    aged = {
        (one["customer_id"], part["currency"]): one["total"]
        for part in receivables_aging(day)["currencies"]
        for one in part["customers"]
        if one["total"]
    }
    assert aged == {key: amount for key, amount in due.items() if amount}
    for index, who in enumerate(walk.customers):
        stated = customer_statement(who.pk, StatementPeriod(None, day), None, actor=SYSTEM)["currencies"]
        held = _held(walk, index, day)
        for part in stated:
            key = part["currency"]
            assert (part["open"], part["on_account"]) == (due[who.pk, key], held[key])
            assert part["closing"] == due[who.pk, key] - held[key]
        assert {key for key in held if held[key]} <= {part["currency"] for part in stated}


def _held(walk: Walk, index: int, day: dt.date) -> Counter[str]:
    held: Counter[str] = Counter()
    for key, amount in walk.company.ledger.items():
        if key.customer == index and key.account == "2300" and key.day <= day:
            held[key.currency] -= amount
    return held


def _customers_agree(walk: Walk) -> None:
    for index, who in enumerate(walk.customers):
        mine = [one for one in walk.company.invoices if one.customer == index]
        sources = [one for one in walk.company.sources if one.customer == index]
        balance = {row["currency"]: (row["open"], row["on_account"]) for row in customer_balance(who.pk)}
        for currency in ("USD", "EUR"):
            due = sum(one.due for one in mine if one.currency == currency and one.sent)
            held = sum(one.unallocated for one in sources if one.currency == currency)
            assert balance.get(currency, (0, 0)) == (due, held)
        who.refresh_from_db()
        bought = [one for one in mine if one.sent and one.status != "cancelled" and one.currency == "USD"]
        assert who.total_purchases == sum(one.total - one.credited_total for one in bought)


def seeds() -> Iterator[int]:
    """Yield seeds: one, a number of them, or until the time is up. They are the same on every run in CI."""
    if one := os.environ.get("SKELETON_SEED"):
        yield int(one)
        return
    first = 0 if os.environ.get("CI") else random.randrange(10**6)
    examples = int(os.environ.get("SKELETON_EXAMPLES", "0"))
    begun = time.perf_counter()
    for seed in count(first):
        if seed - first >= examples and (examples or time.perf_counter() - begun > SECONDS):
            return
        yield seed


@pytest.mark.django_db
def test_any_sequence_matches_the_model() -> None:
    for seed in seeds():
        try:
            Walk(seed, after_each_step=the_documents_agree, at_the_end=the_books_agree_for_every_day).run()
        except BaseException as failure:
            failure.add_note(f"SKELETON_SEED={seed}")
            raise
