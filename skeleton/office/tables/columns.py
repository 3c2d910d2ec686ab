"""The columns of a table, and how a cell becomes what the API's Input takes for the field, and back.

A column is made for both ways, so that what was exported and comes back unchanged is recognised as unchanged:
`of(record)` is the value as a body would have it, `cell` what of it stands in the file, `read` the value again.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.money import minor_digits
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.rest.http import number as json_number

Values = Mapping[str, object]
"""What is known of the row while it is read: values by the name of their column, those of the record included."""

YES, NO = ("true", "yes", "1", "так", "ja"), ("false", "no", "0", "ні", "nein")
_LARGEST = Decimal(10) ** 30


class BadCell(Exception):
    """A cell does not say what its column needs; the text says what does."""


class Column:
    """A text. `path` is where the value goes in the body (`address.city`); `source` is where it is in the record.

    Both are the name unless they are given. A column that is only `shown` is ignored when it comes back.
    """

    cleared: ClassVar[object] = None
    """What the body says where an empty cell clears the field."""

    lookup: ClassVar[str] = "in"
    """How records with one of several values are asked for."""

    def __init__(
        self,
        name: str,
        help: Text = "",  # noqa: A002 (what it is)
        *,
        path: str | None = None,
        source: str | Callable[[Any], object] | None = None,
        shown: bool = False,
        required: bool = False,
    ) -> None:
        self.name, self.help = name, help
        self.path = path or name
        self.source = source or name
        self.shown, self.required = shown, required

    def of(self, record: object) -> object:
        """The value of a record, as its API's body would have it; None where there is none."""
        if callable(self.source):
            return self.source(record)
        found = record
        for part in self.source.split("."):
            found = getattr(found, part, None)
        return found

    def cell(self, value: object, values: Values) -> object:
        """What stands in the file."""
        return value

    def read(self, cell: object, values: Values) -> object:
        """The value that a cell which is not empty stands for. Raises BadCell."""
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))  # a code of digits alone, which a spreadsheet took for a number
        return cell.isoformat() if isinstance(cell, dt.date) else str(cell).strip()

    def cell_of(self, record: object, values: Values) -> object:
        """What stands in the file for a record."""
        return self.cell(self.of(record), values)

    def alike(self, value: object) -> object:
        """What values that name the same record have in common."""
        return value

    def prepared(self) -> Self:
        """The column for one run, with what it looks up kept as long as that."""
        return copy(self)


class TextColumn(Column):
    """A text of any kind."""


