"""Attacks on the invariants with raw SQL, bypassing Python. PostgreSQL refuses them and names the rule."""

import datetime as dt
import json
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from billing.models import Invoice
from billing.services.payments import record_payment
from billing.tests.factories import cancelled, customer, draft, line, paid, part_paid, sent
from parties.choices import PartyKind, PartyStatus
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.rest.handler import to_domain_error
from skeleton.testkit.narrowing import database_error, present
from skeleton.testkit.roles import as_owner, refusal_of

pytestmark = pytest.mark.django_db


def attack(sql, *params):
    """Run `sql` as its own transaction, including deferred checks. Returns the violated constraint, or None."""
    broken = refusal_of(lambda: run([sql] if isinstance(sql, str) else sql, params))
    if broken is None:
        return None
    error = to_domain_error(broken)
    assert error is not None, broken
    assert error.status in (409, 422), broken
    return database_error(broken).diag.constraint_name or database_error(broken).sqlstate


def run(statements, params):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, params if "%s" in statement else None)
    connection.check_constraints()


@contextmanager
def without_guards(cursor):
    """Restore the state before the migration: no trigger checks payments."""
    with as_owner():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE billing_payment DISABLE TRIGGER USER")
        yield
        cursor.execute("ALTER TABLE billing_payment ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def set_invoice(invoice, **columns):
    pairs = ", ".join(f"{name} = %s" for name in columns)
    values = [
        json.dumps(value) if name == "tax_breakdown" or isinstance(value, (list, dict)) else value
        for name, value in columns.items()
    ]
    return attack(f"UPDATE billing_invoice SET {pairs} WHERE id = %s", *values, invoice.pk)


def insert_invoice(**changes):
    row = {
        "id": str(uuid7()),
        "created_at": "2026-01-15T00:00:00Z",
        "updated_at": "2026-01-15T00:00:00Z",
        "number": "INV-2026-901",
        "customer_id": None,
        "customer_name": "x",
        "currency": "USD",
        "status": "draft",
        "subtotal": 0,
        "tax_total": 0,
        "total": 0,
        "amount_paid": 0,
        "tax_breakdown": [],
        "issue_date": "2026-01-15",
        "due_date": "2026-02-15",
        **changes,
    }
    row["customer_id"] = str(row["customer_id"] or customer().pk)
    names = ", ".join(row)
    sql = (
        f"INSERT INTO billing_invoice ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::billing_invoice, %s)"
    )
    return attack(sql, json.dumps([row]))


NOW = "2026-01-15T00:00:00Z"
LINE_COLUMNS = (
    "(id, created_at, updated_at, invoice_id, position, description, quantity, unit_price, discount, tax_rate, total)"
)
INSERT_LINE = (
    f"INSERT INTO billing_invoice_line {LINE_COLUMNS} "
    "VALUES (gen_random_uuid(), now(), now(), %s, 9, 'x', 1, 0, 0, 0, 0)"
)
INSERT_PAYMENT = """
    WITH payment AS (
        INSERT INTO billing_payment
            (id, number, direction, customer_id, currency, amount, allocated, method, paid_at, day, created_at)
        SELECT gen_random_uuid(), to_char(now() AT TIME ZONE 'UTC', '"PAY-"YYYY"-900001"'), 'in', i.customer_id,
               i.currency, 100, 100, 'cash', now(), (now() AT TIME ZONE 'UTC')::date, now()
        FROM billing_invoice i WHERE i.id = %s RETURNING id, amount, created_at
    )
    INSERT INTO billing_settlement (id, invoice_id, kind, payment_id, amount, day, at_once, created_at)
    SELECT gen_random_uuid(), i.id, 'payment', p.id, p.amount, (now() AT TIME ZONE 'UTC')::date, true, p.created_at
    FROM payment p, billing_invoice i WHERE i.id = %s
"""
"""A payment and its settlement of the invoice, without an entry."""


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns, rule",
    [
        ({"total": 999}, "billing_invoice_total_is_sum"),
        ({"subtotal": 999, "total": 999}, "billing_invoice_totals_of_lines"),
        ({"subtotal": 999, "tax_total": 1}, "billing_invoice_totals_of_lines"),
        ({"subtotal": 1001, "tax_total": -1}, "billing_invoice_positive"),
        ({"tax_breakdown": []}, "billing_invoice_totals_of_lines"),
        ({"tax_breakdown": [{"rate": 0, "base": 1000, "tax": 1}]}, "billing_invoice_totals_of_lines"),
        ({"tax_breakdown": None}, "billing_invoice_totals_of_lines"),
        ({"amount_paid": 1}, "billing_invoice_status_fits"),
        ({"amount_paid": -1}, "billing_invoice_paid_within_total"),
        ({"amount_paid": 1001}, "billing_invoice_paid_within_total"),
        ({"status": "lost"}, "billing_invoice_transition"),
        ({"status": "sent"}, "billing_invoice_status_fits"),
        ({"status": "paid"}, "billing_invoice_transition"),
        ({"status": "paid", "sent_at": NOW, "paid_at": NOW, "amount_paid": 1000}, "billing_invoice_transition"),
        ({"status": "cancelled"}, "billing_invoice_status_fits"),
        ({"status": "cancelled", "cancelled_at": NOW, "sent_at": NOW}, "billing_invoice_transition"),
        ({"sent_at": NOW}, "billing_invoice_status_fits"),
        ({"paid_at": NOW}, "billing_invoice_status_fits"),
        ({"cancelled_at": NOW}, "billing_invoice_status_fits"),
        ({"cancel_reason": "x"}, "billing_invoice_status_fits"),
        ({"number": "INV-2026-999"}, "billing_invoice_identity"),
        ({"currency": "EUR"}, "billing_invoice_identity"),
        ({"created_at": NOW}, "billing_invoice_identity"),
        ({"customer_name": "Somebody else"}, "billing_invoice_identity"),
        ({"due_date": None}, "23502"),
    ],
)
def test_a_draft_cannot_be_bent(columns, rule):
    assert set_invoice(draft(line(1000)), **columns) == rule


