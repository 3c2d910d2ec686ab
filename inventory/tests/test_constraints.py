"""Attacks on stock with raw SQL, bypassing Python. PostgreSQL must refuse them."""

import uuid

import pytest
from django.db import connection, transaction

from inventory.integrity_checks import stock_differences
from inventory.models import Category, Movement, Reservation, Stock
from inventory.tests import factories
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import Conflict, Invalid
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import refusal_of

pytestmark = pytest.mark.django_db


def attack(sql, *params):
    """Run `sql`, including deferred constraints. Returns the name of the constraint that refuses it."""
    return attack_with((sql, params))


def attack_with(*statements):
    refusal = refusal_of(lambda: execute(*statements))
    assert refusal is not None
    assert isinstance(domain_error_for(refusal), Conflict | Invalid), refusal
    return database_error(refusal).diag.constraint_name


def execute(*statements):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # check the fixtures now, not during the attack
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for sql, params in statements:
            cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def stock():
    row = factories.stocked(10)
    factories.reserved(row, 4)
    yield row
    row.refresh_from_db()
    assert (row.quantity, row.reserved) == (10, 4)
    assert stock_differences() == []


@pytest.mark.parametrize(
    "change",
    ["quantity = 11", "quantity = quantity - 1", "reserved = 0", "reserved = -1", "quantity = 0, reserved = 0"],
)
def test_the_figures_are_not_written_directly(stock, change):
    assert attack(f"UPDATE inventory_stock SET {change} WHERE id = %s", stock.pk) == "inventory_stock_kept_by_ledger"
    assert attack(f"UPDATE inventory_stock SET {change}") == "inventory_stock_kept_by_ledger"


def test_a_stock_row_does_not_change_what_it_is_about(stock):
    for column, value in (("item_id", factories.item()), ("warehouse_id", factories.warehouse()), ("id", uuid.uuid4())):
        sql = f"UPDATE inventory_stock SET {column} = %s WHERE id = %s"
        assert attack(sql, value, stock.pk) == "inventory_stock_kept_by_ledger"


def test_a_stock_row_begins_empty_and_is_not_deleted(stock):
    sql = """INSERT INTO inventory_stock (id, item_id, warehouse_id, quantity, reserved,
             reorder_point, reorder_quantity, created_at, updated_at) VALUES (%s, %s, %s, %s, 0, 0, 0, now(), now())"""
    refused = attack(sql, uuid.uuid4(), factories.item(), factories.warehouse(), 5)
    assert refused == "inventory_stock_kept_by_ledger"
    refused = attack(sql, uuid.uuid4(), stock.item_id, stock.warehouse_id, 0)
    assert refused == "inventory_stock_place_unique"
    assert "stock_id" in attack("DELETE FROM inventory_stock WHERE id = %s", stock.pk)
    assert attack("TRUNCATE inventory_stock CASCADE") in (
        "inventory_movement_append_only",
        "inventory_reservation_machine",
    )


@pytest.mark.parametrize("table", ["inventory_movement", "inventory_reservation"])
def test_nothing_of_the_ledger_is_deleted(stock, table):
    name = "inventory_movement_append_only" if table == "inventory_movement" else "inventory_reservation_machine"
    assert attack(f"DELETE FROM {table}") == name
    assert attack(f"TRUNCATE {table} CASCADE") in ("inventory_movement_append_only", "inventory_reservation_machine")


@pytest.mark.parametrize("change", ["quantity = 1", "balance_after = 5", "reason = 'x'", "created_by_id = NULL"])
def test_a_movement_never_changes(stock, change):
    assert attack(f"UPDATE inventory_movement SET {change}") == "inventory_movement_append_only"


MOVE = """
    INSERT INTO inventory_movement (id, item_id, warehouse_id, balance_after, created_at,
                                    type, stock_id, quantity, reason, transfer_id, other_warehouse_id, reservation_id)
    VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 999, '1999-01-01', %s, %s, %s, %s, %s, %s, %s)
"""


def move(stock, kind, quantity, reason=None, *, transfer=None, other=None, reservation=None):
    return attack(MOVE, kind, stock.pk, quantity, reason, transfer, other, reservation)


