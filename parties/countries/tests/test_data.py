"""The shipped data against the packages it comes from, against facts, and against what was shipped before."""

import hashlib
import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from uuid import RFC_4122, UUID
from xml.etree import ElementTree as ET

import pycountry
import pytest
from iso4217 import Currency

from parties.countries import generate
from parties.countries.dataset import DATA_FILE, CountryRecord, load
from parties.countries.generate import DataError

RECORDS = load()
BY_CODE = {record.code: record for record in RECORDS}
PROJECT = Path(__file__).parents[3]

# The 249 countries of the first release and their ids. It may never change: databases in use hold these ids.
FIRST_RELEASE_COUNT = 249
FIRST_RELEASE_IDS_SHA256 = "b71750a1cbdffaecd3a8f1ed22e2a757bcf0f8b4290e6af7458262494cac45b8"

# ISO 4217 lists no currency for these; CLDR has the one that is used there.
NO_CURRENCY_IN_ISO = {"GS": "GBP", "PS": "ILS"}


def ids_digest(records: tuple[CountryRecord, ...]) -> str:
    return hashlib.sha256("\n".join(f"{r.code} {r.id}" for r in records).encode()).hexdigest()


# --- the file is what the packages say -------------------------------------------------------------------


def test_data_file_is_what_the_generator_writes_today():
    records = generate.build(generate.known_ids(), generate.read_regions())
    differing = [(new, BY_CODE.get(new.code)) for new in records if new != BY_CODE.get(new.code)]
    assert differing == [], "a package changed: run `python -m parties.countries.generate`, read the diff"
    assert DATA_FILE.read_text(encoding="utf-8") == generate.render(records)


def test_regions_file_is_in_its_own_form():
    text = generate.REGIONS_FILE.read_text(encoding="utf-8")
    assert text == generate.render_regions(generate.read_regions())


def test_one_country_per_line_in_readable_letters():
    lines = DATA_FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(RECORDS) + 2
    assert "Україна" in lines[1]
    assert "🇺🇦" in lines[1]


def test_loader_needs_no_third_party_package():
    # -S leaves site-packages out, as on a machine where none of the data packages is installed.
    code = "from parties.countries.dataset import load; print(len(load()))"
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(len(RECORDS))), done.stderr


# --- facts -----------------------------------------------------------------------------------------------


def test_ukraine_as_documented():
    assert RECORDS[0] == CountryRecord(
        id=UUID("01972b15-8000-7000-8000-000000000001"),
        code="UA",
        alpha3="UKR",
        numeric_code="804",
        name={"en": "Ukraine", "uk": "Україна", "de": "Ukraine"},
        phone_code="+380",
        currency_code="UAH",
        region="Europe",
        flag_emoji="🇺🇦",
    )


def test_poland_as_documented():
    poland = BY_CODE["PL"]
    assert poland.name == {"en": "Poland", "uk": "Польща", "de": "Polen"}
    assert (poland.alpha3, poland.numeric_code, poland.phone_code) == ("POL", "616", "+48")
    assert (poland.currency_code, poland.region, poland.flag_emoji) == ("PLN", "Europe", "🇵🇱")


def test_all_of_iso_3166_1():
    assert len(RECORDS) == 249
    assert set(BY_CODE) == {country.alpha_2 for country in pycountry.countries}


@pytest.mark.parametrize("field", ["id", "code", "alpha3", "numeric_code", "flag_emoji"])
def test_unique(field):
    assert len({getattr(record, field) for record in RECORDS}) == len(RECORDS)


@pytest.mark.parametrize("language", ["en", "uk", "de"])
def test_names_are_unique_within_a_language(language):
    assert len({record.name[language] for record in RECORDS}) == len(RECORDS)


@pytest.mark.parametrize(
    "field,form",
    [
        ("code", "[A-Z]{2}"),
        ("alpha3", "[A-Z]{3}"),
        ("numeric_code", "[0-9]{3}"),
        ("phone_code", r"\+[1-9][0-9]{0,3}"),
        ("currency_code", "([A-Z]{3})?"),
        ("id", "01972b15-8000-7000-8000-[0-9a-f]{12}"),
    ],
)
def test_form(field, form):
    assert [r.code for r in RECORDS if not re.fullmatch(form, str(getattr(r, field)))] == []


def test_ids_are_uuid_version_7():
    assert {(record.id.version, record.id.variant) for record in RECORDS} == {(7, RFC_4122)}


def test_names_are_complete():
    for record in RECORDS:
        assert list(record.name) == ["en", "uk", "de"]
        assert all(text and text == text.strip() for text in record.name.values()), record.code


