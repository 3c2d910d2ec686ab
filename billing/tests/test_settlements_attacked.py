"""Attacks on payments and settlements with raw SQL, bypassing Python. PostgreSQL refuses them and names the rule."""

import pytest
from django.db import connection

from billing.models import Payment, Settlement
from billing.services.allocations import allocate_payment, unallocate_payment
from billing.services.corrections import refund_payment, reverse_payment
from billing.services.payments import receive_payment
from billing.tests.factories import cancelled, customer, draft, line, paid, part_paid, sent
from billing.tests.test_books_attacked import entry_for
from billing.tests.test_constraints import attack
from parties.choices import PartyKind
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.testkit.narrowing import present
from skeleton.testkit.roles import without_triggers

pytestmark = pytest.mark.django_db

TODAY = "(now() AT TIME ZONE 'UTC')::date"


@pytest.fixture(autouse=True)
def _at_commit(db):
    yield
    connection.check_constraints()


def received(of=None, amount=1000, **fields):
    values = {"currency": "USD", "method": "card", "actor": SYSTEM, **fields}
    return Payment.objects.get(pk=receive_payment(customer_id=(of or customer()).pk, amount=amount, **values))


def reversed_(payment):
    reverse_payment(payment_id=payment.pk, reason="Typo", actor=SYSTEM)
    return payment


def refunded(payment, amount=400):
    return Payment.objects.get(pk=refund_payment(payment_id=payment.pk, amount=amount, method="card", actor=SYSTEM))


BOOKS = {"billing_payment_in_books", "billing_settlement_in_books"}  # both are checked at commit, in any order


def settling(invoice, payment, amount=100, *, day=TODAY, columns="", values=""):
    """Return SQL that settles an invoice with a payment, without an entry."""
    return (
        f"INSERT INTO billing_settlement (id, invoice_id, kind, payment_id, amount, day, created_at{columns}) "
        f"VALUES (gen_random_uuid(), '{invoice.pk}', 'payment', '{payment.pk}', {amount}, {day}, now(){values})"
    )


def paying(of, amount=100, **columns):
    """Return SQL that inserts a payment, without an entry."""
    row = {
        "id": "gen_random_uuid()",
        "number": "to_char(now() AT TIME ZONE 'UTC', '\"PAY-\"YYYY\"-900001\"')",
        "direction": "'in'",
        "customer_id": f"'{of.pk}'",
        "currency": "'USD'",
        "amount": str(amount),
        "method": "'cash'",
        "paid_at": "now()",
        "day": TODAY,
        "created_at": "now()",
        **columns,
    }
    return f"INSERT INTO billing_payment ({', '.join(row)}) VALUES ({', '.join(row.values())})"


