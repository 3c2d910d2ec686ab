"""Money: whole minor units, one rounding rule, and no unnoticed int64 overflow."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import (
    CURRENCIES,
    MAX_AMOUNT,
    WITHDRAWN_CURRENCIES,
    minor_digits,
    round_half_away,
    within_int64,
)
from skeleton.kernel.text import local_money
from skeleton.testkit.narrowing import present

amounts = st.decimals(min_value=-(10**22), max_value=10**22, places=7)


@given(amounts)
def test_rounding_is_to_the_nearest_and_a_half_goes_away_from_zero(value):
    exact, rounded = Fraction(value), round_half_away(value)
    distance = abs(exact - rounded)
    assert distance <= Fraction(1, 2)
    if distance == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(amounts)
def test_rounding_does_not_prefer_a_sign(value):
    assert round_half_away(-value) == -round_half_away(value)


@pytest.mark.parametrize("text, whole", [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("2.4999999", 2), ("0", 0)])
def test_rounding_by_hand(text, whole):
    assert round_half_away(Decimal(text)) == whole


def test_the_largest_amounts_round_exactly():
    assert round_half_away(Decimal("999999999999.999") * MAX_AMOUNT) > MAX_AMOUNT
    assert round_half_away(Decimal(MAX_AMOUNT) + Decimal("0.4")) == MAX_AMOUNT


@given(st.integers(min_value=-(2**70), max_value=2**70))
def test_int64_is_the_bound(amount):
    if abs(amount) <= 2**63 - 1:
        assert within_int64(amount, field="total") == amount
    else:
        with pytest.raises(Invalid) as caught:
            within_int64(amount, field="total")
        assert present(caught.value.details).keys() == {"total"}


@pytest.mark.parametrize(
    "amount, currency, text",
    [
        (155000, "USD", "1,550.00 USD"),
        (-5, "EUR", "-0.05 EUR"),
        (1234567, "JPY", "1,234,567 JPY"),
        (1234, "BHD", "1.234 BHD"),
        (MAX_AMOUNT, "USD", "92,233,720,368,547,758.07 USD"),
        (0, "UAH", "0.00 UAH"),
        (1234567, "BGN", "12,345.67 BGN"),
        (1234567, "ITL", "1,234,567 ITL"),
        (5, "QQQ", "0.05 QQQ"),
        (5, "", "0.05 "),
    ],
)
def test_as_people_read_it(amount, currency, text):
    with override("en"):
        assert local_money(amount, currency) == text
    with override(None):
        assert local_money(amount, currency) == text


def test_every_currency_has_its_digits():
    assert all(minor_digits(code) in (0, 2, 3, 4) for code in CURRENCIES)
    assert len(CURRENCIES) == len(list(Currency))
    assert not CURRENCIES & WITHDRAWN_CURRENCIES.keys(), (
        "a code that is in use again has its digits from the present list"
    )
    assert all(minor_digits(code) == found.digits for code, found in WITHDRAWN_CURRENCIES.items())
