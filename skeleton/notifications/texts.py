"""What notifications say: by language, event and channel, from the files in `languages/`, which translators can read.

A value goes in by how the text names it: `{total:money}` in the language's way of writing amounts,
`{status:order_status}` as the word that the language has for it. Values come as JSON keeps them.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from skeleton.kernel.text import day_text, money_text, number_text
from skeleton.notifications.choices import Event

Values = Mapping[str, Any]

FOLDER = Path(__file__).parent / "languages"

JOINERS = "\u200c\u200d"
"""Invisible, but part of how some scripts and emoji are written."""


class Texts(Formatter):
    """The texts of one language."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.texts: dict[str, Any] = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
        self.words, self.frame = self.texts["words"], self.texts["frame"]

    def line(self, event: Event, part: str, values: Values) -> str:
        """A text of the event in one line, fit for a subject: what breaks lines or hides is gone."""
        return one_line(self.vformat(self.texts[event][part], (), values))

    def letter(self, event: Event, values: Values, *, name: str, address: str | None) -> str:
        """The whole text of an e-mail to `name`; `address` is where to look, if that can be said."""
        text = self.vformat(self.texts[event]["email"], (), values)
        link = self.vformat(self.frame["link"], (), {"address": address}) if address else ""
        letter = self.vformat(self.frame["email"], (), {"name": one_line(name), "text": text, "link": link})
        return letter.strip().replace("\n\n\n\n", "\n\n") + "\n"

    def format_field(self, value: Any, format_spec: str) -> str:
        """`value` the way `format_spec` names: `date`, `money`, `number`, a table of words, or as it is."""
        if format_spec == "date":
            return day_text(dt.date.fromisoformat(value), self.code)
        if format_spec == "money":
            minor, currency = value
            return money_text(minor, currency, self.code)
        if format_spec == "number":
            return number_text(Decimal(value), self.code)
        if format_spec:
            word: str = self.words[format_spec][value]
            return word
        return str(value)


@cache
def texts_in(code: str) -> Texts:
    """The texts of the language with this code."""
    return Texts(code)


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and marks that turn the direction of writing."""
    shown = "".join(c if c.isprintable() or c in JOINERS else " " for c in text)
    return " ".join(shown.split())
