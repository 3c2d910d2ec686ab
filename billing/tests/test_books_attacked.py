"""Documents and books stay consistent: attacks with raw SQL, killed connections and threads."""

import datetime as dt
import random

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from accounting import integrity_checks
from accounting.models import Entry, Line, Total
from accounting.services import post_entry, reverse_entry
from accounting.tests.factories import by_hand, net, post
from billing.models import Invoice, Payment
from billing.services.invoices import cancel_invoice, send_invoice
from billing.services.payments import record_payment
from billing.tests.factories import customer, draft, line, part_paid, sent
from billing.tests.test_constraints import attack
from skeleton.audit.models import AuditEntry
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.errors import Conflict, DomainError
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_concurrently

pytestmark = pytest.mark.django_db


def entry_for(source_type, source_id, purpose, amount, currency="USD", *, day="2026-03-15"):
    """Return SQL that posts `amount` for a document."""
    source = f"'{source_id}'"
    return f"""
        WITH e AS (
            INSERT INTO accounting_entry (id, date, description, source_type, source_id, purpose, created_at)
            VALUES (gen_random_uuid(), '{day}', 'Raw', '{source_type}', {source}, '{purpose}', now())
            RETURNING id, date
        )
        INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
        SELECT gen_random_uuid(), e.id, side.position, a.id, e.date, side.debit, side.credit, '{currency}'
        FROM e, (VALUES (1, '1300', {amount}, 0), (2, '4000', 0, {amount})) AS side (position, code, debit, credit)
        JOIN accounting_account a ON a.code = side.code
    """


def sending(invoice):
    return f"UPDATE billing_invoice SET status = 'sent', sent_at = now() WHERE id = '{invoice.pk}'"


def cancelling(invoice):
    return f"UPDATE billing_invoice SET status = 'cancelled', cancelled_at = now() WHERE id = '{invoice.pk}'"


INVOICE, PAYMENT = "billing_invoice_in_books", "billing_payment_in_books"


class TestRawSql:
    def test_nothing_is_sent_or_cancelled_without_the_books(self):
        assert attack(sending(draft())) == INVOICE
        assert attack(cancelling(sent())) == "billing_invoice_cancelled_by_credit_note"

    def test_nothing_is_in_the_books_that_was_not_sent(self):
        for document in (draft().pk, customer().pk):
            assert attack(entry_for("invoice", document, "send", 1000)) == INVOICE
            assert attack(entry_for("payment", document, "receive", 1000)) == PAYMENT

    @pytest.mark.parametrize("amount, currency", [(999, "USD"), (1000, "EUR"), (1001, "USD")])
    def test_the_books_say_what_the_invoice_says(self, amount, currency):
        invoice = draft(line(1000))
        on = {"day": invoice.issue_date}
        assert attack([sending(invoice), entry_for("invoice", invoice.pk, "send", amount, currency, **on)]) == INVOICE
        assert attack([sending(invoice), entry_for("invoice", invoice.pk, "send", 1000, **on)]) is None

    def test_the_books_have_an_invoice_on_its_issue_date(self):
        invoice = draft(line(1000))
        late = invoice.issue_date + dt.timedelta(days=1)
        assert attack([sending(invoice), entry_for("invoice", invoice.pk, "send", 1000, day=late)]) == INVOICE

    def test_an_invoice_of_nothing_has_no_entry(self):
        assert attack(entry_for("invoice", sent(line(0)).pk, "send", 5)) == INVOICE

    def test_a_document_is_posted_for_nothing_else(self):
        assert attack(entry_for("invoice", sent().pk, "fee", 5)) == "billing_entry_purpose"
        payment = part_paid().payments.get()
        assert attack(entry_for("payment", payment.pk, "again", 400)) == "billing_entry_purpose"

    @pytest.mark.parametrize("made, rule", [(sent, INVOICE), (part_paid, PAYMENT)])
    def test_the_entry_of_a_document_is_not_reversed_alone(self, made, rule):
        made(line(1000))
        entry = present(Entry.objects.order_by("id").last())
        sql = f"""
            WITH e AS (
                INSERT INTO accounting_entry
                    (id, date, description, source_type, source_id, reverses_id, purpose, created_at)
                VALUES (gen_random_uuid(), '{entry.date}', 'Raw', 'reversal', '{entry.pk}', '{entry.pk}', '', now())
                RETURNING id, date
            )
            INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
            SELECT gen_random_uuid(), e.id, l.position, l.account_id, e.date, l.credit, l.debit, l.currency
            FROM e, accounting_line l WHERE l.entry_id = '{entry.pk}'
        """
        assert attack(sql) == rule

    @pytest.mark.django_db(transaction=True)
    def test_people_are_told_what_to_do_instead(self, owner):
        sent()
        error = owner.post(f"/transactions/{Entry.objects.get().pk}/reverse").refused(409)
        assert (
            error["message"]
            == "This transaction belongs to a document. Cancel the invoice, or issue a credit note for it."
        )
        assert Entry.objects.count() == 1