def test_a_movement_takes_no_more_than_is_free(stock):
    assert move(stock, "issue", -7) == "inventory_stock_reserved_within"
    assert move(stock, "issue", -11) == "inventory_stock_reserved_within"
    assert move(stock, "adjustment", -7, "x") == "inventory_stock_reserved_within"


def test_a_movement_has_a_direction_and_an_adjustment_its_reason(stock):
    assert move(stock, "receipt", -1) == "inventory_movement_direction"
    assert move(stock, "issue", 1) == "inventory_movement_direction"
    assert move(stock, "adjustment", 0, "x") == "inventory_movement_direction"
    assert move(stock, "gift", 1) == "inventory_movement_direction"
    assert move(stock, "adjustment", 1) == "inventory_movement_adjustment_reason"


def test_half_a_transfer_does_not_commit(stock):
    other = factories.warehouse()
    assert move(stock, "transfer", -1, transfer=uuid.uuid4(), other=other) == "inventory_movement_transfer_whole"
    assert move(stock, "transfer", -1) == "inventory_movement_transfer_ends"
    assert (
        move(stock, "transfer", -1, transfer=uuid.uuid4(), other=stock.warehouse_id)
        == "inventory_movement_transfer_ends"
    )
    assert move(stock, "issue", -1, transfer=uuid.uuid4(), other=other) == "inventory_movement_transfer_ends"


def test_a_transfer_does_not_change_the_amount_or_the_item(stock):
    elsewhere = factories.stocked(5, item_id=stock.item_id)
    foreign = factories.stocked(5)

    def transfer(target, added):
        transfer_id = uuid.uuid4()
        out = ("transfer", stock.pk, -2, None, transfer_id, target.warehouse_id, None)
        back = ("transfer", target.pk, added, None, transfer_id, stock.warehouse_id, None)
        return attack_with((MOVE, out), (MOVE, back))

    assert transfer(elsewhere, 3) == "inventory_movement_transfer_whole"
    assert transfer(elsewhere, -2) == "inventory_movement_transfer_whole"
    assert transfer(foreign, 2) == "inventory_movement_transfer_whole"


def test_what_the_database_says_of_a_movement_is_not_what_was_sent(stock):
    rest = (None, None, None, None)
    execute((MOVE, ("receipt", stock.pk, 1, *rest)), (MOVE, ("issue", stock.pk, -1, *rest)))
    last = Movement.objects.filter(stock=stock).order_by("-id")[0]
    assert (last.item_id, last.warehouse_id, last.balance_after) == (stock.item_id, stock.warehouse_id, 10)
    assert last.created_at.year > 1999


# --- reservations -----------------------------------------------------------------------------------------------------

RESERVE = """INSERT INTO inventory_reservation (id, stock_id, quantity, status, held_by_order, order_id, expires_at,
             closed_at, created_at, updated_at)
             VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, NULL, now(), now())"""


def test_a_reservation_holds_no_more_than_there_is_and_begins_active(stock):
    assert attack(RESERVE, stock.pk, 7, "active", False, None, None) == "inventory_stock_reserved_within"
    assert attack(RESERVE, stock.pk, -1, "active", False, None, None) == "inventory_reservation_quantity_positive"
    assert attack(RESERVE, stock.pk, 0, "active", False, None, None) == "inventory_reservation_quantity_positive"
    for status in ("fulfilled", "cancelled", "expired", "lost"):
        assert attack(RESERVE, stock.pk, 1, status, False, None, None) == "inventory_reservation_machine"


def test_what_an_order_holds_names_it_and_does_not_expire(stock):
    assert attack(RESERVE, stock.pk, 1, "active", True, None, None) == "inventory_reservation_held_by_order"
    refused = attack(RESERVE, stock.pk, 1, "active", True, uuid.uuid4(), "2099-01-01")
    assert refused == "inventory_reservation_held_by_order"


@pytest.mark.parametrize(
    "change",
    [
        "quantity = 1",
        "status = 'fulfilled', closed_at = now()",
        "updated_at = now()",
        "stock_id = gen_random_uuid()",
        "status = 'cancelled', closed_at = now(), quantity = 1",
    ],
)
def test_a_reservation_does_not_change_otherwise(stock, change):
    assert attack(f"UPDATE inventory_reservation SET {change}") == "inventory_reservation_machine"