def test_the_customer_of_an_invoice_stays():
    assert set_invoice(draft(), customer_id=customer().pk) == "billing_invoice_identity"
    assert set_invoice(draft(), due_date="2030-01-01", notes="x") is None


@pytest.mark.parametrize("made", [sent, part_paid, paid, cancelled])
@pytest.mark.parametrize(
    "columns",
    [
        {"due_date": "2030-01-01"},
        {"subtotal": 5, "total": 5},
        {"tax_breakdown": []},
        {"sent_at": NOW},
        {"customer_name": "Somebody else"},
        {"currency": "EUR"},
        {"number": "INV-2026-999"},
        {"issue_date": "2020-01-01"},
        {"status": "draft"},
        {"status": "draft", "sent_at": None},
    ],
)
def test_what_was_sent_stays(made, columns):
    rules = {"billing_invoice_frozen", "billing_invoice_identity", "billing_invoice_transition"}
    invoice = made(line(1000))
    assert set_invoice(invoice, **columns) in rules
    assert set_invoice(invoice, notes="Notes may always change") is None


def test_what_was_sent_keeps_its_customer():
    assert set_invoice(sent(), customer_id=customer().pk) == "billing_invoice_identity"


@pytest.mark.parametrize("made", [paid, cancelled])
@pytest.mark.parametrize(
    "columns",
    [
        {"paid_at": NOW},
        {"cancelled_at": NOW},
        {"cancel_reason": "x"},
        {"amount_paid": 1},
        {"status": "sent"},
        {"status": "cancelled", "cancelled_at": NOW, "amount_paid": 0, "paid_at": None, "cancel_reason": "y"},
    ],
)
def test_what_is_over_is_over(made, columns):
    assert set_invoice(made(line(1000)), **columns) in {"billing_invoice_frozen", "billing_invoice_transition"}


def test_a_sent_invoice_is_not_cancelled_by_itself():
    invoice = part_paid(line(1000))
    assert set_invoice(invoice, status="cancelled", cancelled_at=NOW) == "billing_invoice_cancelled_by_credit_note"
    unpaid = set_invoice(invoice, status="cancelled", cancelled_at=NOW, amount_paid=0)
    assert unpaid == "billing_invoice_cancelled_by_credit_note"
    assert (
        set_invoice(sent(line(5)), status="cancelled", cancelled_at=NOW) == "billing_invoice_cancelled_by_credit_note"
    )
    assert set_invoice(draft(), status="cancelled", cancelled_at=NOW) is None


def test_nothing_without_lines_is_sent():
    empty = draft()
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "UPDATE billing_invoice SET subtotal = 0, total = 0, tax_breakdown = '[]' WHERE id = %s", [empty.pk]
        )
        cursor.execute("DELETE FROM billing_invoice_line WHERE invoice_id = %s", [empty.pk])
    sending = {"status": "paid", "sent_at": NOW, "paid_at": NOW}
    assert set_invoice(empty, **sending) == "billing_invoice_sent_has_lines"


@pytest.mark.parametrize(
    "changes, rule",
    [
        ({}, None),
        ({"status": "sent", "sent_at": NOW}, "billing_invoice_begins_as_draft"),
        ({"status": "cancelled", "cancelled_at": NOW}, "billing_invoice_begins_as_draft"),
        ({"total": 5, "subtotal": 5}, "billing_invoice_totals_of_lines"),
        ({"number": "INV-2025-901"}, "billing_invoice_number_form"),
        ({"number": "INV-2026-1"}, "billing_invoice_number_form"),
        ({"number": "INV-2026-0901"}, "billing_invoice_number_form"),
        ({"number": "INV-2026-1901"}, None),
        ({"number": "X"}, "billing_invoice_number_form"),
        ({"currency": "usd"}, "billing_invoice_currency_form"),
    ],
)
def test_how_an_invoice_begins(changes, rule):
    assert insert_invoice(**changes) == rule


