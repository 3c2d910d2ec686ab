"""The shipped country data, read with the standard library alone.

`data.json` is generated (see `generate.py`); nothing in it is edited by hand.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

DATA_FILE = Path(__file__).with_name("data.json")


@dataclass(frozen=True, slots=True)
class CountryRecord:
    """One country or territory of ISO 3166-1, as every new installation gets it.

    `code` and `alpha3` are upper case; `numeric_code` is three digits with leading zeros, so it is text;
    `name` has exactly the keys `en`, `uk` and `de`; `phone_code` is `+` and digits, never empty;
    `currency_code` is ISO 4217, or `""` for a territory that has none (Antarctica); `region` is one of
    Africa, Americas, Antarctica, Asia, Europe, Oceania.
    """

    id: UUID
    code: str
    alpha3: str
    numeric_code: str
    name: dict[str, str] = field(hash=False)
    phone_code: str
    currency_code: str
    region: str
    flag_emoji: str


def load() -> tuple[CountryRecord, ...]:
    """Return all countries in the order of their ids, Ukraine first.

    Each call reads the file again and returns new records.
    """
    rows = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    return tuple(CountryRecord(**{**row, "id": UUID(row["id"])}) for row in rows)
