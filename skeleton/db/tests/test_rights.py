"""The application's role does business, and nothing else: every test runs as it, these attack what it must not do."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounting.models import Total
from accounting.tests.factories import post
from skeleton.audit.models import AuditEntry
from skeleton.db.rights import ALL, grant_application_role, rights_of_tables
from skeleton.kernel.constraints import domain_error_for
from skeleton.testkit.change_recorder import our_tables
from skeleton.testkit.narrowing import database_error
from skeleton.testkit.roles import as_owner, owner_login

pytestmark = pytest.mark.django_db

DENIED = "42501"
READ, ADD, CHANGE = ("SELECT",), ("SELECT", "INSERT"), ("SELECT", "INSERT", "UPDATE")
LIMITED = {
    "accounting_entry": ADD,
    "accounting_line": ADD,
    "accounting_month_total": READ,
    "accounting_total": READ,
    "audit_entry": READ,
    "billing_correspondents": ADD,
    "billing_invoice": CHANGE,
    "billing_issued_document": ADD,
    "billing_order": CHANGE,
    "billing_order_status_change": READ,
    "billing_payment": CHANGE,
    "billing_settlement": CHANGE,
    "company_company": CHANGE,
    "company_logo": ADD,
    "contracts_contract": CHANGE,
    "contracts_cycle": ADD,
    "contracts_version": READ,
    "core_row_count": READ,
    "inventory_movement": ADD,
    "inventory_reservation": CHANGE,
    "messenger_attachment": ADD,
    "messenger_conversation": CHANGE,
    "messenger_event": ("SELECT", "DELETE"),
    "messenger_message": CHANGE,
}
"""Tables of ours that the application may not do everything with. A new one stands here once its guard is written."""


def ask(question, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def sqlstate(statement):
    """How PostgreSQL refuses a statement, which must not be an error that people are told the reason of."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert domain_error_for(caught.value) is None
    return database_error(caught.value).sqlstate


def role():
    return connection.settings_dict["USER"]


def test_tests_run_as_a_role_that_owns_nothing():
    ((name, superuser),) = ask("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = session_user")
    assert name == role()
    assert name.endswith("_app")
    assert not superuser
    assert not ask("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
    assert not ask("SELECT proname FROM pg_proc WHERE proowner = current_user::regrole")
    assert not ask("SELECT 1 FROM pg_auth_members WHERE member = current_user::regrole")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE accounting_entry DISABLE TRIGGER ALL",
        "ALTER TABLE accounting_entry ADD COLUMN x int",
        "ALTER TABLE audit_entry OWNER TO CURRENT_USER",
        "ALTER TABLE parties_party DROP CONSTRAINT parties_party_name_present",
        "ALTER FUNCTION audit_row() SECURITY INVOKER",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "COPY parties_party TO PROGRAM 'cat'",
        "CREATE EXTENSION file_fdw",
        "CREATE INDEX ON audit_entry (action)",
        "CREATE OR REPLACE FUNCTION skeleton_never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE ROLE anybody",
        "CREATE SCHEMA mine",
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE TRIGGER mine BEFORE INSERT ON parties_party FOR EACH ROW EXECUTE FUNCTION skeleton_never('x', 'y')",
        "DROP FUNCTION audit_row() CASCADE",
        "DROP TABLE audit_entry",
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
        "SELECT 1 FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT setval('messenger_event_position', 1)",
        "SET session_replication_role = replica",
        "TRUNCATE parties_country CASCADE",
        "UPDATE pg_trigger SET tgenabled = 'D'",
    ],
)
def test_the_schema_is_out_of_reach(statement):
    assert sqlstate(statement) == DENIED


def test_the_owner_is_lent_and_given_back():
    owner = ask("SELECT rolname FROM pg_roles JOIN pg_class ON relowner = pg_roles.oid WHERE relname = 'audit_entry'")
    with as_owner():
        assert ask("SELECT current_user") == owner
        with as_owner():
            pass
        assert ask("SELECT current_user") == owner
    assert ask("SELECT current_user") == [(role(),)]
    assert sqlstate(f'SET ROLE "{owner[0][0]}"') == DENIED


