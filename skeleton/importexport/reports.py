"""The result or preview of an import, row by row."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from skeleton.kernel.translation import Text

NEW, CHANGED, UNCHANGED, INVALID = "new", "changed", "unchanged", "wrong"

MAX_SHOWN_ROWS = 300
"""Maximum number of new and changed rows shown in a preview, and of invalid rows as well."""


@dataclass(slots=True)
class RowOutcome:
    """The outcome of one row. `changes` maps columns to [before, after], `errors` maps columns to messages."""

    number: int
    label: str
    state: str
    changes: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, Text] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "label": self.label,
            "state": self.state,
            "changes": self.changes,
            "errors": {column: str(text) for column, text in self.errors.items()},
        }


@dataclass(slots=True)
class ImportReport:
    """The report of an import: row counts by state, and the first changed and invalid rows.

    `ignored` lists columns without effect, `empty` counts the empty rows between others, and `numbers` says how the
    numbers of the file are written.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((NEW, CHANGED, UNCHANGED, INVALID), 0))
    rows: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    empty: int = 0
    numbers: dict[str, Any] = field(default_factory=dict)
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, outcome: RowOutcome) -> None:
        self.counts[outcome.state] += 1
        row = outcome.as_json()
        self._digest.update(orjson.dumps(row))
        shown = self.wrong if outcome.state == INVALID else self.rows
        if outcome.state != UNCHANGED and len(shown) < MAX_SHOWN_ROWS:
            shown.append(row)

    @property
    def plan(self) -> str:
        """Return the SHA-256 over the outcomes of all rows."""
        return str(self._digest.hexdigest())

    @property
    def is_clean(self) -> bool:
        return not self.counts[INVALID]

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": self.counts,
            "rows": self.rows,
            "wrong": self.wrong,
            "ignored": self.ignored,
            "empty": self.empty,
            "numbers": self.numbers,
        }
