"""Writes `data.json` from maintained data packages. A development tool: it is never imported at run time.

    python -m parties.countries.generate
    python -m parties.countries.generate --cldr-core path/to/cldr-core   # regions as well

| field                        | source                                                              |
| ---------------------------- | ------------------------------------------------------------------- |
| code, alpha3, numeric_code   | pycountry (ISO 3166-1)                                              |
| name                         | Babel (CLDR territory names)                                        |
| phone_code                   | phonenumbers, and `CALLING_CODES` below                             |
| currency_code                | Babel (CLDR legal tender on `AS_OF`), and `CURRENCIES` below        |
| region                       | `regions.json`, taken from the npm package cldr-core (UN M49)       |
| flag_emoji                   | computed from the alpha-2 code                                      |
| id                           | kept from the present `data.json`; new countries go to the end      |

Nothing is guessed. Where a source is silent or ambiguous and no table below settles it, and where a table
settles what no longer needs settling, the run stops with a `DataError` and writes nothing.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pycountry
from babel import Locale
from babel.numbers import get_territory_currencies
from phonenumbers import PhoneMetadata, country_code_for_region

from parties.countries.dataset import DATA_FILE, CountryRecord, load

REGIONS_FILE = Path(__file__).with_name("regions.json")
LANGUAGES = ("en", "uk", "de")
FIRST_COUNTRY = "UA"
FIRST_ID = UUID("01972b15-8000-7000-8000-000000000001")
NORTH_AMERICA = 1  # the calling code that two dozen countries share
AREA_CODE_DIGITS = 3

# The day whose legal tender counts. Fixed, so that the same packages give the same file on any day;
# move it forward when the packages are updated.
AS_OF = date(2026, 11, 1)

# M49's numbers of its five regions. It places Antarctica in none of them, so that one stands for itself.
M49_REGIONS = {"002": "Africa", "019": "Americas", "142": "Asia", "150": "Europe", "009": "Oceania"}
OUTSIDE_M49_REGIONS = {"AQ": "Antarctica"}
# "Outlying Oceania" is CLDR's own addition to M49: it would put Antarctica into Oceania.
CLDR_ONLY_GROUPS = frozenset({"QO"})


class DataError(Exception):
    """The sources do not answer clearly, or disagree with what was shipped before; a person has to decide."""


class Override(NamedTuple):
    """A value that a person chose over the packages, and why."""

    value: str
    reason: str


# phonenumbers covers what has a numbering plan of its own. These use, or would use, somebody else's.
CALLING_CODES: Mapping[str, Override] = {
    "AQ": Override("+672", "Australia's external territories; the Antarctic stations are reached under it"),
    "BV": Override("+47", "uninhabited dependency of Norway, in Norway's plan"),
    "GS": Override("+500", "reached under the code of the Falkland Islands"),
    "HM": Override("+672", "uninhabited; Australia's external territories"),
    "PN": Override("+64", "its telephones are in New Zealand's plan"),
    "TF": Override("+262", "France's code for the southern Indian Ocean, shared with Réunion and Mayotte"),
    "UM": Override("+1", "islands of the United States, without an area code of their own"),
}

# Where CLDR is behind, or lists several currencies in use. The rule for the latter: the one that the country
# itself issues, since a customer's default currency is asked for.
CURRENCIES: Mapping[str, Override] = {
    "BG": Override("EUR", "joined the euro on 2026-01-01; Babel's CLDR 47 still says BGN"),
    "BT": Override("BTN", "the ngultrum is the country's own; the Indian rupee circulates beside it at par"),
    "HT": Override("HTG", "the gourde is the country's own; the US dollar circulates beside it"),
    "LS": Override("LSL", "the loti is the country's own; the rand circulates beside it at par"),
    "NA": Override("NAD", "the Namibia dollar is its own; the rand circulates beside it at par"),
    "PA": Override("PAB", "the balboa is the country's own; the US dollar supplies the banknotes, at par"),
    "PS": Override("ILS", "issues none of its own; the shekel is the one in everyday use, before the dinar"),
    "ZW": Override("ZWG", "the ZiG is the country's own since 2024; the US dollar circulates beside it"),
}


def names(code: str) -> dict[str, str]:
    """Return CLDR's names of a territory, by language; `DataError` where one is missing."""
    found = {language: Locale(language).territories.get(code, "") for language in LANGUAGES}
    if not all(found.values()):
        raise DataError(f"{code}: a name is missing: {found}")
    return found


