"""From what was asked for to lines with totals, in one currency."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from billing.totals import line_total
from skeleton.core.errors import Invalid


class LineValues(TypedDict):
    """A line as it is asked for: amounts in minor units, the rate in percent."""

    description: str
    quantity: Decimal
    unit_price: int
    discount: NotRequired[int]
    tax_rate: NotRequired[Decimal]
    currency: NotRequired[str]


def build_line(values: LineValues, *, position: int, path: str = "") -> dict[str, Any]:
    """The columns of a line, its total among them, not yet of any document.

    Raises Invalid, naming the field behind `path`.
    """
    quantity, unit_price, discount = values["quantity"], values["unit_price"], values.get("discount", 0)
    return {
        "position": position,
        "description": values["description"],
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": discount,
        "tax_rate": values.get("tax_rate", Decimal(0)),
        "total": line_total(quantity, unit_price, discount, path=path),
    }


def build_lines(values: Sequence[LineValues]) -> list[dict[str, Any]]:
    """Lines in their order. Raises Invalid, naming the field (`lines.0.discount`)."""
    return [build_line(line, position=n + 1, path=f"lines.{n}.") for n, line in enumerate(values)]


def common_currency(lines: Sequence[LineValues], document: str | None) -> str | None:
    """The one currency that the document and its lines name; None where none of them does. Raises Invalid."""
    found = document
    for index, line in enumerate(lines):
        named = line.get("currency")
        if named and found and named != found:
            raise Invalid(details={f"lines.{index}.currency": f"Must be {found}, as the rest of the document."})
        found = found or named
    return found


def require_currency(named: str | None, currency: str) -> None:
    """Raises Invalid where a currency is named, and is not the document's."""
    if named and named != currency:
        raise Invalid(details={"currency": f"Must be {currency}, as the rest of the document."})