def everything():
    """Return all data that a service may change."""
    tables = (Invoice, Payment, Entry, Line, Total, AuditEntry)
    return [sorted(table.objects.values_list(), key=str) for table in tables]


class Killer:
    """Terminates this connection's backend from outside, before it runs its nth statement."""

    def __init__(self, at):
        self.left = at
        self.done = False

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == 0:
            self.kill()
        return execute(sql, params, many, context)

    def kill(self):
        self.done = True
        mine = connection.connection.info.backend_pid
        settings = {
            name: value
            for name, value in connection.get_connection_params().items()
            if name in ("dbname", "user", "password", "host", "port")
        }
        with psycopg.connect(**settings, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])


VERBS = {
    "send": (draft, lambda pk: send_invoice(invoice_id=pk, actor=SYSTEM)),
    "pay": (sent, lambda pk: record_payment(invoice_id=pk, amount=1000, method="card", actor=SYSTEM)),
    "cancel": (sent, lambda pk: cancel_invoice(invoice_id=pk, actor=SYSTEM)),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", VERBS)
def test_killed_at_any_statement_nothing_of_it_is_there(name):
    make, act = VERBS[name]
    invoice = make(line(1000))
    before = everything()
    ended = False
    for n in range(1, 100):
        killer = Killer(n)
        try:
            with connection.execute_wrapper(killer), transaction.atomic():
                act(invoice.pk)
                ended = not killer.done
                if ended:
                    killer.kill()  # after the last statement, before the commit
        except (OperationalError, InterfaceError, psycopg.OperationalError):
            connections.close_all()
        else:
            raise AssertionError("it lived")
        assert everything() == before
        if ended:
            break
    assert ended
    assert n > 8  # every statement before that was tried
    act(invoice.pk)
    assert everything() != before
    assert not [difference for check in integrity_checks.registered_checks().values() for difference in check()]


@pytest.mark.django_db(transaction=True)
def test_sending_paying_cancelling_and_posting_never_deadlock():
    """Concurrent invoices of one customer and direct postings to the same accounts, in all directions."""
    acme = customer()
    drafts = [draft(line(100, tax_rate=20), of=acme) for _ in range(4)]
    open_ones = [sent(line(100, tax_rate=20), of=acme) for _ in range(8)]
    entries = [post("1300", "4000", 10), post("4000", "1300", 20)]
    codes = ["1200", "1300", "2200", "4000"]

    def by_hand_in_any_order(n):
        first, second = random.Random(n).sample(codes, 2)  # noqa: S311
        lines = [by_hand(first, debit=5), by_hand(second, credit=5)]
        return lambda: post_entry(description="Direct", lines=lines, actor=SYSTEM)

    def paying(invoice):
        return lambda: record_payment(invoice_id=invoice.pk, amount=60, method="card", actor=SYSTEM)

    def undoing(entry):
        return lambda: reverse_entry(entry_id=entry, actor=SYSTEM)

    outcomes = run_concurrently(
        *(lambda pk=one.pk: send_invoice(invoice_id=pk, actor=SYSTEM) for one in drafts),
        *(paying(one) for one in open_ones[:6]),
        *(lambda pk=one.pk: cancel_invoice(invoice_id=pk, actor=SYSTEM) for one in open_ones[4:]),
        *(by_hand_in_any_order(n) for n in range(6)),
        *(undoing(entry) for entry in entries),
    )
    refused = [one for one in outcomes if isinstance(one, DomainError)]
    assert len(refused) == 2  # two were paid and cancelled at once: one of both
    assert all(isinstance(one, Conflict) for one in refused)
    assert not [difference for check in integrity_checks.registered_checks().values() for difference in check()]
    assert sum(net(code) for code in codes) == 0
