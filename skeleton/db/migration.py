"""Operations for migrations: SQL from files, and changes that only affect the models' state."""

from collections.abc import Sequence
from pathlib import Path

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.migrations import AddField, AddIndex, RemoveField, RemoveIndex, RunSQL
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import GeneratedField


def run_sql(migration: str, *, reverse: str | None = None) -> RunSQL:
    """Return the operation that runs `sql/<name>.sql` for the migration file given, as in `run_sql(__file__)`.

    Its reverse is `sql/<name>.reverse.sql`, or `reverse` where one line is enough. A migration that has neither cannot
    be taken back.
    """
    file = Path(migration)
    folder = file.parent.parent / "sql"
    text = (folder / f"{file.stem}.sql").read_text(encoding="utf-8")
    backwards = folder / f"{file.stem}.reverse.sql"
    if reverse is None and backwards.exists():
        reverse = backwards.read_text(encoding="utf-8")
    return RunSQL(text, reverse)


def replace_search_text(model: str, field: GeneratedField, *, index: str) -> list[Operation]:
    """Return the operations that replace the generated column `search_text`, which can't be altered, and its index."""
    return [RemoveIndex(model, index), RemoveField(model, "search_text"), *add_search_text(model, field, index=index)]


def add_search_text(model: str, field: GeneratedField, *, index: str) -> list[Operation]:
    """Return the operations that add the column `search_text` with its index."""
    return [
        AddField(model, "search_text", field),
        AddIndex(model, GinIndex(OpClass("search_text", name="gin_trgm_ops"), name=index)),
    ]


class NamesAndMessages(SeparateDatabaseAndState):
    """Changes of verbose names and constraint messages, which don't change the database.

    Django renders all models again after each change, which takes half a minute for four hundred. Here it happens once.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        super().__init__(state_operations=operations)

    def deconstruct(self) -> tuple[str, list[Sequence[Operation]], dict[str, object]]:
        return type(self).__name__, [self.state_operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # a cached property: without it, nothing is rendered until it is needed
        super().state_forwards(app_label, state)