@pytest.mark.django_db(transaction=True)
def test_the_owner_logs_in_where_connections_are_opened():
    with owner_login():
        assert ask("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(True,)]
    assert ask("SELECT current_user") == [(role(),)]


def test_what_only_grows_only_grows():
    assert {
        table: rights for table, rights in rights_of_tables().items() if table in our_tables() and rights != ALL
    } == LIMITED


def test_the_database_grants_exactly_that():
    held: dict[str, set[str]] = {}
    for table, right in ask(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = current_user"
    ):
        held.setdefault(table, set()).add(right)
    expected = {table: set(rights) for table, rights in rights_of_tables().items()}
    for table in ("billing_payment", "billing_settlement", "inventory_stock"):
        expected[table].remove("UPDATE")  # of some columns only, see below
    assert held == expected
    assert not {right for rights in held.values() for right in rights} - set(ALL)


COLUMN = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1"


@pytest.mark.parametrize("table", LIMITED)
def test_a_missing_right_is_denied_before_any_trigger(table):
    attacks = {
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": f"UPDATE {table} SET {ask(COLUMN, table)[0][0]} = DEFAULT",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }
    for right, attack in attacks.items():
        if right not in LIMITED[table]:
            assert sqlstate(attack) == DENIED, attack


@pytest.mark.parametrize("column", ["quantity", "reserved", "item_id", "warehouse_id", "id"])
def test_of_stock_only_what_people_set_is_updated(column):
    assert sqlstate(f"UPDATE inventory_stock SET {column} = {column}") == DENIED
    ask("UPDATE inventory_stock SET updated_at = now() RETURNING 1")


def test_a_table_that_nobody_declared_is_out_of_reach():
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE stray AS SELECT 1 AS x")
        grant_application_role(role())
    for statement in ("SELECT * FROM stray", "INSERT INTO stray VALUES (1)", "DELETE FROM stray"):
        assert sqlstate(statement) == DENIED


OURS = """
    SELECT p.oid::regprocedure::text, p.prosecdef, p.prorettype = 'trigger'::regtype, p.proconfig,
           has_function_privilege(current_user, p.oid, 'EXECUTE') OR has_function_privilege('public', p.oid, 'EXECUTE')
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname NOT LIKE 'procrastinate%%'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def test_functions_of_the_owner_have_a_fixed_path_and_no_caller():
    functions = ask(OURS)
    assert len(functions) > 80
    for name, as_its_owner, trigger, settings, callable_ in functions:
        assert as_its_owner == trigger, f"{name}: every trigger function is SECURITY DEFINER, and nothing else"
        if as_its_owner:
            assert settings == ["search_path=pg_catalog, public, pg_temp"], name
            assert not callable_, name


def test_migrate_closes_what_can_be_called():
    """A stranger could attach the function to a temporary table of their own, and forge entries of the log."""
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("GRANT EXECUTE ON FUNCTION audit_row() TO PUBLIC")
        call_command("migrate", verbosity=0)
    assert ask("SELECT has_function_privilege('public', 'audit_row()', 'EXECUTE')") == [(False,)]


def test_the_log_is_written_by_triggers_only():
    assert sqlstate("SELECT audit_write('users', gen_random_uuid(), 'UPDATE', '{}')") == DENIED


def test_business_goes_on(chart):
    before = AuditEntry.objects.count()
    post("1200", "4000", 500)
    assert AuditEntry.objects.count() > before
    assert sum(Total.objects.values_list("debit", flat=True)) == 500


def test_rights_are_granted_by_a_command():
    name = role()
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{name}"')
        said = StringIO()
        call_command("grant_rights", role=name, stdout=said)
        with pytest.raises(CommandError, match="no role nobody_here"):
            call_command("grant_rights", role="nobody_here")
        with pytest.raises(CommandError, match="owner or a superuser"):
            call_command("grant_rights", role=ask("SELECT current_user")[0][0])
    assert name in said.getvalue()
    test_the_database_grants_exactly_that()
