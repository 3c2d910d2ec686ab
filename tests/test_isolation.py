"""Rules that decide from several rows hold in transactions of any isolation level, written with raw SQL."""

from collections.abc import Callable, Iterator
from typing import LiteralString

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from accounting.tests.factories import account, post
from billing.tests.factories import brought, ordered
from inventory.tests.factories import category
from skeleton.identity.tests.factories import user_in_role
from skeleton.kernel.constraints import domain_error_for
from skeleton.kernel.errors import ServiceUnavailable
from skeleton.testkit.roles import connection_arguments

SERIALIZATION_FAILURE = "40001"
LEVELS = ["REPEATABLE READ", "SERIALIZABLE"]

Statement = tuple[LiteralString, tuple[object, ...]]
Attack = tuple[Statement, Statement, Statement]
"""Two statements that only one transaction may commit, and a query that returns a row if both did."""


def last_administrator() -> Attack:
    first, second = (user_in_role("super_admin") for _ in range(2))
    deactivate: LiteralString = "UPDATE identity_user SET is_active = false WHERE id = %s"
    return (
        (deactivate, (first.pk,)),
        (deactivate, (second.pk,)),
        ("SELECT 1 WHERE NOT EXISTS (SELECT FROM identity_user WHERE is_active)", ()),
    )


def last_assignment() -> Attack:
    first, second = (user_in_role("super_admin") for _ in range(2))
    take: LiteralString = "DELETE FROM identity_user_role WHERE user_id = %s"
    return (take, (first.pk,)), (take, (second.pk,)), ("SELECT 1 WHERE NOT EXISTS (SELECT FROM identity_user_role)", ())


def account_cycle() -> Attack:
    first, second = account("7001"), account("7002")
    move: LiteralString = "UPDATE accounting_account SET parent_id = %s WHERE id = %s"
    return (
        (move, (first.pk, second.pk)),
        (move, (second.pk, first.pk)),
        ("SELECT 1 FROM accounting_account GROUP BY () HAVING count(parent_id) = 2", ()),
    )


def category_cycle() -> Attack:
    first, second = category("First"), category("Second")
    move: LiteralString = "UPDATE inventory_category SET parent_id = %s WHERE id = %s"
    return (
        (move, (first, second)),
        (move, (second, first)),
        ("SELECT 1 FROM inventory_category GROUP BY () HAVING count(parent_id) = 2", ()),
    )


def invoice_of_a_cancelled_order() -> Attack:
    made = brought("confirmed", ordered(2))
    return (
        (
            "INSERT INTO billing_invoice (id, number, customer_id, customer_name, order_id, status, currency,"
            " issue_date, due_date, subtotal, tax_total, total, tax_breakdown, amount_paid, created_at, updated_at)"
            " SELECT gen_random_uuid(), 'INV-2026-001', customer_id, '', id, 'draft', currency, '2026-03-15',"
            " '2026-04-15', 0, 0, 0, '[]', 0, now(), now() FROM billing_order WHERE id = %s",
            (made.pk,),
        ),
        ("UPDATE billing_order SET status = 'cancelled', status_reason = 'Changed' WHERE id = %s", (made.pk,)),
        ("SELECT 1 FROM billing_order o JOIN billing_invoice i ON i.order_id = o.id WHERE o.status = 'cancelled'", ()),
    )


@pytest.fixture
def two_clients(transactional_db: None) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    with psycopg.connect(**connection_arguments()) as first, psycopg.connect(**connection_arguments()) as second:
        yield first, second
        first.rollback()
        second.rollback()


def begin(client: psycopg.Connection, level: str) -> None:
    """Begin a transaction and take its snapshot."""
    client.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
    client.execute("SELECT count(*) FROM identity_user")


def outcome(client: psycopg.Connection, statement: Statement) -> str | None:
    """Execute and commit. Return the SQLSTATE of the refusal, or None."""
    try:
        client.execute(*statement)
        client.commit()
    except psycopg.Error as refusal:
        client.rollback()
        return refusal.sqlstate
    return None


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "prepare", [last_administrator, last_assignment, account_cycle, category_cycle, invoice_of_a_cancelled_order]
)
def test_an_old_snapshot_does_not_bypass_a_rule(
    two_clients: tuple[psycopg.Connection, psycopg.Connection], prepare: Callable[[], Attack], level: str
) -> None:
    earlier, later, both = prepare()
    first, second = two_clients
    begin(second, level)
    begin(first, "READ COMMITTED")
    assert outcome(first, earlier) is None
    assert outcome(second, later) == SERIALIZATION_FAILURE
    assert first.execute(*both).fetchone() is None


@pytest.mark.parametrize("level", LEVELS)
def test_the_currency_of_an_account_stays_once_it_is_posted_to(
    two_clients: tuple[psycopg.Connection, psycopg.Connection], level: str
) -> None:
    bank, _ = account("1200"), account("4000", "revenue")
    client, _ = two_clients
    begin(client, level)
    post("1200", "4000", 5)
    assert (
        outcome(client, ("UPDATE accounting_account SET currency = 'EUR' WHERE id = %s", (bank.pk,)))
        == SERIALIZATION_FAILURE
    )


def test_the_refusal_says_what_to_do(two_clients: tuple[psycopg.Connection, psycopg.Connection]) -> None:
    client, _ = two_clients
    begin(client, "SERIALIZABLE")
    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        client.execute("DELETE FROM identity_user")
    assert caught.value.diag.message_primary == (
        "could not serialize access: identity_user is written in READ COMMITTED transactions only"
    )
    assert caught.value.diag.message_hint == (
        "Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED instead of SERIALIZABLE."
    )


def delete_users(level: LiteralString) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL " + level)
        cursor.execute("DELETE FROM identity_user")


@pytest.mark.django_db(transaction=True)
def test_the_api_would_answer_that_the_request_can_be_repeated() -> None:
    with pytest.raises(OperationalError) as caught:
        delete_users("REPEATABLE READ")
    assert isinstance(domain_error_for(caught.value), ServiceUnavailable)


WITHOUT_GUARD = """
    SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND p.pronamespace = 'public'::regnamespace AND p.proname NOT LIKE 'procrastinate%%'
      AND p.proname NOT IN (
          'audit_row', 'audit_children', 'core_count_rows', 'events_row', 'jobs_audit', 'skeleton_never')
      AND NOT EXISTS (
          SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
          WHERE g.tgrelid = t.tgrelid AND f.proname = 'skeleton_read_committed' AND g.tgenabled = 'O')
"""


@pytest.mark.django_db
def test_every_table_with_rules_is_written_in_read_committed_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_GUARD)
        assert cursor.fetchall() == []
