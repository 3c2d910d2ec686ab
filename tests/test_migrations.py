"""All migrations can be reversed and applied again, with the same schema as the result."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from skeleton.testkit.second_database import second_database

pytestmark = pytest.mark.django_db(transaction=True)

OURS = (
    "SELECT format('%s', p.oid::regprocedure) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
)
SCHEMA = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "SELECT typname, typtype FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')",
    "SELECT relname, relpersistence FROM pg_class WHERE relnamespace = 'public'::regnamespace",
)


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return sorted(map(str, cursor.fetchall()))


def schema():
    return [ask(statement) for statement in SCHEMA]


def ours():
    return {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}


def backwards():
    """Reverse the migrations of our apps; those of other packages stay."""
    executor = MigrationExecutor(connection)
    targets = [(app, None) for app in sorted(ours() & executor.loader.migrated_apps)]
    executor.migrate(targets)


@pytest.mark.timeout(900)  # takes a minute on a quiet machine
def test_back_and_there_again():
    with second_database(copied=True) as other_database, other_database:
        first = schema()
        backwards()
        left = {table for table in connection.introspection.table_names() if table.split("_")[0] in ours()}
        assert not left
        mine = [name for name in ask(OURS) if not name.startswith("('procrastinate")]
        assert not mine, "functions that no migration takes back"
        call_command("migrate", verbosity=0)
        assert schema() == first


@pytest.mark.parametrize(
    ("migration", "former", "present"),
    [
        ("billing/sql/0016_task_renamed", "billing.tasks.announce_overdue", "billing.tasks.notify_overdue_invoices"),
        ("contracts/sql/0007_task_renamed", "contracts.tasks.settle_contracts", "contracts.tasks.run_contract_cycle"),
    ],
)
def test_a_queued_job_follows_its_renamed_function_there_and_back(migration, former, present):
    queued = "SELECT task_name, lock, queueing_lock FROM procrastinate_jobs WHERE queue_name = 'renamed'"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)"
            " VALUES ('renamed', %s, %s, %s, '{}')",
            [former] * 3,
        )
        for suffix, name in ((".sql", present), (".reverse.sql", former)):
            cursor.execute((settings.BASE_DIR / f"{migration}{suffix}").read_text())
            assert ask(queued) == [str((name, name, name))]
        transaction.set_rollback(True)
