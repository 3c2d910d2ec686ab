"""Generated sequences of patches, compared with a simple model: absent keeps, a value sets, null clears."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parties.tests.factories import CustomerFactory, EmployeeFactory
from skeleton.testkit.strategies import clean_words

pytestmark = pytest.mark.django_db

RUNS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

words = clean_words(max_size=12)
cleared = st.sampled_from([None, "", "  "])
texts = st.one_of(words, cleared)
PARTS = ("street", "city", "region", "postal_code")


def patches(**fields):
    return st.fixed_dictionaries({}, optional=fields)


addresses = patches(
    **dict.fromkeys(PARTS, texts),
    type=st.sampled_from(["billing", "shipping", "other"]),
    country=st.sampled_from(["UA", "DE", "UKR", "deu", None]),
)
either_form = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"address": st.one_of(st.none(), addresses)}),
    st.fixed_dictionaries({"addresses": st.one_of(st.none(), st.lists(addresses, max_size=3))}),
)
own_fields = {
    "name": words,
    "email": st.sampled_from(["a@example.com", "b@example.com"]),
    "phone": st.one_of(st.sampled_from(["+1-555-0100", "(044) 123.45.67"]), cleared),
    "tax_id": texts,
    "website": st.one_of(st.sampled_from(["https://a.example", "http://b.example/x?y=1"]), cleared),
    "social_media": st.one_of(st.none(), st.dictionaries(words, words, max_size=2)),
}
customers = patches(
    **own_fields,
    credit_limit=st.one_of(st.none(), st.integers(0, 2**63 - 1)),
    currency=st.sampled_from(["EUR", "UAH", None]),
)
employees = patches(**own_fields, position=texts)

CLEARED = {"social_media": {}, "credit_limit": 0, "currency": "USD"}


def merged(present, patch):
    """Apply a patch to plain fields, in the model."""
    result = dict(present)
    for name, value in patch.items():
        empty = value is None or (isinstance(value, str) and not value.strip())
        result[name] = CLEARED.get(name) if empty else value
    return result


def merged_address(present, patch):
    patch = dict(patch)
    if patch.get("country"):
        patch["country"] = {"UKR": "UA", "deu": "DE"}.get(patch["country"], patch["country"])
    return merged(present, patch)


BLANK = {"type": "billing", **dict.fromkeys((*PARTS, "country"))}


def readdressed(present, patch):
    """Apply a patch to addresses, in the model."""
    if "addresses" in patch:
        return [merged_address(BLANK, address) for address in patch["addresses"] or []]
    if "address" not in patch:
        return present
    primary = next((i for i, address in enumerate(present) if address["type"] == "billing"), 0)
    change = patch["address"]
    if change is None:
        return present[:primary] + present[primary + 1 :]
    if present:
        return [merged_address(a, change) if i == primary else a for i, a in enumerate(present)]
    says_something = any(value is not None and value.strip() for value in change.values())
    return [merged_address(BLANK, change)] if says_something else []


def follow(owner, path, sequence):
    shown = owner.get(path).ok()
    expected, places = shown, list[Any]()
    for method, own, place in sequence:
        shown = getattr(owner, method)(path, {**own, **place}).ok()
        expected, places = merged(expected, own), readdressed(places, place)
        assert {name: shown[name] for name in own} == {name: expected[name] for name in own}
    for name in ("address", "addresses", "phone_e164", "updated_at"):
        del expected[name]
    assert {name: shown[name] for name in expected} == expected
    assert [
        {**{name: address[name] for name in ("type", *PARTS)}, "country": address["country_code"]}
        for address in shown["addresses"]
    ] == places
    assert owner.get(path).ok() == shown


def sequences(own):
    return st.lists(st.tuples(st.sampled_from(["put", "patch"]), own, either_form), min_size=1, max_size=6)


@RUNS
@given(sequence=sequences(customers))
def test_customers(owner, ukraine, germany, sequence):
    follow(owner, f"/customers/{CustomerFactory.create().pk}", sequence)


@RUNS
@given(sequence=sequences(employees))
def test_employees(owner, ukraine, germany, sequence):
    follow(owner, f"/employees/{EmployeeFactory.create().pk}", sequence)
