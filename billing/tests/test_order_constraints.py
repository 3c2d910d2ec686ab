"""Attacks on the invariants of orders with raw SQL, bypassing Python. PostgreSQL refuses them."""

import json

import pytest
from django.db import connection

from billing.models import InvoiceLine, OrderStatusChange
from billing.services.invoices import cancel_invoice, send_invoice
from billing.tests.factories import brought, customer, draft, invoiced, order, ordered
from billing.tests.test_constraints import attack
from inventory.models import Reservation
from inventory.tests.factories import item, stocked
from parties.choices import PartyKind, PartyStatus
from parties.models import Party
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.testkit.narrowing import present

pytestmark = pytest.mark.django_db

NOBODY = "01972b15-8000-7000-8000-0000000000ff"


def set_order(made, assignments):
    return attack(f"UPDATE billing_order SET {assignments} WHERE id = %s", made.pk)


def insert_order(**changes):
    row = {
        "id": str(uuid7()),
        "created_at": "2026-01-15T00:00:00Z",
        "updated_at": "2026-01-15T00:00:00Z",
        "number": "ORD-2026-000901",
        "customer_id": None,
        "customer_name": "x",
        "currency": "USD",
        "status": "draft",
        "subtotal": 0,
        "tax_total": 0,
        "total": 0,
        "unbilled_total": 0,
        "tax_breakdown": [],
        **changes,
    }
    row["customer_id"] = str(row["customer_id"] or customer().pk)
    names = ", ".join(row)
    sql = f"INSERT INTO billing_order ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::billing_order, %s)"
    return attack(sql, json.dumps([row]))


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "assignments, rule",
    [
        ("total = 1", "billing_order_total_is_sum"),
        ("subtotal = 1, total = 1", "billing_order_totals_of_lines"),
        ("subtotal = 5001, tax_total = -1", "billing_order_positive"),
        ("tax_breakdown = '[]'", "billing_order_totals_of_lines"),
        ("currency = 'EUR'", "billing_order_identity"),
        ("number = 'ORD-2026-000999'", "billing_order_identity"),
        ("created_at = now()", "billing_order_identity"),
        ("customer_name = 'Somebody else'", "billing_order_identity"),
        ("status = 'lost'", "billing_order_transition"),
        ("status = 'shipped'", "billing_order_transition"),
        ("status_reason = 'x'", "billing_order_frozen"),
        ("unbilled_total = 1", "billing_order_unbilled_derived"),
        ("shipping_address = '[]'", "billing_order_shipping_address_form"),
        ("shipping_address = 'null'", "billing_order_shipping_address_form"),
    ],
)
def test_a_draft_cannot_be_bent(assignments, rule):
    assert set_order(order(), assignments) == rule


def test_a_draft_may_change():
    made = order()
    assert set_order(made, "notes = 'x', shipping_address = '{}'") is None
    assert attack("UPDATE billing_order SET customer_id = %s WHERE id = %s", customer().pk, made.pk) is not None


@pytest.mark.parametrize("state", ["pending", "confirmed", "shipped", "delivered", "cancelled"])
@pytest.mark.parametrize(
    "assignments",
    [
        "notes = 'x'",
        "shipping_address = '{}'",
        "subtotal = 1, total = 1",
        "tax_breakdown = '[]'",
        "status_reason = 'x'",
    ],
)
def test_what_is_no_draft_is_frozen(state, assignments):
    assert set_order(brought(state), assignments) == "billing_order_frozen"


def test_how_an_order_begins():
    assert insert_order() is None
    assert insert_order(status="pending", number="ORD-2026-000902") == "billing_order_begins_as_draft"
    assert insert_order(status_reason="x", number="ORD-2026-000902") == "billing_order_begins_as_draft"
    assert insert_order() == "billing_order_number_unique"
    for wrong in ("ORD-2026-1", "ORD-2025-000001", "INV-2026-000001", "ORD-2026-0000001"):
        assert insert_order(number=wrong) == "billing_order_number_form"
    assert insert_order(unbilled_total=5, number="ORD-2026-000903") == "billing_order_unbilled_fits"
    assert insert_order(subtotal=5, total=5, number="ORD-2026-000903") == "billing_order_totals_of_lines"
    supplier = customer(kind=PartyKind.SUPPLIER, currency=None)
    assert insert_order(customer_id=supplier.pk, number="ORD-2026-000904") == "billing_order_customer_kind"
    acme = customer()
    Party.objects.filter(pk=acme.pk).update(status=PartyStatus.BLACKLISTED)
    assert insert_order(customer_id=acme.pk, number="ORD-2026-000905") == "billing_order_customer_usable"