@pytest.mark.parametrize("status", ["fulfilled", "cancelled", "expired"])
@pytest.mark.parametrize("to", ["active", "fulfilled", "cancelled", "expired"])
def test_a_reservation_that_ended_stays_as_it_ended(status, to):
    pk = factories.reservation_in(status)
    sql = (
        "UPDATE inventory_reservation SET status = %s, closed_at = CASE WHEN %s THEN NULL ELSE now() END WHERE id = %s"
    )
    assert attack(sql, to, to == "active", pk) == "inventory_reservation_machine"
    assert stock_differences() == []


def test_a_movement_fulfils_only_what_is_active_whole_and_there(stock):
    held = Reservation.objects.get(stock=stock)
    other = factories.stocked(10)
    assert move(stock, "issue", -3, reservation=held.pk) == "inventory_movement_reservation_active"
    assert move(other, "issue", -4, reservation=held.pk) == "inventory_movement_reservation_active"
    assert move(stock, "adjustment", -4, "x", reservation=held.pk) == "inventory_movement_fulfils_by_issue"
    for status in ("fulfilled", "cancelled", "expired"):
        ended = Reservation.objects.get(pk=factories.reservation_in(status))
        assert move(ended.stock, "issue", -3, reservation=ended.pk) == "inventory_movement_reservation_active"


def test_ending_one_in_sql_gives_back_what_it_held(stock):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_reservation SET status = 'cancelled', closed_at = now()")
        assert Stock.objects.get(pk=stock.pk).reserved == 0
        transaction.set_rollback(True)


# --- categories and the rest ------------------------------------------------------------------------------------------


def test_no_circle_of_categories_is_made_in_sql():
    root = factories.category()
    child = factories.category(parent=root)
    other = factories.category()
    assert attack("UPDATE inventory_category SET parent_id = id WHERE id = %s", root) == "inventory_category_cycle"
    sql = "UPDATE inventory_category SET parent_id = %s WHERE id = %s"
    assert attack(sql, child, root) == "inventory_category_cycle"
    # two moves in one statement, each of which would be valid alone
    both = (
        "UPDATE inventory_category SET parent_id = CASE id WHEN %s THEN %s::uuid ELSE %s::uuid END WHERE id IN (%s, %s)"
    )
    assert attack(both, root, other, root, root, other) == "inventory_category_cycle"
    assert "fk" in attack(
        "INSERT INTO inventory_category (id, name, parent_id, path, created_at, updated_at) "
        "VALUES (gen_random_uuid(), 'x', gen_random_uuid(), '{}', now(), now())"
    )


def test_a_path_written_by_hand_does_not_stay():
    root = factories.category()
    child = factories.category(parent=root)
    Category.objects.update(path=[])
    assert list(Category.objects.order_by("id").values_list("path", flat=True)) == [[root], [root, child]]


@pytest.mark.parametrize(
    "sql, name",
    [
        ("UPDATE inventory_item SET unit_price = -1", "inventory_item_unit_price_positive"),
        ("UPDATE inventory_item SET tax_rate = 100.1", "inventory_item_tax_rate_percent"),
        ("UPDATE inventory_item SET currency = 'usd'", "inventory_item_currency_form"),
        ("UPDATE inventory_item SET status = 'x'", "inventory_item_status_known"),
        ("UPDATE inventory_item SET sku = ''", "inventory_item_names_present"),
        ("UPDATE inventory_item SET price_base_quantity = 0", "inventory_item_price_base_positive"),
        ("UPDATE inventory_warehouse SET status = 'x'", "inventory_warehouse_status_known"),
        ("UPDATE inventory_warehouse SET name = ''", "inventory_warehouse_name_present"),
        ("UPDATE inventory_warehouse SET capacity = -1", "inventory_warehouse_capacity_positive"),
        ("UPDATE inventory_stock SET reorder_point = -1", "inventory_stock_reorder_positive"),
        ("UPDATE inventory_category SET name = ''", "inventory_category_name_present"),
    ],
)
def test_records_are_kept_within_their_bounds(stock, sql, name):
    factories.category()
    assert attack(sql) == name
