"""The benchmark database: a separate, durable embedded PostgreSQL, filled with data by SQL."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from skeleton.embedded_postgres.client import client_of
from skeleton.embedded_postgres.paths import DATABASE, USER, paths_of
from skeleton.embedded_postgres.server import postmaster_pid

PROJECT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("BENCH_DATA_DIR", "") or PROJECT / "var" / "bench").absolute()
SCALE_DIR = DATA_DIR.with_name(f"{DATA_DIR.name}-scale")

FIRST_MOMENT = 1_760_000_000  # seconds; row i was created i seconds later


def row_id(i: int, kind: int = 0) -> UUID:
    """Return the id of the i-th row of a kind, as `bench_id` does in SQL: a UUIDv7 that increases with i."""
    return UUID(f"{(FIRST_MOMENT + i) * 1000:012x}7000{0x8000 + kind:04x}{i:012x}")


CUSTOMER, ADDRESS, SHIPPING, INVOICE, PAYMENT, LINE, ENTRY, ENTRY_LINE, ITEM, WAREHOUSE, STOCKED, ORDER = range(12)
INACTIVE, BLACKLISTED = 20, 97
"""Every n-th customer has this status; all others are active."""

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
       CASE WHEN i %% {INACTIVE} = 0 THEN 'inactive' WHEN i %% {BLACKLISTED} = 0 THEN 'blacklisted' ELSE 'active' END,
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

# One invoice per customer in various states, with two lines at different tax rates. They are dated in a year whose
# number series nothing else uses.
_INVOICES = f"""
INSERT INTO billing_invoice (id, number, customer_id, customer_name, currency, status, subtotal, tax_total,
                             tax_breakdown, total, amount_paid, issue_date, posted_on, due_date, notes, sent_at,
                             paid_at, cancelled_at, cancel_reason, created_by_id, created_at, updated_at)
SELECT bench_id(i, {INVOICE}), 'INV-2020-' || lpad(i::text, greatest(3, length(i::text)), '0'), p.id, p.name,
       p.currency, made.status, base.low + base.high, tax.high,
       jsonb_build_array(jsonb_build_object('rate', 0, 'base', base.low, 'tax', 0),
                         jsonb_build_object('rate', 20, 'base', base.high, 'tax', tax.high)),
       base.low + base.high + tax.high, CASE made.status WHEN 'paid' THEN base.low + base.high + tax.high ELSE 0 END,
       made.day, CASE WHEN made.status IN ('sent', 'paid') THEN made.day END, made.day + 30,
       CASE WHEN i %% 3 = 0 THEN 'Net 30' END,
       CASE WHEN made.status IN ('sent', 'paid') THEN p.created_at END,
       CASE WHEN made.status = 'paid' THEN p.created_at END,
       CASE WHEN made.status = 'cancelled' THEN p.created_at END,
       CASE WHEN made.status = 'cancelled' THEN 'Entered twice' END,
       (SELECT id FROM identity_user ORDER BY id LIMIT 1), p.created_at, p.created_at
FROM generate_series(1, %(customers)s) AS i JOIN parties_party p ON p.id = bench_id(i, {CUSTOMER}),
     LATERAL (SELECT (array['draft', 'sent', 'sent', 'paid', 'cancelled'])[1 + i %% 5] AS status,
                     date '2020-01-01' + i %% 366 AS day) AS made,
     LATERAL (SELECT 2 * (1000 + i %% 500) AS low, 3 * (2500 + i %% 700) AS high) AS base,
     LATERAL (SELECT round(base.high * 0.2)::bigint AS high) AS tax
"""  # noqa: S608 (constants only)

_LINES = f"""
INSERT INTO billing_invoice_line (id, invoice_id, position, description, quantity, unit_price, discount, tax_rate,
                                  total, created_at, updated_at)
SELECT bench_id(i * 2 + n, {LINE}), v.id, n, (array['Consulting', 'Licence'])[n], n + 1, each.price, 0,
       (array[0, 20])[n], (n + 1) * each.price, v.created_at, v.created_at
FROM generate_series(1, %(customers)s) AS i JOIN billing_invoice v ON v.id = bench_id(i, {INVOICE}),
     (VALUES (1), (2)) AS lines(n),
     LATERAL (SELECT (array[1000 + i %% 500, 2500 + i %% 700])[n] AS price) AS each