def test_for_whom_an_invoice_begins():
    supplier = Party.objects.create(kind=PartyKind.SUPPLIER, name="S", email="s@example.com")
    assert insert_invoice(customer_id=supplier.pk) == "billing_invoice_customer_kind"
    for status in (PartyStatus.INACTIVE, PartyStatus.BLACKLISTED):
        assert insert_invoice(customer_id=customer(status=status).pk) == "billing_invoice_customer_usable"
    assert insert_invoice(customer_id=uuid7()) is not None


def test_a_number_is_given_once():
    assert insert_invoice() is None
    assert insert_invoice() == "billing_invoice_number_unique"


@pytest.mark.parametrize("made", [draft, sent, paid, cancelled])
def test_no_invoice_is_ever_deleted(made):
    assert attack("DELETE FROM billing_invoice WHERE id = %s", made().pk) == "billing_invoice_permanent"


@pytest.mark.parametrize("table", ["billing_invoice", "billing_invoice_line", "billing_payment"])
def test_no_table_is_emptied(table):
    paid()
    connection.check_constraints()
    assert attack(f"TRUNCATE {table} CASCADE") is not None
    assert Invoice.objects.exists()


# --- lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, rule",
    [
        ("total = 999", "billing_invoice_line_total_fits"),
        ("unit_price = 999, total = 999", "billing_invoice_totals_of_lines"),
        ("quantity = 0, total = 0", "billing_invoice_line_quantity_positive"),
        ("quantity = 'NaN'", "billing_invoice_line_total_fits"),
        ("unit_price = -1, total = -1", "billing_invoice_line_positive"),
        ("discount = -1, total = 1001", "billing_invoice_line_positive"),
        ("discount = 1001, total = -1", "billing_invoice_line_positive"),
        ("tax_rate = 20", "billing_invoice_totals_of_lines"),
        ("tax_rate = -1", "billing_invoice_line_tax_rate_bounds"),
        ("tax_rate = 101", "billing_invoice_line_tax_rate_bounds"),
        ("position = 0", "billing_invoice_line_position_positive"),
        ("description = ''", "billing_invoice_line_description_present"),
        ("description = 'Other words'", None),
    ],
)
def test_a_line_adds_up_and_so_does_its_document(change, rule):
    invoice = draft(line(1000))
    assert attack(f"UPDATE billing_invoice_line SET {change} WHERE invoice_id = %s", invoice.pk) == rule


def test_a_line_cannot_come_go_or_move_without_the_totals():
    one, other = draft(line(1000), line(500)), draft(line(1000))
    first = present(one.lines.first())
    moved = attack("UPDATE billing_invoice_line SET invoice_id = %s, position = 7 WHERE id = %s", other.pk, first.pk)
    assert moved == "billing_invoice_totals_of_lines"
    gone = attack("DELETE FROM billing_invoice_line WHERE id = %s", first.pk)
    assert gone == "billing_invoice_totals_of_lines"
    assert attack(INSERT_LINE.replace("0, 0, 0, 0)", "5, 0, 0, 5)"), one.pk) == "billing_invoice_totals_of_lines"
    assert attack(INSERT_LINE, one.pk) is None  # of 0, at an existing rate
    assert attack(INSERT_LINE, one.pk) == "billing_invoice_line_position_unique"


def test_moving_a_line_out_is_seen_from_where_it_left():
    """The totals of the new document are adjusted, those of the old one are not."""
    one, other = draft(line(1000), line(500)), draft(line(1000))
    statements = [
        f"UPDATE billing_invoice SET subtotal = 1500, total = 1500, tax_breakdown ="
        f' \'[{{"rate": 0, "base": 1500, "tax": 0}}]\' WHERE id = \'{other.pk}\'',
        f"UPDATE billing_invoice_line SET invoice_id = '{other.pk}' WHERE invoice_id = '{one.pk}' AND position = 2",
    ]
    assert attack(statements) == "billing_invoice_totals_of_lines"


@pytest.mark.parametrize("made", [sent, part_paid, paid, cancelled])
@pytest.mark.parametrize(
    "sql",
    [
        INSERT_LINE,
        "UPDATE billing_invoice_line SET description = 'x' WHERE invoice_id = %s",
        "DELETE FROM billing_invoice_line WHERE invoice_id = %s",
    ],
)
def test_the_lines_of_what_was_sent_stay(made, sql):
    assert attack(sql, made(line(1000)).pk) == "billing_invoice_line_drafts_only"