def test_an_order_is_never_deleted():
    made = order(ordered())
    connection.check_constraints()  # TRUNCATE requires that no checks are pending
    assert attack("DELETE FROM billing_order_line WHERE order_id = %s", made.pk) == "billing_order_totals_of_lines"
    assert attack("DELETE FROM billing_order WHERE id = %s", made.pk) == "billing_order_permanent"
    assert attack("TRUNCATE billing_order CASCADE") == "billing_order_permanent"
    assert attack("TRUNCATE billing_order_line CASCADE") == "billing_order_line_drafts_only"


@pytest.mark.parametrize(
    "assignments, rule",
    [
        ("quantity = 2", "billing_order_line_total_fits"),
        ("quantity = 0, total = 0", "billing_order_line_quantity_positive"),
        ("unit_price = -1, total = -1", "billing_order_line_positive"),
        ("quantity = 2, total = 10000", "billing_order_totals_of_lines"),
        ("tax_rate = 5", "billing_order_totals_of_lines"),
        ("tax_rate = 101", "billing_order_line_tax_rate_bounds"),
        ("description = ''", "billing_order_line_description_present"),
        ("position = 0", "billing_order_line_position_positive"),
        (f"item_id = '{NOBODY}'", "billing_order_line_item_id"),
    ],
)
def test_lines_fit(assignments, rule):
    made = order(ordered())
    found = attack(f"UPDATE billing_order_line SET {assignments} WHERE order_id = %s", made.pk)
    assert found.startswith(rule)


@pytest.mark.parametrize("state", ["pending", "confirmed", "shipped", "delivered", "cancelled"])
def test_lines_of_what_is_no_draft_stay(state):
    made = brought(state)
    rule = "billing_order_line_drafts_only"
    assert attack("UPDATE billing_order_line SET description = 'x' WHERE order_id = %s", made.pk) == rule
    assert attack("DELETE FROM billing_order_line WHERE order_id = %s", made.pk) == rule
    assert (
        attack("UPDATE billing_order_line SET order_id = %s, position = 9 WHERE order_id = %s", order().pk, made.pk)
        == rule
    )


def test_nothing_is_confirmed_without_lines():
    empty = order()
    emptied = [
        f"UPDATE billing_order SET subtotal = 0, total = 0, tax_breakdown = '[]' WHERE id = '{empty.pk}'",
        f"DELETE FROM billing_order_line WHERE order_id = '{empty.pk}'",
    ]
    assert attack(emptied) is None
    assert set_order(empty, "status = 'confirmed'") == "billing_order_confirmed_has_lines"
    assert set_order(empty, "status = 'pending'") is None


def test_history_follows_from_the_order():
    made = brought("pending")
    connection.check_constraints()  # TRUNCATE requires that no checks are pending
    rule = "billing_order_history_append_only"
    assert attack("UPDATE billing_order_status_change SET reason = 'x'") == rule
    assert attack("DELETE FROM billing_order_status_change") == rule
    assert attack("TRUNCATE billing_order_status_change") == rule
    insert = (
        "INSERT INTO billing_order_status_change (id, order_id, from_status, status, changed_at) "
        "VALUES (gen_random_uuid(), %s, 'pending', 'shipped', now())"
    )
    assert attack(insert, made.pk) == rule
    assert set_order(made, "status = 'cancelled', status_reason = 'By hand'") is None
    last = present(OrderStatusChange.objects.filter(order=made).last())
    assert (last.from_status, last.status, last.reason, last.changed_by) == ("pending", "cancelled", "By hand", None)


# --- its invoices -----------------------------------------------------------------------------------------------------

BILL = (
    "INSERT INTO billing_invoice_line (id, created_at, updated_at, invoice_id, position, description, quantity, "
    "unit_price, discount, tax_rate, total, order_line_id) VALUES "
    "(gen_random_uuid(), now(), now(), %s, 9, 'x', %s, 0, 0, 0, 0, %s)"
)


def test_no_line_is_billed_twice():
    made = brought("confirmed", ordered(3))
    line, first = made.lines.get(), invoiced(made)
    assert attack(BILL, first.pk, "0.001", line.pk) == "billing_invoice_line_bills_once"
    assert (
        attack("UPDATE billing_invoice_line SET quantity = 3.001, total = 15005") == "billing_invoice_line_bills_once"
    )
    send_invoice(invoice_id=first.pk, actor=SYSTEM)
    second = draft(of=made.customer)
    assert attack(BILL, second.pk, "0.001", line.pk) is not None
    cancel_invoice(invoice_id=first.pk, actor=SYSTEM)
    invoiced(made)