"""  # noqa: S608 (constants only)

_PAYMENTS = f"""
WITH payment AS (
    INSERT INTO billing_payment (id, number, direction, customer_id, currency, amount, allocated, method, paid_at,
                                 day, created_by_id, created_at)
    SELECT bench_id(i, {PAYMENT}),
           to_char(v.created_at, '"PAY-"YYYY-') || lpad(i::text, greatest(6, length(i::text)), '0'),
           'in', v.customer_id, v.currency, v.total, v.total, 'bank_transfer', v.paid_at,
           (v.paid_at AT TIME ZONE 'UTC')::date, v.created_by_id, v.created_at
    FROM generate_series(1, %(customers)s) AS i JOIN billing_invoice v ON v.id = bench_id(i, {INVOICE})
    WHERE v.status = 'paid'
)
INSERT INTO billing_settlement (id, invoice_id, kind, payment_id, amount, day, at_once, created_by_id, created_at)
SELECT bench_id(i, {PAYMENT}), v.id, 'payment', bench_id(i, {PAYMENT}), v.total,
       (v.paid_at AT TIME ZONE 'UTC')::date, true, v.created_by_id, v.created_at
FROM generate_series(1, %(customers)s) AS i JOIN billing_invoice v ON v.id = bench_id(i, {INVOICE})
WHERE v.status = 'paid'
"""  # noqa: S608 (constants only)

# As many items and orders as customers, with each item in one of five warehouses.
_ITEMS = f"""
INSERT INTO inventory_item (id, sku, sku_key, name, unit_price, price_base_quantity, currency, tax_rate, status,
                            attributes, created_at, updated_at)
SELECT bench_id(i, {ITEM}), 'SKU-' || lpad(i::text, 7, '0'), skeleton_fold('SKU-' || lpad(i::text, 7, '0'), 1),
       (array['Bolt', 'Кабель', 'Pump', 'Valve'])[1 + i %% 4]
       || ' ' || i, 100 + i %% 900, 1, 'USD', 20, 'active', '{{}}', to_timestamp({FIRST_MOMENT} + i),
       to_timestamp({FIRST_MOMENT} + i)
FROM generate_series(1, %(customers)s) AS i
"""  # noqa: S608 (constants only)

_WAREHOUSES = f"""
INSERT INTO inventory_warehouse (id, name, code, code_key, status, created_at, updated_at)
SELECT bench_id(i, {WAREHOUSE}), 'Warehouse ' || i, 'W' || i, skeleton_fold('W' || i, 1), 'active', now(), now()
FROM generate_series(1, 5) AS i
"""  # noqa: S608 (constants only)

_STOCK = f"""
INSERT INTO inventory_stock (id, item_id, warehouse_id, quantity, reserved, reorder_point, reorder_quantity, created_at,
                             updated_at)
SELECT bench_id(i, {STOCKED}), bench_id(i, {ITEM}), bench_id(1 + i %% 5, {WAREHOUSE}), i %% 1000 + 0.5, i %% 10 * 0.05,
       i %% 20, 50, to_timestamp({FIRST_MOMENT} + i), to_timestamp({FIRST_MOMENT} + i)
FROM generate_series(1, %(customers)s) AS i
"""  # noqa: S608 (constants only)

_ORDERS = f"""
INSERT INTO billing_order (id, number, customer_id, customer_name, currency, status, subtotal, tax_total, tax_breakdown,
                           total, unbilled_total, notes, shipping_address, created_by_id, created_at, updated_at)
SELECT bench_id(i, {ORDER}), to_char(p.created_at, '"ORD-"YYYY-') || lpad(i::text, 6, '0'), p.id, p.name, p.currency,
       (array['draft', 'pending', 'cancelled'])[1 + i %% 3], 5000 + i %% 700, 0,
       jsonb_build_array(jsonb_build_object('rate', 0, 'base', 5000 + i %% 700, 'tax', 0)), 5000 + i %% 700, 0,
       CASE WHEN i %% 3 = 0 THEN 'Ring twice' END,
       CASE WHEN i %% 2 = 0 THEN '{{"city": "Львів", "country_id": null}}'::jsonb END,
       (SELECT id FROM identity_user ORDER BY id LIMIT 1), p.created_at, p.created_at
FROM generate_series(1, %(customers)s) AS i JOIN parties_party p ON p.id = bench_id(i, {CUSTOMER})
"""  # noqa: S608 (constants only)

_PURCHASES = """
UPDATE parties_party p SET total_purchases = v.total
FROM billing_invoice v WHERE v.customer_id = p.id AND v.status IN ('sent', 'paid')
"""

# Entries with two lines each over three years, and the totals that triggers would have maintained.
_ENTRIES = f"""
INSERT INTO accounting_entry (id, date, description, source_type, purpose, created_at)
SELECT bench_id(i, {ENTRY}), date '2023-11-01' + (i::bigint * 7919 %% 1100)::int, 'Entry ' || i, 'manual', '',
       to_timestamp({FIRST_MOMENT} + i)