def test_flags_spell_the_code():
    # Each regional indicator is a surrogate pair: D83C, then DDE6 for A and one more per letter.
    for record in RECORDS:
        pairs = (b"\xd8\x3c" + (0xDDE6 + ord(letter) - ord("A")).to_bytes(2, "big") for letter in record.code)
        assert record.flag_emoji.encode("utf-16-be") == b"".join(pairs), record.code


def test_ukrainian_names_are_cyrillic():
    latin = [r.code for r in RECORDS if any(letter.isascii() and letter.isalpha() for letter in r.name["uk"])]
    assert latin == []


def test_currencies_are_iso_4217_and_only_antarctica_has_none():
    real = {currency.code for currency in Currency}
    assert [r.code for r in RECORDS if not r.currency_code] == ["AQ"]
    assert [r.code for r in RECORDS if r.currency_code and r.currency_code not in real] == []


def words(name: str) -> frozenset[str]:
    """Return the words of a country's name, whatever their order: ISO writes one name in several ways."""
    letters = "".join(letter if letter.isalpha() else " " for letter in name.casefold())
    return frozenset(letters.split()) - {"the", "of"}


def iso_4217_currencies() -> dict[str, set[str]]:
    """Return the currencies of each country (alpha-2) in ISO 4217's own table, which names countries only."""
    by_name = {words(country.name): country.alpha_2 for country in pycountry.countries}
    found: dict[str, set[str]] = {}
    for entry in ET.fromstring((files("iso4217") / "table.xml").read_bytes()).iter("CcyNtry"):
        code = by_name.get(words(entry.findtext("CtryNm", "")))
        if code:
            found.setdefault(code, set()).add(entry.findtext("Ccy") or "")
    return found


def test_currencies_agree_with_iso_4217s_own_table():
    table = iso_4217_currencies()
    assert len(table) >= 240, "names no longer match: the comparison would be empty"
    strangers = {code: BY_CODE[code].currency_code for code in table if BY_CODE[code].currency_code not in table[code]}
    assert strangers == NO_CURRENCY_IN_ISO


@pytest.mark.parametrize(
    "code,currency",
    [("BG", "EUR"), ("BT", "BTN"), ("LS", "LSL"), ("NA", "NAD"), ("ZW", "ZWG"), ("HR", "EUR"), ("CW", "XCG")],
)
def test_currency_facts(code, currency):
    assert BY_CODE[code].currency_code == currency


@pytest.mark.parametrize(
    "code,phone",
    [
        ("US", "+1"),
        ("CA", "+1"),
        ("DO", "+1"),  # 809, 829, 849
        ("AG", "+1268"),
        ("KZ", "+7"),
        ("GG", "+44"),
        ("VA", "+39"),
        ("AQ", "+672"),
        ("BV", "+47"),
        ("GS", "+500"),
        ("HM", "+672"),
        ("PN", "+64"),
        ("TF", "+262"),
        ("UM", "+1"),
    ],
)
def test_calling_code_facts(code, phone):
    assert BY_CODE[code].phone_code == phone


def test_regions_are_those_of_m49():
    counts: dict[str, int] = {}
    for record in RECORDS:
        counts[record.region] = counts.get(record.region, 0) + 1
    assert counts == {"Africa": 60, "Americas": 57, "Antarctica": 1, "Asia": 51, "Europe": 51, "Oceania": 29}


@pytest.mark.parametrize(
    "code,region",
    [
        ("CY", "Asia"),
        ("TR", "Asia"),
        ("RU", "Europe"),
        ("EG", "Africa"),
        ("GL", "Americas"),
        ("BV", "Americas"),
        ("GS", "Americas"),
        ("TF", "Africa"),
        ("HM", "Oceania"),
        ("UM", "Oceania"),
        ("AQ", "Antarctica"),
    ],
)
def test_region_facts(code, region):
    assert BY_CODE[code].region == region


# --- ids never move --------------------------------------------------------------------------------------


def test_ids_of_the_first_release_are_unchanged():
    assert ids_digest(RECORDS[:FIRST_RELEASE_COUNT]) == FIRST_RELEASE_IDS_SHA256


def test_ids_count_up_without_a_gap():
    first = RECORDS[0].id.int
    assert [record.id.int - first for record in RECORDS] == list(range(len(RECORDS)))


def test_first_numbering_puts_ukraine_first_and_the_rest_by_code():
    ids = generate.assign_ids(["ZW", "UA", "AD"], {})
    assert sorted(ids, key=lambda code: ids[code]) == ["UA", "AD", "ZW"]
    assert str(ids["ZW"]) == "01972b15-8000-7000-8000-000000000003"