def test_what_a_line_bills_stays():
    made, other = brought("confirmed", ordered(3)), brought("confirmed", ordered(3))
    first = invoiced(made)
    rule = "billing_invoice_line_of_its_order"
    assert attack("UPDATE billing_invoice_line SET order_line_id = NULL") == rule
    assert attack("UPDATE billing_invoice_line SET order_line_id = %s", other.lines.get().pk) == rule
    assert attack(BILL, draft(of=made.customer).pk, "1", other.lines.get().pk) == rule
    assert attack(BILL, first.pk, "1", other.lines.get().pk) == rule
    assert attack("UPDATE billing_invoice SET order_id = NULL WHERE id = %s", first.pk) == "billing_invoice_identity"
    assert InvoiceLine.objects.get(invoice=first).order_line_id == made.lines.get().pk


INVOICE = (
    "INSERT INTO billing_invoice (id, created_at, updated_at, number, customer_id, customer_name, currency, status, "
    "subtotal, tax_total, total, amount_paid, tax_breakdown, issue_date, due_date, order_id) "
    "SELECT gen_random_uuid(), now(), now(), 'INV-2026-901', {customer}, 'x', {currency}, 'draft', 0, 0, 0, 0, '[]', "
    "'2026-01-15', '2026-01-15', id FROM billing_order WHERE id = %s"
)


def test_an_invoice_fits_its_order():
    made, rule = brought("confirmed"), "billing_invoice_fits_order"
    fits = {"customer": "customer_id", "currency": "currency"}
    assert attack(INVOICE.format(**{**fits, "customer": f"'{customer().pk}'"}), made.pk) == rule
    assert attack(INVOICE.format(**{**fits, "currency": "'EUR'"}), made.pk) == rule
    for state in ("draft", "pending", "cancelled"):
        assert attack(INVOICE.format(**fits), brought(state).pk) == rule
    assert attack(INVOICE.format(**fits), made.pk) is None


def test_an_invoiced_order_is_not_cancelled():
    made = brought("confirmed")
    invoice = invoiced(made)
    assert set_order(made, "status = 'cancelled'") == "billing_order_cancelled_unbilled"
    cancel_invoice(invoice_id=invoice.pk, actor=SYSTEM)
    assert set_order(made, "status = 'cancelled'") is None


# --- its stock --------------------------------------------------------------------------------------------------------

HELD = "billing_order_stock_held"


@pytest.fixture
def goods():
    return stocked(10)


def test_an_order_is_not_confirmed_without_its_stock(goods):
    made = order(ordered(4, of=goods.item_id), ordered(1))
    assert set_order(made, "status = 'confirmed'") == HELD


@pytest.mark.parametrize("status", ["shipped", "cancelled"])
def test_what_is_held_goes_with_the_order(goods, status):
    made = brought("confirmed", ordered(4, of=goods.item_id))
    assert set_order(made, f"status = '{status}'") == HELD


def test_what_is_held_does_not_end_by_itself(goods):
    brought("confirmed", ordered(4, of=goods.item_id))
    for status in ("cancelled", "expired"):
        ended = f"UPDATE inventory_reservation SET status = '{status}', closed_at = now()"
        assert attack(ended) == HELD
    issue = (
        "INSERT INTO inventory_movement (type, stock_id, quantity, reservation_id, order_id) "
        "SELECT 'issue', stock_id, -quantity, id, order_id FROM inventory_reservation"
    )
    assert attack(issue) == HELD
    assert Reservation.objects.get().status == "active"


HOLD = (
    "INSERT INTO inventory_reservation (id, stock_id, quantity, status, order_id, held_by_order, created_at, "
    "updated_at) VALUES (gen_random_uuid(), %s, 1, 'active', %s, %s, now(), now())"
)


@pytest.mark.parametrize("state", ["draft", "pending", "confirmed", "shipped", "delivered", "cancelled"])
def test_no_order_holds_more_than_its_lines_need(goods, state):
    made = brought(state, ordered(4, of=goods.item_id))
    assert attack(HOLD, goods.pk, made.pk, True) == HELD
    assert attack(HOLD, stocked(1).pk, made.pk, True) == HELD
    assert attack(HOLD, goods.pk, made.pk, False) is None  # a manual reservation for the order


def test_a_service_that_is_stocked_later_changes_nothing():
    service = item()
    made = brought("confirmed", ordered(2, of=service))
    stocked(5, item_id=service)
    assert set_order(made, "status = 'shipped'") is None