FROM generate_series(1, %(customers)s / 2) AS i
"""  # noqa: S608 (constants only)

_ENTRY_LINES = f"""
INSERT INTO accounting_line (id, entry_id, position, account_id, date, debit, credit, currency)
SELECT bench_id(i * 2 + side, {ENTRY_LINE}), e.id, side, a.id, e.date, 100 * (2 - side), 100 * (side - 1), 'USD'
FROM generate_series(1, %(customers)s / 2) AS i JOIN accounting_entry e ON e.id = bench_id(i, {ENTRY}),
     (VALUES (1), (2)) AS sides(side),
     LATERAL (SELECT (array['1200', '1300', '2200', '4000', '5100', '5200', '5300'])[1 + (i + side) %% 7] AS code) AS c
     JOIN accounting_account a USING (code)
"""  # noqa: S608 (constants only)

# Invoices over the same three years: a quarter of the number of journal lines. Each is paid after twenty days, except
# every fiftieth, which is open.
_SCALE_INVOICES = f"""
INSERT INTO billing_invoice (id, number, customer_id, customer_name, currency, status, subtotal, tax_total,
                             tax_breakdown, total, amount_paid, issue_date, posted_on, due_date, sent_at, paid_at,
                             created_at, updated_at)
SELECT bench_id(i, {INVOICE}), to_char(made.day, '"INV-"YYYY-') || lpad(i::text, greatest(3, length(i::text)), '0'),
       p.id, p.name, p.currency, CASE WHEN made.open THEN 'sent' ELSE 'paid' END, 10000, 0, '[]', 10000,
       CASE WHEN made.open THEN 0 ELSE 10000 END, made.day, made.day, made.day + 30, made.day,
       CASE WHEN NOT made.open THEN made.day + 20 END, made.day, made.day
FROM generate_series(1, %(customers)s / 4) AS i JOIN parties_party p ON p.id = bench_id(i, {CUSTOMER}),
     LATERAL (SELECT date '2023-11-01' + (i::bigint * 7919 %% 1100)::int AS day, i %% 50 = 0 AS open) AS made
"""  # noqa: S608 (constants only)

# Ten invoices per customer for the dashboard. One in fifty is open, and half of the open ones are overdue.
_MANY_INVOICES = f"""
INSERT INTO billing_invoice (id, number, customer_id, customer_name, currency, status, subtotal, tax_total,
                             tax_breakdown, total, amount_paid, issue_date, posted_on, due_date, sent_at, paid_at,
                             created_at, updated_at)
SELECT bench_id(i, {INVOICE}), to_char(made.day, '"INV-"YYYY-') || lpad(i::text, greatest(3, length(i::text)), '0'),
       p.id, p.name, p.currency, CASE WHEN made.open THEN 'sent' ELSE 'paid' END, 10000, 0, '[]', 10000,
       CASE WHEN made.open THEN 0 ELSE 10000 END, made.day, made.day,
       CASE WHEN made.open THEN CURRENT_DATE + i %% 120 - 60 ELSE made.day + 30 END, made.day,
       CASE WHEN NOT made.open THEN made.day + 20 END, made.day, made.day
FROM generate_series(1, %(customers)s * 10) AS i
     JOIN parties_party p ON p.id = bench_id(1 + i %% %(customers)s, {CUSTOMER}),
     LATERAL (SELECT date '2023-11-01' + (i::bigint * 7919 %% 1100)::int AS day, i %% 50 = 0 AS open) AS made
