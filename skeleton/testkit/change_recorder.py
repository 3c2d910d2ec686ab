"""Records all changes in the database independently of the audit log, to test the log.

Separate triggers record every changed row in our tables, however it is changed. Tests compare these records with the
audit log: each change must have an entry with the right actor.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

from skeleton.db.fetching import Rows
from skeleton.kernel.types import Values
from skeleton.testkit.roles import as_owner

_INSTALL = """
CREATE TABLE recorded_change (
    number bigint GENERATED ALWAYS AS IDENTITY, source text, operation text, before jsonb, after jsonb);
GRANT SELECT ON recorded_change TO PUBLIC;
CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO recorded_change (source, operation, before, after) VALUES (
        TG_TABLE_NAME, TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;
"""

IGNORED_COLUMNS = {"created_at", "updated_at"}
"""Columns that audit entries omit, because an entry has its own time."""


@dataclass(frozen=True, slots=True)
class Change:
    """A changed row: its table, the operation, and its columns before and after."""

    table: str
    operation: str
    before: Values | None
    after: Values | None

    @property
    def columns(self) -> set[str]:
        """Return the columns that differ; all columns of an inserted or deleted row."""
        before, after = self.before or {}, self.after or {}
        return {name for name in {*before, *after} if before.get(name) != after.get(name)} - IGNORED_COLUMNS

    @property
    def ids(self) -> set[str]:
        """Return the row's id and foreign keys. Its audit entry is under its own id or its parent's."""
        row = self.after or self.before or {}
        return {str(value) for name, value in row.items() if name == "id" or name.endswith("_id")}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit log."""

    resource: str
    resource_id: str
    action: str
    actor_id: str | None
    actor_email: str
    request_id: str | None


class ChangeRecorder:
    """Returns the changes and audit entries since the last call."""

    def __init__(self) -> None:
        self._changes = self._entries = 0
        self.discard()

    def discard(self) -> None:
        """Discard everything recorded so far."""
        self.changes()
        self.entries()

    def changes(self) -> list[Change]:
        """Return the changes since the last call."""
        rows = _fetch(
            "SELECT number, source, operation, before, after FROM recorded_change WHERE number > %s", self._changes
        )
        self._changes = max([self._changes, *(row[0] for row in rows)])
        return [Change(row[1], row[2], _json(row[3]), _json(row[4])) for row in rows]

    def entries(self) -> list[Entry]:
        """Return the audit entries since the last call."""
        rows = _fetch(
            "SELECT resource, resource_id::text, action, actor_id::text, actor_email, request_id"
            " FROM audit_entry ORDER BY id OFFSET %s",
            self._entries,
        )
        self._entries += len(rows)
        return [Entry(*row) for row in rows]


@contextmanager
def record_changes(unaudited: Collection[str]) -> Iterator[ChangeRecorder]:
    """Record the changes of all of our tables except `unaudited`. The test's transaction removes the triggers again."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(_INSTALL)
        for table in sorted(set(our_tables()) - set(unaudited)):
            cursor.execute(
                f'CREATE TRIGGER zz_record_change AFTER INSERT OR UPDATE OR DELETE ON "{table}"'
                f" FOR EACH ROW EXECUTE FUNCTION record_change()"
            )
    yield ChangeRecorder()


def unaudited(changes: list[Change], entries: list[Entry], hidden: dict[str, set[str]]) -> list[Change]:
    """Return the changes without an audit entry. A change of `hidden` columns only needs none."""
    audited = {entry.resource_id for entry in entries}
    return [
        change for change in changes if change.columns - hidden.get(change.table, set()) and not change.ids & audited
    ]


def our_tables() -> list[str]:
    """Return the tables of our own models."""
    return sorted(
        {
            model._meta.db_table
            for config in apps.get_app_configs()
            if "site-packages" not in config.path
            for model in config.get_models(include_auto_created=True)
            if model._meta.managed and not model._meta.proxy
        }
    )


def _fetch(statement: str, *values: str | int | None) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _json(value: object) -> Any:
    return json.loads(value) if isinstance(value, str) else value
