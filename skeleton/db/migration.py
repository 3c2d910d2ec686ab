"""Operations for migrations: SQL from files, and changes that only affect the models' state."""

from collections.abc import Sequence
from pathlib import Path

from django.db.migrations import RunSQL
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


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