class EmailColumn(Column):
    """An e-mail address: the same in capitals and without."""

    lookup = "lower__in"

    def alike(self, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class NumberColumn(Column):
    """A number, exact."""

    def of(self, record: object) -> object:
        found = super().of(record)
        return json_number(found) if isinstance(found, Decimal) else found

    def read(self, cell: object, values: Values) -> object:
        value = decimal_of(cell)
        return json_number(value)


class AmountColumn(Column):
    """Money: whole units of the row's currency in the file, minor units in the body."""

    def __init__(self, name: str, help: Text = "", *, currency: str = "currency", **rest: Any) -> None:  # noqa: A002
        super().__init__(name, help, **rest)
        self.currency = currency

    def digits(self, values: Values) -> int:
        currency = values.get(self.currency) or settings.SKELETON_CURRENCY
        return minor_digits(str(currency))

    def cell(self, value: object, values: Values) -> object:
        return Decimal(value).scaleb(-self.digits(values)) if isinstance(value, int) else None

    def read(self, cell: object, values: Values) -> object:
        digits = self.digits(values)
        minor = decimal_of(cell).scaleb(digits)
        if minor != minor.to_integral_value():
            raise BadCell(format_text(_("At most {digits} decimals in this currency."), digits=digits))
        return int(minor)


class BooleanColumn(Column):
    def read(self, cell: object, values: Values) -> object:
        text = str(cell).strip().lower()
        if text in YES:
            return True
        if text in NO:
            return False
        raise BadCell(_("Must be yes or no."))


class ChoiceColumn(Column):
    """One of a few words, in any case."""

    def read(self, cell: object, values: Values) -> object:
        return str(super().read(cell, values)).lower()


class CodeColumn(Column):
    """A code in capitals, such as a currency's or a country's."""

    def read(self, cell: object, values: Values) -> object:
        return str(super().read(cell, values)).upper()


class ObjectColumn(Column):
    """A JSON object."""

    cleared: ClassVar[object] = {}

    def of(self, record: object) -> object:
        return super().of(record) or None

    def cell(self, value: object, values: Values) -> object:
        return orjson.dumps(value).decode() if value else None

    def read(self, cell: object, values: Values) -> object:
        try:
            value = orjson.loads(str(cell))
        except orjson.JSONDecodeError:
            raise BadCell(_('Must be a JSON object, such as {"name": "text"}.')) from None
        return value or None


class MomentColumn(Column):
    """A day, a time of day, or a moment in UTC. Only shown."""

    def __init__(self, name: str, help: Text = "", **rest: Any) -> None:  # noqa: A002
        super().__init__(name, help, shown=True, **rest)

    def cell(self, value: object, values: Values) -> object:
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return value.isoformat() if isinstance(value, dt.date | dt.time) else None


class ReferenceColumn(Column):
    """Another record, by what people call it. In the body it is an id: `source` leads to that, `called` to its text.

    `find` is made anew for each run: it gives the ids that a text may mean. What records are called is either read from
    each (`called`), or from `names` of all that there are, read once.
    """

    def __init__(
        self,
        name: str,
        help: Text = "",  # noqa: A002
        *,
        find: Callable[[], Callable[[str], list[UUID]]],
        called: Callable[[Any], object] | None = None,
        names: Callable[[], dict[UUID, str]] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(name, help, **rest)
        self.make_find, self.called, self.make_names = find, called, names
        self._names: dict[UUID, str] = {}
        self._find: Callable[[str], list[UUID]] | None = None
        self._found: dict[str, list[UUID]] = {}

    def prepared(self) -> Self:
        fresh = super().prepared()
        fresh._find, fresh._found = self.make_find(), {}
        fresh._names = self.make_names() if self.make_names else {}
        return fresh

    def of(self, record: object) -> object:
        found = super().of(record)
        return str(found) if found else None

    def cell_of(self, record: object, values: Values) -> object:
        if self.called:
            return self.called(record)
        found = super().of(record)
        return self._names.get(found) if isinstance(found, UUID) else None

    def read(self, cell: object, values: Values) -> object:
        text = str(super().read(cell, values))
        if self._find is None:
            raise TypeError("a column is prepared before it reads")
        if text not in self._found:
            self._found[text] = self._find(text)
        found = self._found[text]
        if not found:
            raise BadCell(format_text(_("There is no {name} {text}."), name=self.name, text=text))
        if len(found) > 1:
            count = len(found)
            raise BadCell(format_text(_("There are {count} of this name: give the id."), count=count))
        return str(found[0])


_SPACES = re.compile(r"[\s\u00a0\u202f']")
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3},\d{3}")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}|[+-]?\d{1,3}(\.\d{3}){2,}")


def decimal_of(cell: object) -> Decimal:
    """The number in a cell, however its writer separates decimals and thousands. Raises BadCell.

    `1,234` alone could be a thousand or one and a quarter, and is refused.
    """
    if isinstance(cell, bool | dt.date):
        raise BadCell(_("Must be a number."))
    if isinstance(cell, float):
        cell = f"{cell:.15g}"  # all the digits that a spreadsheet has, without what binary fractions add to them
    text = _SPACES.sub("", str(cell)).replace("\u2212", "-")
    if _AMBIGUOUS.fullmatch(text):
        raise BadCell(_("Could be either of two numbers: write it with a decimal point, or without separators."))
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "").replace(".", "")
    if "," in text and "." in text:
        thousands = "," if text.rfind(",") < text.rfind(".") else "."
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadCell(_("Must be a number.")) from None
    if not value.is_finite() or abs(value) > _LARGEST or (value and value.adjusted() < -30):
        raise BadCell(_("Must be a number of ordinary size."))
    return value