"""  # noqa: S608 (constants only)

_LINE_TOTALS = """
TRUNCATE accounting_total, accounting_month_total;
INSERT INTO accounting_total (account_id, currency, debit, credit)
SELECT account_id, currency, sum(debit), sum(credit) FROM accounting_line GROUP BY 1, 2;
INSERT INTO accounting_month_total (account_id, currency, month, debit, credit)
SELECT account_id, currency, date_trunc('month', date)::date, sum(debit), sum(credit) FROM accounting_line
GROUP BY 1, 2, 3
"""

_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY (ARRAY['parties_party', 'parties_address', 'accounting_entry', 'accounting_line',
                                'billing_invoice', 'billing_payment', 'billing_settlement', 'billing_order',
                                'inventory_item', 'inventory_stock']::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""

_EMPTIED = (
    "parties_party",
    "accounting_entry",
    "audit_entry",
    "inventory_item",
    "inventory_warehouse",
    "procrastinate_jobs",  # those of an earlier run would fail, and compete with what is measured
)

# Row counts are maintained by triggers, which are disabled while filling, so recount.
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

_FILLING = (_CUSTOMERS, _ADDRESSES, _INVOICES, _LINES, _PAYMENTS, _PURCHASES, _ITEMS, _WAREHOUSES, _STOCK, _ORDERS)
_SCALE_FILLING = (_CUSTOMERS, _ADDRESSES, _ENTRIES, _ENTRY_LINES, _LINE_TOTALS, _SCALE_INVOICES, _PAYMENTS)


_DASHBOARD_FILLING = (_CUSTOMERS, _ENTRIES, _ENTRY_LINES, _LINE_TOTALS, _MANY_INVOICES)


@dataclass(frozen=True)
class Database:
    """A running database with data: its data folder, its address, and the amount of data."""

    home: Path
    host: str
    password: str
    customers: int

    @property
    def dsn(self) -> str:
        return f"host={self.host} user={USER} password={self.password} dbname={DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which the comparison servers connect."""
        return {
            "BENCH_DB_HOST": self.host,
            "BENCH_DB_PASSWORD": self.password,
            "BENCH_DB_USER": USER,
            "BENCH_DB_NAME": DATABASE,
        }


def postgres_pid(home: Path) -> int:
    """Return the process id of a data folder's postmaster, the parent of all backends."""
    pid = postmaster_pid(paths_of(home / "postgres"))
    if pid is None:
        raise SystemExit(f"The database in {home} is not running.")
    return pid


_FILL = """
import os, sys
from pathlib import Path
from bench.database import _FILLING, Database, fill
home, host, customers = sys.argv[1:]
fill(Database(Path(home), host, os.environ["BENCH_DB_PASSWORD"], int(customers)), _FILLING)
"""
"""Fills a database by the code of the working directory: another tree's tables may have other columns."""


def prepare(customers: int, home: Path = DATA_DIR, tree: Path = PROJECT) -> Database:
    """Return the benchmark database with `customers` and their related data, made and filled by the code in `tree`."""
    database = opened(home, customers, tree)
    python = [sys.executable, "-c", _FILL, str(home), database.host, str(customers)]
    subprocess.run(python, cwd=tree, env=bare_environment() | database.environment, check=True)
    return database


def prepare_scale(customers: int) -> Database:
    """Return a separate database with that many customers and journal lines, and a quarter as many invoices.

    It is kept for later runs, because filling in a million rows takes long.
    """
    database = opened(SCALE_DIR / str(customers), customers)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        held = connection.execute(
            "SELECT (SELECT count(*) FROM parties_party), (SELECT count(*) FROM accounting_line),"
            " (SELECT count(*) FROM billing_invoice)"
        ).fetchone()
    if held != (customers, customers, customers // 4):
        fill(database, _SCALE_FILLING)
    return database


def prepare_dashboard(invoices: int) -> Database:
    """Return a separate database with that many invoices, and a tenth as many customers. It is kept for later runs."""
    customers = invoices // 10
    database = opened(SCALE_DIR / f"dashboard-{invoices}", customers)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        held = connection.execute("SELECT count(*) FROM billing_invoice").fetchone()
    if held != (invoices,):
        fill(database, _DASHBOARD_FILLING)
    return database


def opened(home: Path, customers: int, tree: Path = PROJECT) -> Database:
    """Migrate and seed the database as `make serve` does, and keep it running while this process lives."""
    manage(home, "serve", "--prepare-only", tree=tree)
    client = client_of(home / "postgres")
    return Database(home, client.address(), client.password(), customers)


def manage(home: Path, *arguments: str, tree: Path = PROJECT) -> None:
    """Run a command of manage.py on a data folder."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=tree,
        env=bare_environment() | {"SKELETON_DATA_DIR": str(home), "PORT": "18079"},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def bare_environment() -> dict[str, str]:
    """Return our environment without any settings of the application."""
    ours = ("SKELETON_", "DATABASE_URL", "DJANGO_", "HOST", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def fill(database: Database, statements: tuple[str, ...]) -> None:
    """Replace the business data with data of this scale. Triggers are disabled meanwhile, as in a restore."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
            connection.execute(_ID)
            connection.execute(f"TRUNCATE {', '.join(_EMPTIED)} CASCADE")
            indexes = connection.execute(_INDEXES).fetchall()
            for name, _ in indexes:
                connection.execute(f"DROP INDEX {name}")  # several times faster than keeping the indexes while filling
            for statement in statements:
                connection.execute(statement, {"customers": database.customers} if "%(" in statement else None)
            for _, definition in indexes:
                connection.execute(definition)
            connection.execute(_RECOUNT)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
