"""The texts of notifications by language, event and channel, from the files in `languages/`.

Placeholders name a format: `{total:money}` is formatted as an amount in the language, and `{status:order_status}` is
replaced with the language's word for the status. The values are those stored as JSON in the notification.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from skeleton.kernel.text import format_date, format_money, format_number
from skeleton.notifications.choices import Event

Values = Mapping[str, Any]

FOLDER = Path(__file__).parent / "languages"

INVISIBLE_JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts and emoji require."""


class Texts(Formatter):
    """The texts of one language."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.texts: dict[str, Any] = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
        self.words, self.frame = self.texts["words"], self.texts["frame"]

    def line(self, event: Event, part: str, values: Values) -> str:
        """Return a text of the event in one line, without line breaks or hidden characters, as for a subject."""
        return one_line(self.vformat(self.texts[event][part], (), values))

    def email_text(self, event: Event, values: Values, *, name: str, address: str | None) -> str:
        """Return the complete text of an e-mail to `name`, with a link to `address` if there is one."""
        text = self.vformat(self.texts[event]["email"], (), values)
        link = self.vformat(self.frame["link"], (), {"address": address}) if address else ""
        letter = self.vformat(self.frame["email"], (), {"name": one_line(name), "text": text, "link": link})
        return letter.strip().replace("\n\n\n\n", "\n\n") + "\n"

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return `value` formatted as `date`, `money`, `number`, a word from a table, or unchanged."""
        if format_spec == "date":
            return format_date(dt.date.fromisoformat(value), self.code)
        if format_spec == "money":
            minor, currency = value
            return format_money(minor, currency, self.code)
        if format_spec == "number":
            return format_number(Decimal(value), self.code)
        if format_spec:
            word: str = self.words[format_spec][value]
            return word
        return str(value)


@cache
def texts_for(code: str) -> Texts:
    """Return the texts of the language with this code."""
    return Texts(code)


def one_line(text: str) -> str:
    """Return `text` without line breaks, control characters and marks that change the text direction."""
    shown = "".join(c if c.isprintable() or c in INVISIBLE_JOINERS else " " for c in text)
    return " ".join(shown.split())
