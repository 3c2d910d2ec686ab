"""The columns of a table, with the conversion between cells and the values of the API's input serializers.

A column converts in both directions, so that an unchanged export is recognised as unchanged when it is imported:
`value_of(record)` is the value as in a request body, `to_cell` converts it for the file, `parse` converts it back.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from django.conf import settings
from django.db.models import F, Func, IntegerField, Max, QuerySet
from django.utils.translation import gettext_lazy as _

from skeleton.kernel.characters import is_stream_safe
from skeleton.kernel.money import minor_digits
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.office.tables.notation import CellError, Notation, decimal_of, text_of
from skeleton.rest.http import number as json_number

Values = Mapping[str, object]
"""The known values of a row while it is read, by column name, including those of the record."""

YES = ("true", "yes", "y", "1", "так", "істина", "ja", "wahr", "да", "истина", "oui", "vrai")
NO = ("false", "no", "n", "0", "ні", "хибність", "nein", "falsch", "нет", "ложь", "non", "faux")
"""How files write booleans: people, and spreadsheet programs in their languages."""


class Column:
    """A text column. `path` is the value's path in the body (`address.city`), `source` its path in the record.

    Both default to the name. A column that is `read_only` is ignored on import.
    """

    empty_value: ClassVar[object] = None
    """The value in the body for an empty cell, which clears the field."""

    lookup: ClassVar[str] = "in"
    """The lookup for records with one of several values."""

    is_number: ClassVar[bool] = False
    """Whether the file's notation of numbers matters."""

    def __init__(
        self,
        name: str,
        help: Text = "",  # noqa: A002 (what it is)
        *,
        path: str | None = None,
        source: str | Callable[[Any], object] | None = None,
        read_only: bool = False,
        required: bool = False,
    ) -> None:
        self.name, self.help = name, help
        self.path = path or name
        self.source = source or name
        self.read_only, self.required = read_only, required
        self.notation: Notation | None = None

    def value_of(self, record: object) -> object:
        """Return the record's value as in an API body, or None."""
        if callable(self.source):
            return self.source(record)
        found = record
        for part in self.source.split("."):
            found = getattr(found, part, None)
        return found

    def as_read_only(self) -> Self:
        """Return a copy that is read-only."""
        column = copy(self)
        column.read_only = True
        return column

    def to_cell(self, value: object, values: Values) -> object:
        """Return the cell for a value."""
        return value

    def parse(self, cell: object, values: Values) -> object:
        """Return the value of a cell that is not empty. Raises CellError."""
        return text_of(cell)

    def cell_for(self, record: object, values: Values) -> object:
        """Return the cell for a record."""
        return self.to_cell(self.value_of(record), values)

    def normalize(self, value: object) -> object:
        """Return a normalized form that is equal for values of the same record."""
        return value

    def spread_over(self, rows: QuerySet[Any]) -> tuple["Column", ...]:
        """Return the columns of an export of `rows`: by default this one."""
        return (self,)

    def prepare(self, notation: Notation | None = None) -> Self:
        """Return a copy of the column for one run, which caches its lookups. `notation` is that of the file read."""
        fresh = copy(self)
        fresh.notation = notation
        return fresh


class TextColumn(Column):
    """A text of any kind, compared in the normal form in which texts are stored."""

    def normalize(self, value: object) -> object:
        return unicodedata.normalize("NFC", value) if isinstance(value, str) and is_stream_safe(value) else value


