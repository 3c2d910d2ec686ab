"""What documents say of units, item numbers and exemptions from tax.

All of it is left out where there is nothing to say, so that the contents of documents without them stay as they were.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import override

from skeleton.kernel.text import format_amount, format_number, text_in_language
from skeleton.kernel.units import DEFAULT_UNIT, unit_name


def quantity_text(line: Mapping[str, Any], language: str) -> str:
    """Return the quantity with its unit, if that isn't just a piece; nothing for an amount without a quantity."""
    if line["quantity"] is None:
        return ""
    number, unit = format_number(line["quantity"], language), _unit(line["unit_code"], language)
    return f"{number}\u00a0{unit}" if unit else number


def price_text(line: Mapping[str, Any], currency: str, language: str) -> str:
    """Return the unit price, with the number of units that it is for if that isn't 1."""
    price, base = format_amount(line["unit_price"], currency, language), Decimal(line["price_base_quantity"])
    return price if base == 1 else f"{price} / {format_number(base, language)}"


def item_number(line: Mapping[str, Any]) -> dict[str, str]:
    """Return the item number, if the line has one."""
    return {"item_number": line["item_number"]} if line["item_number"] else {}


def exemptions(document: Mapping[str, Any], language: str) -> dict[str, list[str]]:
    """Return the reasons for which no tax is charged, if there are any."""
    reasons = [row["exemption_reason"] for row in document["tax_breakdown"] if row.get("exemption_reason")]
    texts = list(dict.fromkeys(text_in_language(reason, language) for reason in reasons))
    return {"exemptions": texts} if texts else {}


def _unit(code: str, language: str) -> str:
    with override(language):
        return "" if code == DEFAULT_UNIT else str(unit_name(code))