class TestPayments:
    @pytest.mark.parametrize(
        "columns, rule",
        [
            ({}, "billing_payment_in_books"),
            ({"allocated": "100"}, "billing_payment_in_books"),
            ({"allocated": "101"}, "billing_payment_within_amount"),
            ({"allocated": "-1"}, "billing_payment_within_amount"),
            ({"refunded": "1"}, "billing_payment_derived"),
            ({"reversed_at": "now()", "reversal_day": TODAY, "reversal_reason": "'x'"}, "billing_payment_derived"),
            ({"direction": "'out'"}, "billing_payment_direction_fits"),
            ({"direction": "'up'"}, "billing_payment_direction_fits"),
            ({"number": "'PAY-1999-000001'"}, "billing_payment_number_form"),
            ({"number": "'X'"}, "billing_payment_number_form"),
            ({"currency": "'usd'"}, "billing_payment_currency_form"),
            ({"paid_at": "now() + interval '6 minutes'"}, "billing_payment_paid_at_ahead"),
        ],
    )
    def test_how_a_payment_begins(self, columns, rule):
        assert attack(paying(customer(), **columns)) == rule

    def test_who_pays(self):
        supplier = Party.objects.create(kind=PartyKind.SUPPLIER, name="S", email="s@example.com")
        assert attack(paying(supplier)) == "billing_payment_customer_kind"

    def test_numbers_and_external_ids_are_given_once(self):
        payment = received(external_id="B1")
        taken = {"number": f"'{payment.number}'"}
        assert attack(paying(customer(), **taken)) == "billing_payment_number_unique"
        assert attack(paying(customer(), external_id="'B1'")) == "billing_payment_external_id_unique"

    @pytest.mark.parametrize(
        "change, rule",
        [
            ("amount = amount + 1", "billing_payment_append_only"),
            ("number = 'PAY-2026-999999'", "billing_payment_append_only"),
            ("customer_id = gen_random_uuid()", "billing_payment_append_only"),
            ("currency = 'EUR'", "billing_payment_append_only"),
            ("method = 'cash'", "billing_payment_append_only"),
            ("paid_at = now()", "billing_payment_append_only"),
            ("external_id = 'x'", "billing_payment_append_only"),
            ("direction = 'out'", "billing_payment_append_only"),
            ("refund_of_payment_id = id", "billing_payment_append_only"),
            ("allocated = 1", "billing_payment_derived"),
            ("refunded = 1", "billing_payment_derived"),
            ("reversed_at = now()", "billing_payment_reversal_fits"),
            (
                "reversed_at = now(), reversal_reason = 'x', reversal_day = '2020-01-01'",
                "billing_payment_reversal_day",
            ),
            (
                f"reversed_at = now(), reversal_reason = 'x', reversal_day = {TODAY} + 1",
                "billing_payment_reversal_day",
            ),
            (
                f"reversed_at = now(), reversal_reason = 'x', reversal_day = {TODAY}",
                "billing_payment_in_books",
            ),
        ],
    )
    def test_a_payment_stays(self, change, rule):
        payment = received()
        assert attack(f"UPDATE billing_payment SET {change} WHERE id = '{payment.pk}'") == rule

    def test_a_payment_is_reversed_once_and_not_while_it_settles_or_is_refunded(self):
        reversal = f"reversed_at = now(), reversal_reason = 'x', reversal_day = {TODAY}"
        update = "UPDATE billing_payment SET {} WHERE id = '{}'"
        gone = reversed_(received())
        assert attack(update.format("reversal_reason = 'y'", gone.pk)) == "billing_payment_reversed_once"
        nothing = "reversed_at = NULL, reversal_reason = NULL, reversal_day = NULL"
        assert attack(update.format(nothing, gone.pk)) == "billing_payment_reversed_once"
        settling_one = part_paid(line(1000)).payments.get()
        assert attack(update.format(reversal, settling_one.pk)) == "billing_payment_reversal_fits"
        payment = received()
        refunded(payment)
        assert attack(update.format(reversal, payment.pk)) == "billing_payment_reversed_unrefunded"

    def test_a_refund_pays_back_what_is_on_account_to_the_same_customer(self):
        acme = customer()
        payment = received(acme)
        out = {"direction": "'out'", "refund_of_payment_id": f"'{payment.pk}'"}
        assert attack(paying(acme, 1001, **out)) == "billing_payment_within_amount"
        assert attack(paying(customer(), 100, **out)) == "billing_payment_refund_fits"
        assert attack(paying(acme, 100, **out, currency="'EUR'")) == "billing_payment_refund_fits"
        assert attack(paying(acme, 100, **out)) == "billing_payment_in_books"
        refund = refunded(payment)
        of_refund = {**out, "refund_of_payment_id": f"'{refund.pk}'"}
        assert attack(paying(acme, 100, **of_refund)) == "billing_payment_refund_fits"
        of_reversed = {**out, "refund_of_payment_id": f"'{reversed_(received(acme)).pk}'"}
        assert attack(paying(acme, 100, **of_reversed)) == "billing_payment_refund_fits"

    @pytest.mark.parametrize("table", ["billing_payment", "billing_settlement"])
    def test_nothing_is_deleted(self, table):
        part_paid()
        connection.check_constraints()
        assert attack(f"DELETE FROM {table}") == f"{table}_append_only"
        assert attack(f"TRUNCATE {table} CASCADE") is not None


