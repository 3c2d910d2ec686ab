"""Reads the tax codes to begin with. Rates of local taxes, such as those of US cities, are for the users to add."""

import datetime as dt
import json
from decimal import Decimal
from importlib.resources import files
from typing import Any


def known_countries() -> list[str]:
    """Return the alpha-2 codes of the countries with tax codes."""
    return list(_read())


def tax_codes_of_country(country: str) -> list[dict[str, Any]]:
    """Return the fields of a country's tax codes, none for a country that is not known."""
    return [_typed(fields) for fields in _read().get(country, [])]


def _read() -> dict[str, list[dict[str, Any]]]:
    text = (files("accounting.tax_codes") / "data.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    given = [name for name in ("valid_from", "valid_to") if name in fields]
    days: dict[str, Any] = {name: dt.date.fromisoformat(fields[name]) for name in given}
    return {**fields, **days, "rate": Decimal(fields["rate"])}