def calling_code(code: str) -> str:
    """Return the international calling code, as `+380`.

    The members of the North American plan share `+1`. One with a single area code gets it as well (`+1268`,
    Antigua and Barbuda), because `+1` alone would not lead there; those with several area codes (United
    States, Canada, Dominican Republic, Jamaica, Puerto Rico) have no one longer prefix, so they get `+1`.
    Other shared codes (+7, +44, +262, ...) are given plain: what phonenumbers knows of their ranges is no
    prefix that covers all of a territory's numbers.
    """
    number = country_code_for_region(code)
    override = CALLING_CODES.get(code)
    if override:
        if number:
            raise DataError(f"{code}: phonenumbers now knows +{number}; the override can go")
        return override.value
    if not number:
        raise DataError(f"{code}: phonenumbers knows no calling code, and no override gives one")
    return f"+{number}{area_code(code) if number == NORTH_AMERICA else ''}"


def area_code(code: str) -> str:
    """Return the one area code of a member of the North American plan; empty where it has none or several."""
    metadata = PhoneMetadata.metadata_for_region(code)
    # A pattern: plain digits are one area code, anything else ("787|939") stands for several.
    pattern = (metadata.leading_digits if metadata else None) or ""
    return pattern if pattern.isdecimal() and len(pattern) == AREA_CODE_DIGITS else ""


def currency(code: str) -> str:
    """Return the ISO 4217 code of the legal tender on `AS_OF`; empty where the territory has none."""
    tender: list[Any] = list(get_territory_currencies(code, start_date=AS_OF))
    override = CURRENCIES.get(code)
    if override:
        if tender == [override.value]:
            raise DataError(f"{code}: Babel now says {override.value} too; the override can go")
        return override.value
    if len(tender) > 1:
        raise DataError(f"{code}: several currencies, {tender}, and no override chooses one")
    return str(tender[0]) if tender else ""


def flag(code: str) -> str:
    """Return the flag emoji: the two letters as regional indicator symbols."""
    shift = ord("\N{REGIONAL INDICATOR SYMBOL LETTER A}") - ord("A")
    return "".join(chr(ord(letter) + shift) for letter in code)


def assign_ids(codes: Iterable[str], known: Mapping[str, UUID]) -> dict[str, UUID]:
    """Return an id for each country code: the known one, or the next free number.

    Ids are fixed for ever, since documents point at them: a new country is numbered after all others, and the
    very first run numbers Ukraine 1 and the rest alphabetically by code. They are UUIDv7 of one fixed moment
    whose last 62 bits count. Raises `DataError` when a known country is no longer among the codes: its id may
    be in use, so dropping it is not for a program to decide.
    """
    codes = sorted(codes, key=lambda code: (code != FIRST_COUNTRY, code))
    withdrawn = sorted(known.keys() - set(codes))
    if withdrawn:
        raise DataError(f"no longer in ISO 3166-1, but shipped before: {', '.join(withdrawn)}")
    ids = dict(known)
    last = max((key.int for key in known.values()), default=FIRST_ID.int - 1)
    for number, code in enumerate((code for code in codes if code not in known), start=1):
        ids[code] = UUID(int=last + number)
    return ids