def test_new_country_goes_to_the_end_and_moves_nobody():
    known = generate.known_ids()
    ids = generate.assign_ids([*known, "AA"], known)
    assert {code: key for code, key in ids.items() if code != "AA"} == known
    assert ids["AA"].int == max(key.int for key in known.values()) + 1


def test_withdrawn_country_stops_the_generator():
    known = generate.known_ids()
    with pytest.raises(DataError, match="shipped before: FR"):
        generate.assign_ids(known.keys() - {"FR"}, known)


# --- the generator refuses to guess ----------------------------------------------------------------------


def test_ambiguous_currency_needs_a_decision(monkeypatch):
    monkeypatch.setattr(generate, "CURRENCIES", {})
    with pytest.raises(DataError, match="PA: several currencies"):
        generate.currency("PA")


def test_missing_calling_code_needs_a_decision(monkeypatch):
    monkeypatch.setattr(generate, "CALLING_CODES", {})
    with pytest.raises(DataError, match="AQ: phonenumbers knows no calling code"):
        generate.calling_code("AQ")


def test_needless_overrides_are_refused(monkeypatch):
    monkeypatch.setattr(generate, "CALLING_CODES", {"FR": generate.Override("+33", "")})
    monkeypatch.setattr(generate, "CURRENCIES", {"FR": generate.Override("EUR", "")})
    with pytest.raises(DataError, match="FR: phonenumbers now knows"):
        generate.calling_code("FR")
    with pytest.raises(DataError, match="FR: Babel now says"):
        generate.currency("FR")


def test_unknown_territory_has_no_name():
    with pytest.raises(DataError, match="AA: a name is missing"):
        generate.names("AA")


def test_country_without_a_region_is_refused():
    regions = generate.read_regions()
    del regions["FR"]
    with pytest.raises(DataError, match="without a region.*FR"):
        generate.build(generate.known_ids(), regions)


def test_every_override_has_a_reason_and_a_country():
    for table in (generate.CALLING_CODES, generate.CURRENCIES):
        assert table.keys() <= BY_CODE.keys()
        assert all(override.reason for override in table.values())


def test_regions_are_read_from_cldrs_tree_without_its_own_group():
    tree = {
        "150": {"_contains": ["151", "FR"]},
        "151": {"_contains": ["UA", "XK"]},
        "009": {"_contains": ["053", "QO"]},
        "053": {"_contains": ["AU"]},
        "QO": {"_contains": ["AQ", "AC"]},
    }
    # XK (Kosovo) and AC (Ascension) are territories of CLDR, not of ISO 3166-1.
    assert generate.derive_regions(tree) == {
        "AQ": "Antarctica",
        "AU": "Oceania",
        "FR": "Europe",
        "UA": "Europe",
    }


# --- the command -----------------------------------------------------------------------------------------


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """The generator pointed at a folder without data, as before its very first run."""
    monkeypatch.setattr(generate, "DATA_FILE", tmp_path / "data.json")
    monkeypatch.setattr(generate, "REGIONS_FILE", tmp_path / "regions.json")
    return tmp_path


def cldr_core(folder: Path, regions: dict[str, str]) -> Path:
    """Write a package folder as cldr-core has it, with the countries of each region directly below it."""
    tree = {
        number: {"_contains": [code for code, its_region in regions.items() if its_region == name]}
        for number, name in generate.M49_REGIONS.items()
    }
    (folder / "supplemental").mkdir(parents=True)
    (folder / "supplemental" / "territoryContainment.json").write_text(
        json.dumps({"supplemental": {"territoryContainment": tree}})
    )
    return folder


def test_command_writes_both_files_and_then_the_same_again(empty_folder, monkeypatch, capsys):
    package = cldr_core(empty_folder / "cldr-core", {record.code: record.region for record in RECORDS})
    monkeypatch.setattr(sys, "argv", ["generate", "--cldr-core", str(package)])
    generate.main()
    assert f"{len(RECORDS)} countries" in capsys.readouterr().out
    written = json.loads((empty_folder / "data.json").read_text(encoding="utf-8"))
    assert {row["code"] for row in written} == set(BY_CODE)

    monkeypatch.setattr(sys, "argv", ["generate"])
    generate.main()
    assert json.loads((empty_folder / "data.json").read_text(encoding="utf-8"))[0] == written[0]
    assert generate.read_regions() == {record.code: record.region for record in RECORDS}


def test_command_that_meets_a_gap_writes_nothing(empty_folder, monkeypatch):
    package = cldr_core(empty_folder / "cldr-core", {"UA": "Europe"})
    monkeypatch.setattr(sys, "argv", ["generate", "--cldr-core", str(package)])
    with pytest.raises(SystemExit, match="Nothing was written"):
        generate.main()
    assert [path.name for path in empty_folder.iterdir()] == ["cldr-core"]
