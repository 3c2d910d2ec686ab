"""The application's database role: attacks on what it must not do, and how its rights are granted and checked."""

from io import StringIO

import pytest
from django.core.checks import ERROR, INFO, WARNING
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from accounting.models import Total
from accounting.tests.factories import post
from skeleton.audit.models import AuditEntry
from skeleton.db.checks import check_application_role, check_database_is_checked
from skeleton.db.rights import ALL, excess_rights, grant_application_role, rights_of_tables
from skeleton.kernel.constraints import domain_error_for
from skeleton.server.management.commands.serve import Command as Serve
from skeleton.server.management.commands.serve import require_valid_settings
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
    "accounting_year_closing": CHANGE,
    "audit_entry": READ,
    "billing_correspondents": ADD,
    "billing_e_invoice": ADD,
    "billing_email": CHANGE,
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
    "events_event": ("SELECT", "DELETE"),
    "events_log": ("SELECT", "UPDATE"),
    "events_pending": READ,
    "inventory_movement": ADD,
    "inventory_reservation": CHANGE,
    "messenger_absence": READ,
    "messenger_attachment": ADD,
    "messenger_conversation": CHANGE,
    "messenger_message": CHANGE,
}
"""Our tables on which the application lacks a right. A new table is added here with the trigger that protects it."""


def ask(question, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def sqlstate(statement):
    """Return the SQLSTATE with which PostgreSQL refuses a statement. Checks that it has no user message."""
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
        "SELECT setval('events_pending_number_seq', 1)",
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


def held_by(grantee):
    held: dict[str, set[str]] = {}
    for table, right in ask(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = %s", grantee
    ):
        held.setdefault(table, set()).add(right)
    return held


def expected_rights():
    expected = {table: set(rights) for table, rights in rights_of_tables().items()}
    for table in ("billing_payment", "billing_settlement", "inventory_stock"):
        expected[table].remove("UPDATE")  # of some columns only, see below
    return expected


def test_the_database_grants_exactly_that():
    held = held_by(role())
    assert held == expected_rights()
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
    """Another role could attach the function to a temporary table of its own, and forge entries of the log."""
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


@pytest.fixture
def other_role():
    """A new role that can do nothing. It disappears with the test's transaction."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE skeleton_other LOGIN")
        yield "skeleton_other"


def test_rights_are_granted_by_a_command(other_role):
    with connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO skeleton_other")
    said = StringIO()
    call_command("grant_rights", role=other_role, stdout=said)
    assert said.getvalue() == "skeleton_other has the rights of the application.\n"
    assert held_by(other_role) == expected_rights()
    with pytest.raises(CommandError, match="no role nobody_here"):
        call_command("grant_rights", role="nobody_here")


def refusal_of_command(name):
    with as_owner(), pytest.raises(CommandError) as caught:
        call_command("grant_rights", role=name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "change, reason",
    [
        ("ALTER ROLE skeleton_other SUPERUSER", "skeleton_other is a superuser"),
        ("ALTER ROLE skeleton_other CREATEROLE", "skeleton_other may create roles (CREATEROLE)"),
        ("ALTER ROLE skeleton_other CREATEDB", "skeleton_other may create databases (CREATEDB)"),
        ("ALTER ROLE skeleton_other REPLICATION", "skeleton_other may copy the whole server (REPLICATION)"),
        ("ALTER ROLE skeleton_other BYPASSRLS", "skeleton_other bypasses row security (BYPASSRLS)"),
        *(
            (
                f"GRANT {predefined} TO skeleton_other",
                f"skeleton_other is a member of {predefined}, which has rights on the whole server",
            )
            for predefined in (
                "pg_execute_server_program",
                "pg_write_server_files",
                "pg_read_server_files",
                "pg_write_all_data",
                "pg_read_all_data",
                "pg_signal_backend",
            )
        ),
        (
            "CREATE ROLE skeleton_group CREATEROLE; GRANT skeleton_group TO skeleton_other",
            "skeleton_other is a member of skeleton_group, which may create roles (CREATEROLE)",
        ),
        (
            "CREATE ROLE skeleton_group; GRANT UPDATE ON audit_entry TO skeleton_group;"
            "GRANT skeleton_group TO skeleton_other",
            "skeleton_other is a member of skeleton_group, which has rights of its own to tables",
        ),
        (
            "CREATE TABLE owned (x int); ALTER TABLE owned OWNER TO skeleton_other",
            "skeleton_other owns the database or something in it",
        ),
    ],
)
def test_a_role_with_other_rights_is_refused(other_role, change, reason):
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert refusal_of_command(other_role) == (
        f"{reason}, so it cannot be limited to what the application needs: revoke this, or name another role."
    )


def test_the_owner_and_its_members_are_refused_even_by_a_superuser(other_role):
    """A superuser could otherwise take rights to its own tables from the owner."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE skeleton_tables; ALTER TABLE audit_entry OWNER TO skeleton_tables")
        cursor.execute("GRANT skeleton_tables TO skeleton_other")
    owns = "owns the database or something in it"
    assert refusal_of_command("skeleton_tables").startswith(f"skeleton_tables {owns}, so")
    assert refusal_of_command(other_role).startswith(f"skeleton_other is a member of skeleton_tables, which {owns}, so")


