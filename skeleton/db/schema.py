"""Documents the current schema: the tables and functions of each app, as PostgreSQL describes them.

Migrations change functions step by step; the documents contain their current text. The output is the same for every
PostgreSQL from version 15 on.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.db import connection

from skeleton.db.fetching import Rows
from skeleton.db.rights import maintained_columns, rights_of_tables

HEADER = """\
-- The schema of {app} as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in {folder}/sql.
"""

_TABLES = """
    SELECT oid, relname, relpersistence = 'u' FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity <> '', attgenerated <> '',
           pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_CONSTRAINTS = """
    SELECT conname, pg_get_constraintdef(oid, true) FROM pg_constraint
    WHERE conrelid = %s AND contype IN ('p', 'u', 'c', 'f', 'x')
    ORDER BY contype = 'p' DESC, contype, conname COLLATE "C"
"""
_INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid, 0, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY c.relname COLLATE "C"
"""
_TRIGGERS = """
    SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid, true) FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY tgname COLLATE "C"
"""
_FUNCTIONS = """
    SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY p.oid::regprocedure::text COLLATE "C"
"""
CORE = "core"
PREFIXES = {"skeleton": CORE}
"""Shared functions have the prefix of the project."""


def documents() -> dict[str, str]:
    """Return the document of each app that has tables or functions, by app name."""
    found = {}
    for config in apps.get_app_configs():
        if "site-packages" not in config.path and (text := "\n".join(_sections(config))):
            name = config.name.rpartition(".")[2]
            found[name] = HEADER.format(app=config.name, folder=config.name.replace(".", "/")) + "\n" + text
    return found


def write_documents(folder: Path) -> None:
    """Write the documents to `folder`, and remove those of apps that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = documents()
    for file in folder.glob("*.sql"):
        if file.stem not in texts:
            file.unlink()
    for name, text in texts.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")


def _sections(app: AppConfig) -> Iterator[str]:
    rights = rights_of_tables()
    tables = {name: (oid, unlogged) for oid, name, unlogged in _query(_TABLES) if _owner(name) == app.label}
    triggers = _query(_TRIGGERS)
    for name in sorted(tables):
        oid, unlogged = tables[name]
        yield _title(name, f"The application may: {_rights_text(name, rights.get(name, ()))}")
        yield _table(name, oid, unlogged=unlogged)
        yield from _block(f"{index};" for (index,) in _query(_INDEXES, oid))
        yield from _block(_trigger(definition) for _, table, definition in triggers if table == name)
    foreign = [row for row in triggers if _owner(row[1]) is None and _owner(row[0]) == app.label]
    for table, group in groupby(sorted(foreign, key=lambda row: (row[1], row[0])), key=lambda row: row[1]):
        yield _title(table, "A table of another package, with triggers of this app.")
        yield from _block(_trigger(definition) for _, _, definition in group)
    functions = [text for name, text in _query(_FUNCTIONS) if _owner(name) == app.label]
    if functions:
        yield _title("functions", "")
        yield "\n".join(_function(text) for text in functions)


def _owner(name: str) -> str | None:
    """Return the label of the app whose prefix the name has, or None."""
    prefix = name.split("_", maxsplit=1)[0]
    label = PREFIXES.get(prefix, prefix)
    ours = {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    return label if label in ours else None


def _title(name: str, note: str) -> str:
    line = f"-- {name} ".ljust(120, "-")
    return f"{line}\n-- {note}\n" if note else f"{line}\n"


def _rights_text(table: str, rights: tuple[str, ...]) -> str:
    maintained = sorted(maintained_columns(table))
    return ", ".join(
        f"UPDATE (but for {', '.join(maintained)})" if right == "UPDATE" and maintained else right for right in rights
    )


def _table(name: str, oid: int, *, unlogged: bool) -> str:
    lines = [_column(row) for row in _query(_COLUMNS, oid)]
    lines += [f"CONSTRAINT {constraint} {definition}" for constraint, definition in _query(_CONSTRAINTS, oid)]
    body = ",\n".join(f"    {line}" for line in lines)
    return f"CREATE {'UNLOGGED ' if unlogged else ''}TABLE {name} (\n{body}\n);\n"


def _column(row: tuple[Any, ...]) -> str:
    name, kind, required, identity, generated, expression = row
    parts = [name, kind]
    if identity:
        parts.append("GENERATED BY DEFAULT AS IDENTITY")
    if expression:
        parts.append(f"GENERATED ALWAYS AS ({expression}) STORED" if generated else f"DEFAULT {expression}")
    return " ".join([*parts, "NOT NULL"] if required else parts)


def _trigger(text: str) -> str:
    before, _, function = text.rpartition(" EXECUTE FUNCTION ")
    event, _, condition = before.partition(" FOR EACH ")
    return f"{event}\n    FOR EACH {condition}\n    EXECUTE FUNCTION {function};"


def _function(text: str) -> str:
    return text.replace(" FUNCTION public.", " FUNCTION ", 1).rstrip() + ";\n"


def _block(lines: Iterator[str]) -> Iterator[str]:
    text = "\n".join(lines)
    if text:
        yield text + "\n"


def _query(question: str, *values: str | int | None) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())
