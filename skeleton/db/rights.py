"""The privileges of the application's database role on tables, sequences and functions, defined only here.

The role owns nothing, so it can neither alter a table nor disable a trigger. Its privileges are derived from the
schema:

- **Tables of installed models** can be read and written, except for the statements that a trigger `skeleton_never`
  refuses, always or for direct statements (`WHEN (pg_trigger_depth() = 0)`). So an append-only table has neither UPDATE
  nor DELETE.
- **Tables and columns that only triggers write**, and that no such trigger protects, are listed by their app in
  `AppConfig.maintained_tables` and `maintained_columns`.
- **Other tables** have no privileges.
- **Functions that run as the owner** (SECURITY DEFINER, such as all trigger functions) can't be called, or attached to
  the user's own tables. PostgreSQL checks no privilege when a trigger fires. This applies after every `migrate`, even
  without such a role.
"""

from django.apps import apps
from django.db import connection, transaction

from skeleton.db.fetching import Rows

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
WRITTEN_BY_MIGRATE = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)
"""Tables of Django that the application only reads."""

_REFUSED = """
    SELECT c.relname, event.name
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS event (bit, name) ON t.tgtype & event.bit <> 0
    WHERE p.proname = 'skeleton_never' AND c.relnamespace = 'public'::regnamespace AND t.tgattr = ''
      AND (t.tgqual IS NULL OR strpos(pg_get_triggerdef(t.oid), ' WHEN ((pg_trigger_depth() = 0)) EXECUTE ') > 0)
"""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
_SEQUENCES = """
    SELECT s.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
    WHERE s.relkind = 'S' AND d.refobjid = %s::regclass
"""
_AS_OWNER = """
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
      AND has_function_privilege('public', p.oid, 'EXECUTE') AND pg_has_role(p.proowner, 'MEMBER')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


_EXCESS = """
    SELECT r.rolname, CASE
        WHEN r.rolsuper THEN 'is a superuser'
        WHEN r.rolcreaterole THEN 'may create roles (CREATEROLE)'
        WHEN r.rolcreatedb THEN 'may create databases (CREATEDB)'
        WHEN r.rolreplication THEN 'may copy the whole server (REPLICATION)'
        WHEN r.rolbypassrls THEN 'bypasses row security (BYPASSRLS)'
        WHEN EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = r.oid)
             OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND nspowner = r.oid)
             OR EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner = r.oid)
             OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner = r.oid)
            THEN 'owns the database or something in it'
        WHEN r.rolname LIKE 'pg\\_%%' AND r.rolname <> ALL (%(harmless)s) THEN 'has rights on the whole server'
        WHEN r.rolname <> %(role)s AND EXISTS (
            SELECT FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS held
            WHERE c.relnamespace = 'public'::regnamespace AND held.grantee = r.oid
        ) THEN 'has rights of its own to tables'
    END AS reason
    FROM pg_roles r WHERE pg_has_role(%(role)s, r.oid, 'MEMBER')
    ORDER BY r.rolname <> %(role)s, r.rolname LIKE 'pg\\_%%', r.rolname
"""
HARMLESS_ROLES = ["pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"]
"""Roles of PostgreSQL that show how the server is doing. Others may, for example, read files or write any table."""


def excess_rights(role: str) -> str | None:
    """Return why an existing `role` may do more than the application, as a clause, or None.

    A member of another role can do what that role can, since it may SET ROLE.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXCESS, {"role": role, "harmless": HARMLESS_ROLES})
        found = [(name, reason) for name, reason in cursor.fetchall() if reason]
    if not found:
        return None
    name, reason = found[0]
    return f"{role} {reason}" if name == role else f"{role} is a member of {name}, which {reason}"


def owner_of_tables() -> str | None:
    """Return the role that owns the tables, or None before the first migration."""
    found = _query("SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('public.django_migrations')")
    return str(found[0][0]) if found else None


def foreign_owner() -> str | None:
    """Return the owner of the tables if this connection's role cannot act as the owner, else None."""
    owner = owner_of_tables()
    if owner is None or _query("SELECT 1 WHERE pg_has_role(%s, 'USAGE')", owner):
        return None
    return owner


def is_application_role() -> bool:
    """Return whether this connection's role was granted the application's rights."""
    return bool(
        _query(
            "SELECT 1 FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS held"
            " WHERE c.oid = to_regclass('public.django_migrations') AND held.grantee <> c.relowner"
            " AND held.grantee = current_user::regrole"
        )
    )


def grant_application_role(role: str) -> None:
    """Grant `role` exactly the application's privileges in this database. Run by the owner, after `migrate`."""
    who = connection.ops.quote_name(role)
    with transaction.atomic():
        _execute(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"REVOKE TEMPORARY ON DATABASE {_database()} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {_database()} TO {who}",
            *(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM {who}" for kind in ("TABLES", "SEQUENCES", "FUNCTIONS")),
            f"REVOKE ALL ON SCHEMA public FROM {who}",
            f"GRANT USAGE ON SCHEMA public TO {who}",
        )
        close_functions()
        for table, rights in rights_of_tables().items():
            _grant(table, rights, who)


def close_functions(**_: object) -> None:
    """Revoke EXECUTE on functions that run as the owner. By default, everyone may call a new function."""
    _execute(*(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC" for (function,) in _query(_AS_OWNER)))


def rights_of_tables() -> dict[str, tuple[str, ...]]:
    """Return the application's privileges on each table."""
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    refused = set(_query(_REFUSED))
    maintained = {table for config in apps.get_app_configs() for table in getattr(config, "maintained_tables", ())}
    rights: dict[str, tuple[str, ...]] = {}
    for (table,) in sorted(_query(_TABLES)):
        if table in WRITTEN_BY_MIGRATE or table in maintained:
            rights[table] = ("SELECT",)
        elif table in models:
            rights[table] = tuple(right for right in ALL if (table, right) not in refused)
    return rights


def maintained_columns(table: str) -> set[str]:
    """Return the columns of a table that only triggers may change."""
    found: set[str] = set()
    for config in apps.get_app_configs():
        found.update(getattr(config, "maintained_columns", {}).get(table, ()))
    return found


def _grant(table: str, rights: tuple[str, ...], who: str) -> None:
    quoted, maintained = connection.ops.quote_name(table), maintained_columns(table)
    whole = [right for right in rights if not (right == "UPDATE" and maintained)]
    _execute(f"GRANT {', '.join(whole)} ON {quoted} TO {who}")
    if "UPDATE" in rights and maintained:
        columns = [connection.ops.quote_name(name) for (name,) in _query(_COLUMNS, quoted) if name not in maintained]
        _execute(f"GRANT UPDATE ({', '.join(columns)}) ON {quoted} TO {who}")
    if "INSERT" in rights:
        _execute(
            *(
                f"GRANT USAGE ON SEQUENCE {connection.ops.quote_name(name)} TO {who}"
                for (name,) in _query(_SEQUENCES, quoted)
            )
        )


def _database() -> str:
    return connection.ops.quote_name(str(connection.settings_dict["NAME"]))


def _query(question: str, *values: str | int | None) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
