"""Parses list parameters (pagination, ordering and filters) strictly: an invalid one is a 400."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Never
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Expression, F, Field, Func
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler
from django.http import QueryDict

from skeleton.db.compiled_sql import Parameter
from skeleton.kernel.errors import BadRequest
from skeleton.kernel.ids import parse_uuid
from skeleton.kernel.types import Values
from skeleton.rest.filters import FilterSet

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_PAGE = 2**31
"""Keeps page × limit within the range of OFFSET."""

PAGING = ("page", "limit", "cursor", "sort_by", "sort_order")


SortKey = str | Expression | F
"""A column or an expression to order by."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """An ordering by `key` (a column or expression, never null) and then by id."""

    name: str
    key: SortKey
    descending: bool = False

    def order_by(self) -> tuple[OrderBy, OrderBy]:
        """Return the arguments of `order_by`. The id has the same direction, so that a cursor reads one index range."""
        pk = F("pk")
        if self.descending:
            return (self.expression.desc(), pk.desc())
        return (self.expression.asc(), pk.asc())

    @property
    def expression(self) -> Expression | F:
        """Return the key as an expression."""
        return F(self.key) if isinstance(self.key, str) else self.key


def parse_ordering(query: Mapping[str, str], allowed: Mapping[str, SortKey], default: Ordering) -> Ordering:
    """Return the ordering by `sort_by` and `sort_order`, one of `allowed` (keys by public name), or the default."""
    name, order = query.get("sort_by"), query.get("sort_order")
    if order is not None and order not in ("asc", "desc"):
        raise BadRequest("sort_order must be asc or desc.", details={"sort_order": "Must be one of: asc, desc."})
    if name is None:
        if order is None:
            return default
        return Ordering(default.name, default.key, descending=order == "desc")
    if name not in allowed:
        names = ", ".join(allowed)
        raise BadRequest(f"sort_by must be one of: {names}.", details={"sort_by": f"Must be one of: {names}."})
    return Ordering(name, allowed[name], descending=order == "desc")


def ordering_by(name: str, keys: Mapping[str, SortKey]) -> Ordering:
    """Return the ordering that a viewset names: one of `keys` or a column, descending with the prefix `-`."""
    bare = name.removeprefix("-")
    return Ordering(bare, keys.get(bare, bare), descending=name != bare)


NEWEST_FIRST = Ordering("id", "pk", descending=True)
"""By id: UUIDv7 ids are in the order of creation."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The end of the previous page: sort key and id of its last row. Both are None for the first page."""

    after_key: object = None
    after_id: UUID | None = None

    @property
    def starts(self) -> bool:
        return self.after_id is None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The parsed parameters of a list. `cursor` is None for numbered pages."""

    filters: Values
    ordering: Ordering
    limit: int
    page: int
    cursor: Cursor | None


def unfiltered_query(ordering: Ordering, filters: dict[str, object] | None = None) -> ListQuery:
    """Return the parameters of a list without pagination."""
    return ListQuery(filters=filters or {}, ordering=ordering, limit=MAX_LIMIT, page=1, cursor=None)


def parse_filters(query: QueryDict, filterset: type[FilterSet] | None, also: Sequence[str] = ()) -> Values:
    """Return the filters in a query string. Raises BadRequest for other parameters, except those in `also`."""
    known = filterset.base_filters if filterset else {}
    unknown = [name for name in query if name not in known and name not in also]
    if unknown:
        raise BadRequest(f"Unknown query parameter: {unknown[0]}.", details=dict.fromkeys(unknown, "Unknown parameter"))
    return filterset.clean({name: str(query[name]) for name in known if name in query}) if filterset else {}


def parse_list_query(
    query: QueryDict,
    *,
    filterset: type[FilterSet] | None,
    ordering: Ordering = NEWEST_FIRST,
    ordering_fields: Mapping[str, SortKey] | None = None,
    cursor_only: bool = False,
    plain_cursor: bool = False,
    extra: Sequence[str] = (),
    limits: tuple[int, int] = (DEFAULT_LIMIT, MAX_LIMIT),
) -> ListQuery:
    """Parse the query string of a list. Raises BadRequest for unknown or malformed parameters.

    `cursor_only` lists have no numbered pages. With `plain_cursor`, the cursor is the last id. `extra` lists parameters
    that the view reads itself, `limits` the default and the maximum number of rows.
    """
    params = {name: str(value) for name, value in query.items()}  # the last value of a repeated parameter
    filters = parse_filters(query, filterset, (*PAGING, *extra))
    order = parse_ordering(params, ordering_fields or {}, ordering)
    if "cursor" in params and "page" in params:
        raise BadRequest("cursor and page exclude each other.", details={"cursor": "Cannot be used with page."})
    if cursor_only and "page" in params:
        raise BadRequest("This list is paged by cursor.", details={"page": "Use cursor instead."})
    cursor = None
    if cursor_only or "cursor" in params:
        cursor = parse_cursor(params.get("cursor", ""), order, plain=plain_cursor)
    return ListQuery(
        filters=filters,
        ordering=order,
        limit=min(_positive(params, "limit", limits[0]), limits[1]),
        page=_positive(params, "page", 1),
        cursor=cursor,
    )


def _positive(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE)) else 0
    if not 0 < value <= MAX_PAGE:
        raise BadRequest(f"{name} must be a positive integer.", details={name: "Must be a positive integer."})
    return value


def parse_cursor(text: str, ordering: Ordering, *, plain: bool = False) -> Cursor:
    """The cursor that `text` spells, for this order. An empty text is the beginning.

    The key is still as JSON has it: `decode` makes it what the column holds.
    """
    if text == "":
        return Cursor()
    if plain:
        after = parse_uuid(text)
        if after:
            return Cursor(text, after)
        raise bad_cursor()
    try:
        name, descending, key, after_text = orjson.loads(base64.urlsafe_b64decode(text))
    except (ValueError, TypeError) as exc:
        raise bad_cursor() from exc
    after = parse_uuid(after_text)
    if after is None:
        raise bad_cursor()
    if (name, descending) != (ordering.name, ordering.descending):
        raise BadRequest("The cursor belongs to another order.", details={"cursor": "Belongs to another order."})
    return Cursor(key, after)


def encode_cursor(ordering: Ordering, key: object, pk: UUID, *, plain: bool = False) -> str:
    """The opaque text of a cursor behind the row with this key and id."""
    if plain:
        return str(pk)
    # a decimal goes as a text: as a number it could come back as another one
    spelt = orjson.dumps([ordering.name, ordering.descending, key, pk], default=str)
    return base64.urlsafe_b64encode(spelt).decode()


def decode(key: object, field: "Field[Never, object]") -> object:
    """The sort key in a cursor as a value of its column. Raises BadRequest: anybody may write a cursor."""
    if not isinstance(key, str | int):
        raise bad_cursor()
    if isinstance(key, str) and "\x00" in key:
        raise bad_cursor()
    try:
        value: object = field.to_python(key)
    except (ValidationError, ValueError, TypeError, OverflowError, ArithmeticError) as exc:
        raise bad_cursor() from exc
    if value is None or (isinstance(value, dt.datetime) and value.tzinfo is None):
        raise bad_cursor()
    if isinstance(value, int | Decimal) and not -(2**63) < value < 2**63:
        raise bad_cursor()
    return value


def bad_cursor() -> BadRequest:
    """Return the error for a cursor that is malformed or belongs to another list."""
    return BadRequest("The cursor is not valid.", details={"cursor": "Not a cursor of this list."})


class KeysetAfter(Func):
    """`(key, id) > (:after_key, :after_id)`, or `<` when descending: the rows behind a cursor, one index range.

    A key in another table than the id is never one range with it; it is then bounded by itself as well.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, ordering: Ordering, key_field: "Field[Never, object] | None") -> None:
        self.comparison = "<" if ordering.descending else ">"
        self.elsewhere = _crosses_tables(ordering.expression)
        super().__init__(ordering.expression, F("pk"), Parameter("after_key", key_field), Parameter("after_id"))

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: object, **extra_context: object
    ) -> tuple[str, list[str | int]]:
        (key, key_params), (pk, pk_params), (after_key, after), (after_id, last) = (
            compiler.compile(expression) for expression in self.source_expressions
        )
        sql = f"({key}, {pk}) {self.comparison} ({after_key}, {after_id})"
        params = [*key_params, *pk_params, *after, *last]
        if self.elsewhere:
            return f"({key} {self.comparison}= {after_key} AND {sql})", [*key_params, *after, *params]
        return sql, params


def _crosses_tables(key: object) -> bool:
    parts = key.flatten() if hasattr(key, "flatten") else (key,)
    return any("__" in getattr(part, "name", "") for part in parts if isinstance(part, F))