def test_roles_that_show_how_the_server_is_doing_are_harmless(other_role):
    with connection.cursor() as cursor:
        cursor.execute("GRANT pg_monitor TO skeleton_other")
    call_command("grant_rights", role=other_role, stdout=StringIO())
    assert excess_rights(other_role) is None


def test_only_the_owner_grants():
    owner = ask("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'django_migrations'")[0][0]
    with pytest.raises(CommandError) as caught:
        call_command("grant_rights", role=role())
    assert str(caught.value) == (
        f"{role()} cannot grant rights to the tables: run this as {owner}, who owns them (DATABASE_URL)."
    )


def test_rights_are_granted_after_the_first_migration():
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
        with pytest.raises(CommandError, match=r"^There are no tables yet: run manage.py migrate first\.$"):
            call_command("grant_rights", role="anybody")


@pytest.fixture
def start():
    """The command `serve`, whose steps can be run one by one."""
    return Serve(stdout=StringIO())


def test_the_application_starts_as_its_role_when_no_migration_is_pending(start):
    start.migrate()
    start.seed()
    require_valid_settings()


def test_pending_migrations_are_left_to_the_owner(start):
    owner = ask("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'django_migrations'")[0][0]
    (last,) = MigrationLoader(connection).graph.leaf_nodes("billing")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", last)
    with pytest.raises(CommandError) as caught:
        start.migrate()
    assert str(caught.value) == (
        f"Migrations are pending (1): run manage.py migrate and manage.py grant_rights as {owner},"
        " who owns the tables, and start again."
    )


class TestCheck:
    """`check --deploy --database default`, which `serve` includes in production."""

    @pytest.fixture(autouse=True)
    def in_production(self, settings):
        settings.ZERO_CONFIGURATION = False

    def test_the_role_of_the_application_is_fine(self):
        assert check_application_role(None, databases=["default"]) == []

    def test_rights_that_it_got_later_stop_the_start(self):
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f'GRANT pg_write_server_files TO "{role()}"')
        (problem,) = check_application_role(None, databases=["default"])
        assert problem.level == ERROR
        assert problem.msg == (
            f"{role()} is a member of pg_write_server_files, which has rights on the whole server."
            " The application's role must not have more rights: revoke this."
        )

    def test_the_owner_is_warned_of(self):
        with as_owner():
            (problem,) = check_application_role(None, databases=["default"])
        assert problem.level == WARNING
        assert "disable triggers" in problem.msg

    def test_nothing_is_asked_of_a_database_that_is_not_named(self, settings):
        assert check_application_role(None) == []
        settings.ZERO_CONFIGURATION = True
        with as_owner():
            assert check_application_role(None, databases=["default"]) == []
        assert check_database_is_checked(None) == []

    def test_a_deployment_check_without_a_database_says_so(self):
        (note,) = check_database_is_checked(None)
        assert note.level == INFO
        assert note.hint == "Run manage.py check --deploy --database default."
        assert check_database_is_checked(None, databases=["default"]) == []
