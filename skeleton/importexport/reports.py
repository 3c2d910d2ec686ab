"""What an import would do, or has done, row by row."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from skeleton.kernel.translation import Text

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"

MOST_SHOWN = 300
"""Rows that a preview shows one by one; of those that are wrong as many again."""


@dataclass(slots=True)
class Outcome:
    """What becomes of one row. `changes`: by column what it was and will be; `errors`: by column what is wrong."""

    number: int
    label: str
    state: str
    changes: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, Text] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number, "label": self.label, "state": self.state, "changes": self.changes,
            "errors": {column: str(text) for column, text in self.errors.items()},
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """All of it: how many rows of each state, and the first of those that matter. `ignored` columns had no effect."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((NEW, CHANGED, UNCHANGED, WRONG), 0))
    rows: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.state] += 1
        told = outcome.as_json()
        self._digest.update(orjson.dumps(told))
        shown = self.wrong if outcome.state == WRONG else self.rows
        if outcome.state != UNCHANGED and len(shown) < MOST_SHOWN:
            shown.append(told)

    @property
    def plan(self) -> str:
        """The SHA-256 over what becomes of every row."""
        return str(self._digest.hexdigest())

    @property
    def is_clean(self) -> bool:
        return not self.counts[WRONG]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "rows": self.rows, "wrong": self.wrong, "ignored": self.ignored}