def build(known: Mapping[str, UUID], regions: Mapping[str, str]) -> tuple[CountryRecord, ...]:
    """Return every country of ISO 3166-1, in the order of the ids, from the packages.

    `known` holds the ids given before, `regions` the region, both by alpha-2 code.
    """
    countries = {country.alpha_2: country for country in pycountry.countries}
    homeless = sorted(countries.keys() - regions.keys())
    if homeless:
        raise DataError(f"without a region, run with --cldr-core: {', '.join(homeless)}")
    ids = assign_ids(countries, known)
    return tuple(
        CountryRecord(
            id=ids[code],
            code=code,
            alpha3=countries[code].alpha_3,
            numeric_code=countries[code].numeric,
            name=names(code),
            phone_code=calling_code(code),
            currency_code=currency(code),
            region=regions[code],
            flag_emoji=flag(code),
        )
        for code in sorted(ids, key=lambda code: ids[code])
    )


def derive_regions(containment: Mapping[str, Any]) -> dict[str, str]:
    """Return the M49 region of each ISO 3166-1 country from CLDR's tree of territories.

    `containment` maps a territory to `{"_contains": [...]}`, as in cldr-core's `territoryContainment.json`.
    """
    iso = {country.alpha_2 for country in pycountry.countries}
    regions = dict(OUTSIDE_M49_REGIONS)
    for number, name in M49_REGIONS.items():
        regions.update({code: name for code in territories_within(number, containment) if code in iso})
    return regions


def territories_within(group: str, containment: Mapping[str, Any]) -> set[str]:
    """Return the territories that a group contains, directly or through groups inside it."""
    if group in CLDR_ONLY_GROUPS:
        return set()
    members = containment.get(group, {}).get("_contains")
    if members is None:
        return {group}
    return {code for member in members for code in territories_within(member, containment)}


def read_cldr_core(package: Path) -> dict[str, str]:
    """Return the regions out of an unpacked npm package cldr-core."""
    text = (package / "supplemental" / "territoryContainment.json").read_text(encoding="utf-8")
    return derive_regions(json.loads(text)["supplemental"]["territoryContainment"])


def read_regions() -> dict[str, str]:
    """Return the region of each country from the committed `regions.json`."""
    by_region = json.loads(REGIONS_FILE.read_text(encoding="utf-8"))
    return {code: region for region, codes in by_region.items() for code in codes}


def render_regions(regions: Mapping[str, str]) -> str:
    """Return the text of `regions.json`: one region per line, with its country codes."""
    by_region = {
        region: sorted(code for code, its_region in regions.items() if its_region == region)
        for region in sorted(set(regions.values()))
    }
    lines = (f"{json.dumps(region)}: {json.dumps(codes)}" for region, codes in by_region.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def render(records: Iterable[CountryRecord]) -> str:
    """Return the text of `data.json`: an array with one country per line, so that a diff names countries."""
    lines = (
        json.dumps(asdict(record) | {"id": str(record.id)}, ensure_ascii=False, separators=(",", ":"))
        for record in records
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"


def known_ids() -> dict[str, UUID]:
    """Return the ids in the present `data.json` by country code; nothing before the first run."""
    return {record.code: record.id for record in load()} if DATA_FILE.exists() else {}


def main() -> None:
    """Write `data.json`, and `regions.json` first where a cldr-core package is given."""
    parser = argparse.ArgumentParser(description="Write data.json from the data packages.")
    parser.add_argument("--cldr-core", type=Path, help="folder of the unpacked npm package cldr-core")
    package: Path | None = parser.parse_args().cldr_core
    try:
        regions = read_cldr_core(package) if package else read_regions()
        records = build(known_ids(), regions)
    except DataError as error:
        sys.exit(f"Nothing was written. {error}")
    if package:
        REGIONS_FILE.write_text(render_regions(regions), encoding="utf-8")
    DATA_FILE.write_text(render(records), encoding="utf-8")
    sys.stdout.write(f"{DATA_FILE}: {len(records)} countries\n")


if __name__ == "__main__":
    main()
