"""Migrations whose SQL stands in files of its own."""

from pathlib import Path

from django.db.migrations import RunSQL


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
