"""Totals compared with an independent model in exact fractions, and cases that an accountant would try."""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.tests.factories import customer
from billing.totals import PricedLine, document_totals, line_total
from skeleton.kernel.errors import Invalid
from skeleton.kernel.money import MAX_AMOUNT
from skeleton.testkit.narrowing import present

quantities = st.decimals(min_value="0.001", max_value="999999999999", places=3)
rates = st.decimals(min_value=0, max_value=100, places=4)
amounts = st.integers(0, MAX_AMOUNT)


def half_up(value: Fraction) -> int:
    """Round to the nearest integer, half up. Nothing here is negative."""
    return floor(value + Fraction(1, 2))


@given(quantities, amounts, st.fractions(0, 1))
def test_a_line_is_its_rounded_product_less_the_discount(quantity, price, share):
    product = half_up(Fraction(quantity) * price)
    if product > MAX_AMOUNT:
        with pytest.raises(Invalid) as refused:
            line_total(quantity, price, 0, currency="USD", path="lines.3.")
        assert list(present(refused.value.details)) == ["lines.3.unit_price"]
        return
    discount = floor(product * share)
    assert line_total(quantity, price, discount, currency="USD") == product - discount


@given(st.lists(st.tuples(st.sampled_from([Decimal(0), Decimal(20), Decimal("7.5")]) | rates, amounts), max_size=8))
def test_tax_is_worked_out_per_rate_over_the_whole_document(lines):
    bases: dict[Any, int] = {}
    for rate, total in lines:
        bases[rate] = bases.get(rate, 0) + total
    taxes = {rate: half_up(Fraction(base) * Fraction(rate) / 100) for rate, base in bases.items()}
    whole = sum(bases.values()) + sum(taxes.values())
    if whole > MAX_AMOUNT:
        with pytest.raises(Invalid) as refused:
            document_totals([PricedLine(*line) for line in lines])
        assert list(present(refused.value.details)) == ["lines"]
        return
    totals = document_totals([PricedLine(*line) for line in lines])
    assert (totals.subtotal, totals.tax_total, totals.total) == (sum(bases.values()), sum(taxes.values()), whole)
    assert totals.tax_breakdown == [
        {"rate": float(rate), "base": bases[rate], "tax": taxes[rate]} for rate in sorted(bases)
    ]


@pytest.mark.parametrize(
    "quantity, price, total",
    [("0.5", 1, 1), ("0.499", 1, 0), ("2.5", 1, 3), ("1.5", 1, 2), ("0.001", 500, 1), ("0.001", 499, 0), ("3", 0, 0)],
)
def test_a_half_goes_away_from_zero(quantity, price, total):
    assert line_total(Decimal(quantity), price, 0, currency="USD") == total


def test_the_greatest_line_fits_and_the_next_does_not():
    assert line_total(Decimal(1), MAX_AMOUNT, 0, currency="USD") == MAX_AMOUNT
    assert line_total(Decimal("0.5"), MAX_AMOUNT, 0, currency="USD") == 2**62
    with pytest.raises(Invalid):
        line_total(Decimal("1.001"), MAX_AMOUNT, 0, currency="USD")


def test_a_discount_takes_at_most_everything():
    assert line_total(Decimal("1.5"), 33, 50, currency="USD") == 0  # 49.5 is 50
    with pytest.raises(Invalid) as refused:
        line_total(Decimal("1.5"), 33, 51, currency="USD")
    assert refused.value.details == {"discount": "Must be at most quantity × unit_price, which is 0.50 USD."}


def test_two_lines_of_one_rate_are_taxed_once():
    """Rounded separately, each 0.5 would become 1: 1 + 1. Together they are 1."""
    once = document_totals([PricedLine(Decimal(10), 5), PricedLine(Decimal("10.0000"), 5)])
    assert (once.subtotal, once.tax_total, once.total) == (10, 1, 11)
    assert once.tax_breakdown == [{"rate": 10, "base": 10, "tax": 1}]


def test_nothing_comes_to_nothing():
    nothing = document_totals([])
    assert (nothing.subtotal, nothing.tax_total, nothing.total, nothing.tax_breakdown) == (0, 0, 0, [])


def test_tax_alone_can_leave_int64():
    assert document_totals([PricedLine(Decimal(0), MAX_AMOUNT)]).total == MAX_AMOUNT
    with pytest.raises(Invalid):
        document_totals([PricedLine(Decimal("0.0001"), MAX_AMOUNT)])


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**7).map(lambda thousandths: thousandths / 1000),
            st.integers(0, 10**9),
            st.sampled_from([0, 5, 7.5, 19, 20, 99.9999]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_api_and_the_database_agree_with_the_model(owner, acme, lines):
    body = [
        {"description": "x", "quantity": quantity, "unit_price": price, "tax_rate": rate}
        for quantity, price, rate in lines
    ]
    made = owner.post("/invoices", {"customer_id": str(acme.pk), "due_date": "2099-01-01", "lines": body}).ok(201)
    bases: dict[Any, int] = {}
    for quantity, price, rate in lines:
        bases[rate] = bases.get(rate, 0) + half_up(Fraction(str(quantity)) * price)
    taxes = {rate: half_up(Fraction(base) * Fraction(str(rate)) / 100) for rate, base in bases.items()}
    assert made["tax_breakdown"] == [{"rate": rate, "base": bases[rate], "tax": taxes[rate]} for rate in sorted(bases)]
    assert (made["subtotal"], made["tax_total"]) == (sum(bases.values()), sum(taxes.values()))
    assert made["total"] == made["subtotal"] + made["tax_total"]
    connection.check_constraints()  # PostgreSQL calculates it as well


@pytest.fixture
def acme(db):
    return customer()