class EmailColumn(Column):
    """An e-mail address, compared case-insensitively."""

    lookup = "lower__in"

    def normalize(self, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class NumberColumn(Column):
    """An exact number."""

    is_number = True

    def value_of(self, record: object) -> object:
        found = super().value_of(record)
        return json_number(found) if isinstance(found, Decimal) else found

    def parse(self, cell: object, values: Values) -> object:
        return json_number(decimal_of(cell, self.notation))


class AmountColumn(Column):
    """An amount: whole units of the row's currency in the file, minor units in the body."""

    is_number = True

    def __init__(self, name: str, help: Text = "", *, currency: str = "currency", **rest: Any) -> None:  # noqa: A002
        super().__init__(name, help, **rest)
        self.currency = currency

    def digits(self, values: Values) -> int:
        currency = values.get(self.currency) or settings.SKELETON_CURRENCY
        return minor_digits(str(currency))

    def to_cell(self, value: object, values: Values) -> object:
        return Decimal(value).scaleb(-self.digits(values)) if isinstance(value, int) else None

    def parse(self, cell: object, values: Values) -> object:
        digits = self.digits(values)
        minor = decimal_of(cell, self.notation).scaleb(digits)
        if minor != minor.to_integral_value():
            raise CellError(format_text(_("At most {digits} decimals in this currency."), digits=digits))
        return int(minor)


class BooleanColumn(Column):
    def parse(self, cell: object, values: Values) -> object:
        text = text_of(cell).lower()
        if text in YES:
            return True
        if text in NO:
            return False
        raise CellError(_("Must be yes or no."))


class ChoiceColumn(Column):
    """One of several choices, case-insensitive."""

    def parse(self, cell: object, values: Values) -> object:
        return str(super().parse(cell, values)).lower()


class UppercaseCodeColumn(Column):
    """A code in upper case, such as that of a currency or a country."""

    def parse(self, cell: object, values: Values) -> object:
        return str(super().parse(cell, values)).upper()


class JsonColumn(Column):
    """A JSON object."""

    empty_value: ClassVar[object] = {}

    def value_of(self, record: object) -> object:
        return super().value_of(record) or None

    def to_cell(self, value: object, values: Values) -> object:
        return orjson.dumps(value).decode() if value else None

    def parse(self, cell: object, values: Values) -> object:
        try:
            value = orjson.loads(str(cell))
        except orjson.JSONDecodeError:
            raise CellError(_('Must be a JSON object, such as {"name": "text"}.')) from None
        return value or None


class GroupedColumn(Column):
    """A read-only JSON array as several columns for each of its elements, as many as the longest one needs."""

    def __init__(self, name: str, *, columns_of: Callable[[int], tuple[Column, ...]]) -> None:
        super().__init__(name, read_only=True)
        self.columns_of = columns_of

    def spread_over(self, rows: QuerySet[Any]) -> tuple[Column, ...]:
        length = Func(F(self.name), function="jsonb_array_length", output_field=IntegerField())
        longest = rows.order_by().aggregate(longest=Max(length))["longest"]
        return tuple(column for index in range(max(longest or 0, 1)) for column in self.columns_of(index))


class DateTimeColumn(Column):
    """A date, a time of day, or a date and time: in UTC in a CSV, in the local time zone in a workbook. Read-only."""

    def __init__(self, name: str, help: Text = "", **rest: Any) -> None:  # noqa: A002
        super().__init__(name, help, read_only=True, **rest)

    def to_cell(self, value: object, values: Values) -> object:
        return value if isinstance(value, dt.date | dt.time) else None


class ReferenceColumn(Column):
    """A reference to another record, by name in the file and by id in the body. `source` is the path of the id.

    `find_ids` is called for each run and returns a function from a text to the ids that it may mean. Names are either
    read from each record (`label_source`), or looked up in `labels`, which returns all of them and is called once.
    """

    def __init__(
        self,
        name: str,
        help: Text = "",  # noqa: A002
        *,
        find_ids: Callable[[], Callable[[str], list[UUID]]],
        label_source: Callable[[Any], object] | None = None,
        labels: Callable[[], dict[UUID, str]] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(name, help, **rest)
        self.make_find_ids, self.label_source, self.make_labels = find_ids, label_source, labels
        self._labels: dict[UUID, str] = {}
        self._find_ids: Callable[[str], list[UUID]] | None = None
        self._found: dict[str, list[UUID]] = {}

    def prepare(self, notation: Notation | None = None) -> Self:
        fresh = super().prepare(notation)
        fresh._find_ids, fresh._found = self.make_find_ids(), {}
        fresh._labels = self.make_labels() if self.make_labels else {}
        return fresh

    def value_of(self, record: object) -> object:
        found = super().value_of(record)
        return str(found) if found else None

    def cell_for(self, record: object, values: Values) -> object:
        if self.label_source:
            return self.label_source(record)
        found = super().value_of(record)
        return self._labels.get(found) if isinstance(found, UUID) else None

    def parse(self, cell: object, values: Values) -> object:
        text = str(super().parse(cell, values))
        if self._find_ids is None:
            raise TypeError("a column is prepared before it reads")
        if text not in self._found:
            self._found[text] = self._find_ids(text)
        found = self._found[text]
        if not found:
            raise CellError(format_text(_("There is nothing named {text}."), text=text))
        if len(found) > 1:
            count = len(found)
            raise CellError(format_text(_("There are {count} of this name: give the id."), count=count))
        return str(found[0])
