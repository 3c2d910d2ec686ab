"""Electronic invoices against the official rules: what we write passes them, and our own checks agree with them.

`SKELETON_TEST_FULL=1` (`make full`) tries 2,000 documents, otherwise it is a sample of them.
"""

import os
import re

import pytest

from billing.e_invoices.cii import write_cii
from billing.e_invoices.codes import CURRENCIES, EXEMPTION_CODES, NOT_ON_PEPPOL
from billing.e_invoices.document import Document
from billing.e_invoices.official import RulesMissingError, Violation, require_rules, stylesheet_text, violations
from billing.e_invoices.profiles import Profile, Syntax
from billing.e_invoices.rules import check
from billing.e_invoices.ubl import write_ubl
from billing.tests.e_invoice_documents import random_document
from billing.tests.e_invoice_mutations import MUTATIONS
from skeleton.kernel.address_schemes import ADDRESS_SCHEMES
from skeleton.kernel.units import UNIT_CODES

FULL = "SKELETON_TEST_FULL" in os.environ
DOCUMENTS = 500 if FULL else 12  # for each of the four profiles
SPOILED = 12 if FULL else 1  # documents that each mutation spoils

STRICTER = {
    "one cent off a rate's base",
    "one unit off a rate's base",
    "a rate too many",
    "South Sudanese buyer",
    "currency without a code",
    "base quantity of 0",
}
"""Mutations that some official rules let pass, by a tolerance or in one syntax only, and ours never."""

_XRECHNUNG = (Profile.XRECHNUNG_UBL, Profile.XRECHNUNG_CII)
RULES: dict[str, dict[Profile, tuple[str, ...]]] = {
    "one cent off the total": dict.fromkeys(Profile, ("BR-CO-15",)),
    "one cent off the tax": dict.fromkeys(Profile, ("BR-CO-14",)),
    "one cent off the lines": dict.fromkeys(Profile, ("BR-CO-10",)),
    "no buyer reference": dict.fromkeys(_XRECHNUNG, ("BR-DE-15",)),
    "no references": {Profile.PEPPOL: ("PEPPOL-EN16931-R003",)},
    "no phone": dict.fromkeys(_XRECHNUNG, ("BR-DE-6",)),
    "line without category": {Profile.XRECHNUNG_UBL: ("BR-CO-04",)},  # in CII, the schema finds it
    "transfer without account": dict.fromkeys(_XRECHNUNG, ("BR-DE-23-a",)),
    "no buyer electronic address": {Profile.PEPPOL: ("PEPPOL-EN16931-R010",)},
    "all reversed without a reason": dict.fromkeys(Profile, ("BR-AE-10",)),
    "unknown exemption code": dict.fromkeys(_XRECHNUNG, ("BR-CL-22",)),
    "wrong GLN": {Profile.PEPPOL: ("PEPPOL-COMMON-R040",)},
}
"""Rules that both must name."""


@pytest.fixture(params=list(Profile))
def profile(request: pytest.FixtureRequest) -> Profile:
    found: Profile = request.param
    try:
        require_rules(found)
    except RulesMissingError as missing:
        pytest.skip(str(missing))
    return found


def written(document: Document, profile: Profile) -> bytes:
    return write_ubl(document, profile) if profile.syntax == Syntax.UBL else write_cii(document, profile)


def refusals(document: Document, profile: Profile) -> list[Violation]:
    return [found for found in violations(written(document, profile), profile) if not found.is_warning]


def test_official_rules_and_ours_agree_on_random_documents(profile: Profile):
    """One test for each profile, since the rules take seconds to compile."""
    for seed in range(DOCUMENTS):
        document = random_document(seed)
        assert refusals(document, profile) == [], f"document {seed}"
        assert check(document, profile) == [], f"document {seed}"
    for number, name in enumerate(MUTATIONS):
        for seed in range(number, number + SPOILED):
            compare(name, seed, profile)


def compare(name: str, seed: int, profile: Profile) -> None:
    """Fail unless the official rules and ours agree on a spoiled document, and name the rule where it is listed."""
    document = MUTATIONS[name](random_document(seed))
    official = {found.rule for found in refusals(document, profile)}
    ours = {found.rule for found in check(document, profile)}
    assert ours or not official, f"{name} (document {seed}): only the official rules find {official}"
    assert official or not ours or name in STRICTER, f"{name} (document {seed}): only ours find {ours}"
    for rule in RULES.get(name, {}).get(profile, ()):
        assert rule in official & ours, f"{name} (document {seed}): {official}, {ours}"


def test_each_finding_names_a_term_a_field_and_says_what_to_do():
    for name, spoil in MUTATIONS.items():
        for profile in Profile:
            for found in check(spoil(random_document(1)), profile):
                assert re.fullmatch(r"B[TG]-[0-9]+", found.term), name
                assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)*", found.field), name
                assert str(found.message).endswith("."), name


def test_code_lists_are_those_of_the_official_rules():
    rules = stylesheet_text("EN16931-UBL-validation")
    assert _codes(rules, "BR-CL-04") == CURRENCIES
    assert _codes(rules, "BR-CL-22") == EXEMPTION_CODES
    assert _codes(rules, "BR-CL-23") == UNIT_CODES
    assert _codes(rules, "BR-CL-25") == ADDRESS_SCHEMES


def test_peppol_schemes_are_those_of_its_rules():
    try:
        require_rules(Profile.PEPPOL)
    except RulesMissingError as missing:
        pytest.skip(str(missing))
    found = re.search(r"name=\"eaid\" select=\"tokenize\('([^']*)'", stylesheet_text("peppol"))
    assert found
    assert set(found[1].split()) == ADDRESS_SCHEMES - NOT_ON_PEPPOL


def _codes(rules: str, rule: str) -> set[str]:
    """Return the code list in the test of an official rule."""
    before = rules[: rules.index(f'<xsl:attribute name="id">{rule}<')]
    lists = re.findall(r"contains\( *'( [^']+ )'", before[before.rindex("<svrl:failed-assert") :])
    return set(lists[0].split())