def test_a_line_does_not_move_into_what_was_sent():
    """The total is 0, so no sum reveals it."""
    here, there = draft(line(10), line(0)), sent(line(10))
    sql = "UPDATE billing_invoice_line SET invoice_id = %s WHERE invoice_id = %s AND position = 2"
    assert attack(sql, there.pk, here.pk) == "billing_invoice_line_drafts_only"


# --- payments ---------------------------------------------------------------------------------------------------------


BOOKS = {"billing_payment_in_books", "billing_settlement_in_books"}  # both are checked at commit, in any order


@pytest.mark.parametrize(
    "made, rule",
    [
        (draft, "billing_invoice_status_fits"),
        (sent, BOOKS),
        (part_paid, BOOKS),
        (paid, "billing_invoice_paid_within_total"),
        (cancelled, "billing_invoice_paid_within_total"),
    ],
)
def test_a_payment_does_not_come_by_itself(made, rule):
    pk = made(line(1000)).pk
    assert attack(INSERT_PAYMENT, pk, pk) in rule


def test_what_is_paid_needs_its_payment():
    assert set_invoice(sent(line(1000)), amount_paid=100) == "billing_invoice_paid_of_payments"
    whole = {"amount_paid": 1000, "status": "paid", "paid_at": NOW}
    assert set_invoice(sent(line(1000)), **whole) == "billing_invoice_paid_of_payments"


@pytest.mark.parametrize("made", [draft, paid, cancelled])
def test_only_what_was_sent_takes_a_payment(made):
    invoice = made(line(1000))
    statements = [
        f"UPDATE billing_invoice SET amount_paid = amount_paid + 100 WHERE id = '{invoice.pk}'",
        INSERT_PAYMENT.replace("%s", f"'{invoice.pk}'"),
    ]
    assert attack(statements) in {
        "billing_invoice_status_fits",
        "billing_invoice_paid_within_total",
        "billing_invoice_frozen",
    }


def test_a_payment_on_both_sides_still_needs_its_entry():
    invoice = sent(line(1000))
    statements = [
        f"UPDATE billing_invoice SET amount_paid = 100 WHERE id = '{invoice.pk}'",
        INSERT_PAYMENT.replace("%s", f"'{invoice.pk}'"),
    ]
    assert attack(statements) in BOOKS


@pytest.mark.parametrize("moment", ["now() + interval '6 minutes'", "'2031-01-01'", "'infinity'"])
def test_a_payment_is_not_dated_in_the_future(moment):
    invoice = sent(line(1000))
    insert = INSERT_PAYMENT.replace("'cash', now()", f"'cash', {moment}").replace("%s", f"'{invoice.pk}'")
    assert attack(insert) == "billing_payment_paid_at_ahead"
    settle = f"UPDATE billing_invoice SET amount_paid = 1000, status = 'paid', paid_at = {moment}"
    assert attack(settle) == "billing_invoice_paid_at_ahead"


def test_payments_of_the_future_that_were_recorded_before_stay(owner):
    """Payments recorded by the first edition: the invoice can be read and accepts further payments."""
    future = timezone.now() + dt.timedelta(days=1500)
    invoice = part_paid(amount=400)
    with connection.cursor() as cursor, without_guards(cursor):
        cursor.execute("UPDATE billing_payment SET paid_at = %s", [future])
    record_payment(invoice_id=invoice.pk, amount=invoice.total - 400, method="cash", actor=SYSTEM)
    read = owner.get(f"/invoices/{invoice.pk}").ok()
    assert read["status"] == "paid"
    assert [payment["paid_at"][:4] for payment in read["payments"]] == [str(future.year), str(timezone.now().year)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE billing_payment SET amount = amount + 1",
        "DELETE FROM billing_payment",
        "UPDATE billing_payment SET reference = 'x'",
    ],
)
def test_payments_are_append_only(sql):
    part_paid()
    assert attack(sql) == "billing_payment_append_only"


def test_a_payment_has_an_amount_and_a_known_method():
    invoice = sent(line(1000))
    pks = invoice.pk, invoice.pk
    assert attack(INSERT_PAYMENT.replace("100, 100", "0, 0"), *pks) == "billing_payment_amount_positive"
    assert attack(INSERT_PAYMENT.replace("cash", "gold"), *pks) == "billing_payment_method_known"


# --- the customer's purchases -----------------------------------------------------------------------------------------


def test_nobody_writes_the_purchases_by_hand():
    acme = customer()
    sql = "UPDATE parties_party SET total_purchases = 5 WHERE id = %s"
    assert attack(sql, acme.pk) == "billing_total_purchases_derived"
    with pytest.raises(DatabaseError, match="total_purchases follows"), transaction.atomic():
        customer(total_purchases=5)