class TestSettlements:
    @pytest.mark.parametrize("amount", [100, 1000])
    @pytest.mark.parametrize("at_once", ["false", "true"])
    def test_a_settlement_needs_its_entry(self, amount, at_once):
        acme = customer()
        payment, invoice = received(acme), sent(line(1000), of=acme)
        with connection.cursor() as cursor:  # what was posted by another transaction
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        with without_triggers() as cursor:
            cursor.execute("UPDATE accounting_entry SET xact = '1'")
        sql = settling(invoice, payment, amount, columns=", at_once", values=f", {at_once}")
        assert attack(sql) == "billing_settlement_in_books"

    @pytest.mark.parametrize(
        "made, rule",
        [
            (draft, "billing_invoice_status_fits"),
            (paid, "billing_invoice_paid_within_total"),
            (cancelled, "billing_invoice_paid_within_total"),
        ],
    )
    def test_only_what_is_due_is_settled(self, made, rule):
        acme = customer()
        assert attack(settling(made(line(1000), of=acme), received(acme))) == rule

    def test_never_more_than_is_due_or_on_account(self):
        acme = customer()
        invoice, large = sent(line(1000), of=acme), sent(line(5000), of=acme)
        assert attack(settling(invoice, received(acme, 5000), 1001)) == "billing_invoice_paid_within_total"
        assert attack(settling(large, received(acme, 1000), 1001)) == "billing_payment_within_amount"
        payment = received(acme)
        refunded(payment, 400)
        assert attack(settling(invoice, payment, 601)) == "billing_payment_within_amount"

    def test_customer_and_currency_are_equal(self):
        acme = customer()
        payment = received(acme)
        assert attack(settling(sent(line(1000)), payment)) == "billing_settlement_same_customer"
        in_euros = sent(line(1000), of=acme, currency="EUR")
        assert attack(settling(in_euros, payment)) == "billing_settlement_same_currency"

    def test_only_money_that_came_in_and_stands_settles(self):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        assert attack(settling(invoice, reversed_(received(acme)))) == "billing_settlement_of_received"
        assert attack(settling(invoice, refunded(received(acme)))) == "billing_settlement_of_received"

    @pytest.mark.parametrize("day", ["'2020-01-01'", f"{TODAY} + 1", f"{TODAY} - 1"])
    def test_its_day_is_between_its_documents_and_today(self, day):
        acme = customer()
        invoice = sent(line(1000), of=acme)
        assert attack(settling(invoice, received(acme), day=day)) == "billing_settlement_days"

    @pytest.mark.parametrize(
        "columns, values, rule",
        [
            (", undone_at, undone_day", f", now(), {TODAY}", "billing_settlement_append_only"),
            (", undone_at", ", now()", "billing_settlement_undone_fits"),
            (", reason", ", 'x'", "billing_settlement_source_fits"),
            (", tax", ", '[]'", "billing_settlement_source_fits"),
            (", credit_note_id", ", gen_random_uuid()", "billing_settlement_source_fits"),
        ],
    )
    def test_how_a_settlement_begins(self, columns, values, rule):
        acme = customer()
        sql = settling(sent(line(1000), of=acme), received(acme), columns=columns, values=values)
        assert attack(sql) == rule
        assert attack(sql.replace(", 100, ", ", 0, ")) in {"billing_settlement_amount_positive", rule}
        assert attack(sql.replace("'payment', ", "'gift', ")) in {
            "billing_settlement_kind_known",
            "billing_settlement_source_fits",
        }

    @pytest.mark.parametrize(
        "change",
        ["amount = 1", "day = day - 1", "invoice_id = gen_random_uuid()", "payment_id = NULL", "created_at = now()"],
    )
    def test_a_settlement_stays(self, change):
        part_paid()
        assert attack(f"UPDATE billing_settlement SET {change}") == "billing_settlement_append_only"

    def test_it_is_undone_once_and_in_the_books(self):
        part_paid()
        undo = "UPDATE billing_settlement SET undone_at = now(), undone_day = {}"
        assert attack(undo.format(TODAY)) in BOOKS
        assert attack(undo.format("'2020-01-01'")) == "billing_settlement_undone_fits"
        assert attack(undo.format(f"{TODAY} + 1")) == "billing_settlement_days"
        settlement = Settlement.objects.get()
        unallocate_payment(payment_id=present(settlement.payment_id), invoice_id=settlement.invoice_id, actor=SYSTEM)
        nothing = "UPDATE billing_settlement SET undone_at = NULL, undone_day = NULL"
        assert attack(nothing) == "billing_settlement_append_only"
        assert attack(undo.format(TODAY)) == "billing_settlement_append_only"

    def test_amounts_of_an_invoice_follow_from_settlements_alone(self):
        invoice = sent(line(1000))
        for column in ("amount_paid", "amount_credited", "amount_written_off"):
            sql = f"UPDATE billing_invoice SET {column} = 10 WHERE id = '{invoice.pk}'"
            assert attack(sql) == "billing_invoice_paid_of_payments"
        functions = (f"SELECT billing_settle_invoice('{paid(line(5)).pk}')", f"SELECT billing_settled('{invoice.pk}')")
        for sql in functions:  # they change nothing that is right
            assert attack(sql) is None


class TestBooks:
    def test_a_later_allocation_has_exactly_its_entry(self):
        acme = customer()
        payment, invoice = received(acme), sent(line(1000), of=acme)
        allocate_payment(payment_id=payment.pk, invoice_id=invoice.pk, amount=300, actor=SYSTEM)
        settlement = Settlement.objects.get()
        rule = "billing_settlement_in_books"
        assert attack(entry_for("allocation", settlement.pk, "undo", 300)) == rule
        assert attack(entry_for("allocation", settlement.pk, "again", 300)) == "billing_entry_purpose"
        assert attack(entry_for("allocation", invoice.pk, "allocate", 300)) == rule
        assert attack(entry_for("payment", payment.pk, "reverse", 1000)) == "billing_payment_in_books"
        assert attack(entry_for("payment", payment.pk, "refund", 1000)) == "billing_payment_in_books"

    def test_what_was_settled_at_once_has_no_entry_of_its_own(self):
        settlement = part_paid(line(1000)).settlements.get()
        assert attack(entry_for("allocation", settlement.pk, "allocate", 400)) == "billing_settlement_in_books"

    def test_the_entry_of_a_payment_says_what_it_settles_at_once(self):
        """An entry with only the whole amount doesn't do for a payment that settles a part."""
        acme = customer()
        invoice = sent(line(1000), of=acme)
        pk = "01972b15-8000-7000-8000-00000000aaaa"
        settle = settling(invoice, type("Named", (), {"pk": pk}), 60)
        pay = paying(acme, 100, id=f"'{pk}'", allocated="60")
        assert attack([pay, settle, entry_for("payment", pk, "receive", 100)]) in BOOKS
