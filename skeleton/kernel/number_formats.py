"""Localized numbers: `1,234.50` in English, `1.234,50` in German, `1 234,50` in Ukrainian.

Reading is strict. A wrong guess books a wrong amount, so a text that doesn't follow the notation is refused with the
reason, never repaired. Django's own localized parsing (`sanitize_separators`) removes grouping characters wherever they
stand: in English it reads `12,50` as 1250.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import get_format
from django.utils.translation import gettext

MAX_LENGTH = 40
"""The maximum length of a number. 2^63 - 1 with sign, grouping and decimals has 30 characters."""

SPACES = " \u00a0\u202f\u2009"
"""Space, no-break space, narrow no-break space, thin space: each groups digits, in any language."""

MINUS = "\u2212"

_GROUPED = rf"[0-9]{{1,3}}(?P<mark>[.,'’{SPACES}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
_OTHER_LANGUAGES_PATTERN = re.compile(
    rf"(?P<sign>[+-]?)(?P<whole>[0-9]+|{_GROUPED})(?!(?P=mark))[.,](?P<decimals>[0-9]+)"
)
"""A number with decimals, in any notation."""

_GROUPING = str.maketrans("", "", f".,'’{SPACES}")


class InvalidNumber(ValueError):
    """A text that is not a number in its notation. The message explains how to write it, in the page's language."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How numbers are written: the decimal mark, and the mark between groups of three digits."""

    decimal: str
    group: str

    @classmethod
    def for_language(cls, language: str | None = None) -> "NumberFormat":
        """Return the notation of a language; by default of the active one."""
        mark, group = (get_format(name, language) for name in ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR"))
        return cls(mark, group)

    def parse(self, text: str) -> Decimal:
        """Return the number that `text` stands for, with the decimals as typed. Raises NotANumber.

        Groups have three digits, the first of them one to three and no leading zero, and one mark throughout.
        """
        typed = text.strip().replace(MINUS, "-")
        if len(typed) > MAX_LENGTH:
            raise InvalidNumber(gettext("This number is too long."))
        found = self._pattern.fullmatch(typed)
        if not found:
            raise InvalidNumber(self._advice(typed))
        sign, whole, decimals = found["sign"], found["whole"], found["decimals"]
        digits = whole.translate(_GROUPING)
        return Decimal(f"{sign}{digits or 0}.{decimals or ''}")

    def format(self, value: Decimal) -> str:
        """Return `value` without grouping and with its own decimals, so that reading it gives the same number."""
        return f"{value:f}".replace(".", self.decimal)

    @property
    def _pattern(self) -> re.Pattern[str]:
        group = f"[{re.escape(self.group + SPACES)}]"
        grouped = rf"[1-9][0-9]{{0,2}}(?:(?P<mark>{group})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*)"
        whole = rf"(?P<whole>{grouped}|[0-9]+|(?={re.escape(self.decimal)}))"
        return re.compile(rf"(?P<sign>[+-]?){whole}(?:{re.escape(self.decimal)}(?P<decimals>[0-9]+))?")

    def _advice(self, typed: str) -> str:
        """Return a hint on how to write what was probably meant: a number in another notation, or any number."""
        meant = _OTHER_LANGUAGES_PATTERN.fullmatch(typed)
        example = self.decimal.join(("1234", "50"))
        if not meant:
            told = gettext("Write a number in digits only, such as {example}.")
            return told.format(example=example)
        written = f"{meant['sign']}{meant['whole'].translate(_GROUPING)}{self.decimal}{meant['decimals']}"
        told = gettext("This number is ambiguous. Decimals follow “{mark}” here: write {example}.")
        return told.format(mark=self.decimal, example=written)
