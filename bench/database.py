"""The database of the bench: an embedded PostgreSQL of its own, durable like a real one, with data made by SQL."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from skeleton.core.postgres.client import client_of
from skeleton.core.postgres.layout import DATABASE, USER, layout_of
from skeleton.core.postgres.server import postmaster_pid

PROJECT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("BENCH_DATA_DIR", "") or PROJECT / "var" / "bench").absolute()
POSTGRES = DATA_DIR / "postgres"

FIRST_MOMENT = 1_760_000_000  # seconds; row i was made i seconds later


def row_id(i: int, kind: int = 0) -> UUID:
    """The id of the i-th row of a kind, the same that `bench_id` makes in SQL: a UUIDv7, greater for a greater i."""
    return UUID(f"{(FIRST_MOMENT + i) * 1000:012x}7000{0x8000 + kind:04x}{i:012x}")


CUSTOMER, ADDRESS, SHIPPING = 0, 1, 2

_ID = f"""
CREATE OR REPLACE FUNCTION bench_id(i bigint, kind int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(({FIRST_MOMENT} + i) * 1000), 12, '0') || '7000' || to_hex(32768 + kind)
            || lpad(to_hex(i), 12, '0'))::uuid
$$
"""

_CUSTOMERS = f"""
INSERT INTO parties_party (id, kind, name, email, phone, tax_id, website, social_media, status, credit_limit, currency,
                           total_purchases, created_at, updated_at)
SELECT bench_id(i, {CUSTOMER}), 'customer',
       (array['Acme', 'Globex', 'Initech', 'Umbrella', 'Soylent', 'Київ', 'Müller', 'Stark', 'Wayne', 'Hooli'])
           [1 + i %% 10]
           || ' ' || (array['Trading', 'Foods', 'Steel', 'Software', 'Logistics', 'Energy', 'Textiles'])[1 + i %% 7]
           || ' ' || substr(md5(i::text), 1, 6),
       'office' || i || '@' || substr(md5((i * 7)::text), 1, 8) || '.example.com',
       CASE WHEN i %% 4 > 0 THEN '+1-555-' || lpad((i %% 10000)::text, 4, '0') END,
       CASE WHEN i %% 3 > 0 THEN 'US-' || lpad(i::text, 9, '0') END,
       CASE WHEN i %% 2 > 0 THEN 'https://example.com/' || i END,
       CASE WHEN i %% 5 = 0 THEN '{{"twitter": "@acme"}}'::jsonb ELSE '{{}}' END,
       CASE WHEN i %% 20 = 0 THEN 'inactive' WHEN i %% 97 = 0 THEN 'blacklisted' ELSE 'active' END,
       (i %% 50) * 100000, (array['USD', 'EUR', 'UAH'])[1 + i %% 3], 0,
       made.moment, made.moment
FROM generate_series(1, %(customers)s) AS i,
     LATERAL (SELECT to_timestamp({FIRST_MOMENT} + i) + '123456 microseconds' AS moment) AS made
"""  # noqa: S608 (constants only)

_ADDRESSES = f"""
INSERT INTO parties_address (id, party_id, type, street, city, region, postal_code, country_id, created_at, updated_at)
SELECT bench_id(i, {ADDRESS} + n), bench_id(i, {CUSTOMER}), (array['billing', 'shipping'])[1 + n],
       i || ' Main Street', (array['Boston', 'Львів', 'Köln', 'Lyon'])[1 + i %% 4], CASE WHEN i %% 2 > 0 THEN 'MA' END,
       lpad((i %% 100000)::text, 5, '0'), countries.ids[1 + i %% array_length(countries.ids, 1)],
       to_timestamp({FIRST_MOMENT} + i), to_timestamp({FIRST_MOMENT} + i)
FROM generate_series(1, %(customers)s) AS i, (VALUES (0), (1)) AS kinds(n),
     (SELECT array_agg(id ORDER BY code) AS ids FROM parties_country) AS countries
WHERE n = 0 OR i %% 3 = 0
"""  # noqa: S608 (constants only)

# Triggers keep the numbers of rows, and rest while the rows are filled in: begin again.
_RECOUNT = """
DO $$
DECLARE
    counted record;
BEGIN
    FOR counted IN
        SELECT tgrelid::regclass::text AS name, nullif(replace(encode(tgargs, 'escape'), '\\000', ''), '') AS part
        FROM pg_trigger WHERE tgname = 'core_count_insert'
    LOOP
        PERFORM core_stop_counting(counted.name);
        PERFORM core_begin_counting(counted.name, counted.part);
    END LOOP;
END $$
"""

_TABLES = ("parties_address", "parties_party")


@dataclass(frozen=True)
class Database:
    """A running database with data in it: where it is, and how much it holds."""

    host: str
    password: str
    customers: int

    @property
    def dsn(self) -> str:
        return f"host={self.host} user={USER} password={self.password} dbname={DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """What the comparison servers need to reach it."""
        return {"BENCH_DB_HOST": self.host, "BENCH_DB_PASSWORD": self.password, "BENCH_DB_USER": USER,
                "BENCH_DB_NAME": DATABASE}  # fmt: skip


def postgres_pid() -> int:
    """The postmaster; its backends are its children."""
    pid = postmaster_pid(layout_of(POSTGRES))
    if pid is None:
        raise SystemExit("The database is not running.")
    return pid


def prepare(customers: int) -> Database:
    """Migrate and seed as `make serve` would, then fill in `customers` and what belongs to them."""
    manage("serve", "--prepare-only")
    client = client_of(POSTGRES)
    database = Database(client.address(), client.password(), customers)
    fill(database)
    return database


def manage(*arguments: str) -> None:
    """Run a command of manage.py on the bench's data folder."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT, env=bare_environment() | {"SKELETON_DATA_DIR": str(DATA_DIR), "PORT": "18079"},
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def bare_environment() -> dict[str, str]:
    """Ours, without any setting of the application that the caller's shell may hold."""
    ours = ("SKELETON_", "DATABASE_URL", "DJANGO_", "HOST", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def fill(database: Database) -> None:
    """Replace the business data by that of this scale. Triggers rest meanwhile: this is a restore, not business."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(_ID)
            connection.execute(f"TRUNCATE {', '.join(_TABLES)}, audit_entry CASCADE")  # noqa: S608
            for statement in (_CUSTOMERS, _ADDRESSES):
                connection.execute(statement, {"customers": database.customers})
            connection.execute(_RECOUNT)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
