"""Shares of credit notes and write-offs, against the formulas of the contract written another way."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.shares import (
    CreditableLine,
    added_taxes,
    credit_totals,
    fitting_discount,
    spread,
    taxes_by_rate,
    write_off_tax,
)
from billing.totals import PricedLine, Totals, document_totals, line_total, tax_key
from skeleton.kernel.ids import uuid7

RATES = [Decimal("0.0000"), Decimal("7.0000"), Decimal("19.0000"), Decimal("8.1000")]
quantities = st.integers(1, 99_999_999).map(lambda n: Decimal(n).scaleb(-3))
prices = st.integers(0, 10**12)


def rounded(value: Fraction) -> int:
    """Round half away from zero; nothing here is negative."""
    return floor(value + Fraction(1, 2))


def creditable(quantity, unit_price, discount=0, rate=RATES[2], **credited):
    total = line_total(Decimal(quantity), unit_price, discount, currency="USD")
    return CreditableLine(uuid7(), "Goods", Decimal(quantity), unit_price, rate, total, **credited)


@st.composite
def credited_in_steps(draw):
    """A line, and the quantities that credit notes take of it one after another, all of it in the end."""
    quantity, price = draw(quantities), draw(prices)
    product = int((quantity * price).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    line = creditable(quantity, price, draw(st.integers(0, product)))
    cuts = sorted(draw(st.sets(st.integers(1, int(quantity * 1000)), max_size=6)) | {int(quantity * 1000)})
    steps = [Decimal(now - before).scaleb(-3) for before, now in zip([0, *cuts], cuts, strict=False)]
    return line, steps


class TestLines:
    @given(credited_in_steps())
    def test_partial_credits_add_up_to_the_line(self, sample):
        line, steps = sample
        quantity, credited = Decimal(0), 0
        for step in steps:
            now = CreditableLine(
                line.id, "", line.quantity, line.unit_price, line.tax_rate, line.total, quantity, credited
            )
            share = now.share_of(step)
            quantity, credited = quantity + step, credited + share
            assert share >= 0
            assert credited == rounded(line.total * Fraction(quantity) / Fraction(line.quantity))
            discount = fitting_discount(step, line.unit_price, share)
            assert rounded(Fraction(step) * line.unit_price) - discount == share
        assert (quantity, credited) == (line.quantity, line.total)

    def test_a_third_of_a_cent_is_never_lost(self):
        first = creditable(3, 0, 0)
        assert (first.total, first.share_of(Decimal(1))) == (0, 0)
        line = CreditableLine(uuid7(), "", Decimal(3), 34, RATES[0], 100)
        shares: list[int] = []
        for done in range(3):
            line = CreditableLine(uuid7(), "", Decimal(3), 34, RATES[0], 100, Decimal(done), sum(shares))
            shares.append(line.share_of(Decimal(1)))
        assert shares == [33, 34, 33]
        assert [fitting_discount(Decimal(1), 34, share) for share in shares] == [1, 0, 1]

    def test_the_discount_of_a_share_may_be_negative(self):
        """Two of three at 33 are 66; two thirds of a line of 100 (one more cent by rounding) are 67."""
        assert fitting_discount(Decimal(2), 33, 67) == -1

    def test_what_an_amount_credited_before_is_not_credited_again(self):
        line = creditable(10, 100, credited=150)
        assert line.share_of(Decimal(1)) == -50
        assert line.share_of(Decimal(2)) == 50
        assert line.share_of(Decimal(10)) == line.left == 850

    def test_a_line_of_nothing_is_whole_once_its_quantity_is(self):
        free = creditable(2, 500, 1000)
        assert (free.left, free.is_whole) == (0, False)
        assert creditable(2, 500, 1000, credited_quantity=Decimal(2)).is_whole
        assert creditable(2, 500, credited=1000).is_whole

    @pytest.mark.django_db
    @settings(max_examples=30)
    @given(total=st.integers(0, 2**63 - 1), whole=quantities, data=st.data())
    def test_postgresql_divides_as_python_does(self, total, whole, data):
        part = Decimal(data.draw(st.integers(0, int(whole * 1000)))).scaleb(-3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT billing_share(%s::numeric, %s::numeric, %s::numeric)", [total, part, whole])
            (share,) = cursor.fetchone()
        line = CreditableLine(uuid7(), "", whole, 0, RATES[0], total)
        assert share == line.share_of(part)


priced = st.tuples(st.sampled_from(RATES), st.integers(0, 10**9))


@st.composite
def notes(draw):
    """Lines of an invoice (rate, total), and for each of several notes what it credits of each line."""
    lines = draw(st.lists(priced, min_size=1, max_size=5))
    left = [total for _, total in lines]
    found = []
    for _ in range(draw(st.integers(1, 4))):
        shares = [draw(st.integers(0, rest)) for rest in left]
        left = [rest - share for rest, share in zip(left, shares, strict=True)]
        found.append(shares)
    return lines, [*found, left]


class TestTaxes:
    @given(notes())
    def test_taxes_of_notes_add_up_to_the_invoice_tax(self, sample):
        lines, taken = sample
        invoice = document_totals([PricedLine(*line) for line in lines])
        issued: list[Totals] = []
        for shares in taken:
            credited = added_taxes(note.tax_breakdown for note in issued)
            note_lines = [(tax_key(rate, None), share) for (rate, _), share in zip(lines, shares, strict=True)]
            note = credit_totals(invoice.tax_breakdown, credited, note_lines)
            assert all(row["tax"] >= 0 for row in note.tax_breakdown)
            assert note.total == note.subtotal + note.tax_total
            issued.append(note)
            for (rate, _category), (base, tax) in added_taxes(one.tax_breakdown for one in issued).items():
                assert tax == rounded(Fraction(base) * Fraction(rate) / 100)
        assert added_taxes(note.tax_breakdown for note in issued) == taxes_by_rate(invoice.tax_breakdown)
        assert sum(note.total for note in issued) == invoice.total

    def test_once_the_base_is_whole_all_of_the_invoice_tax_is_credited(self):
        """An invoice from elsewhere may have rounded its tax otherwise."""
        invoiced = [{"rate": 19, "base": 1000, "tax": 191}]
        first = credit_totals(invoiced, {}, [(tax_key(RATES[2], None), 500)])
        second = credit_totals(invoiced, added_taxes([first.tax_breakdown]), [(tax_key(RATES[2], None), 500)])
        assert (first.tax_total, second.tax_total) == (95, 96)


class TestWriteOffs:
    @given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8).filter(any), st.data())
    def test_a_spread_adds_up_and_is_nearly_proportional(self, weights, data):
        amount = data.draw(st.integers(0, sum(weights)))
        parts = spread(amount, weights)
        assert sum(parts) == amount
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(amount * weight, sum(weights))) < 1
            assert 0 <= part <= weight

    def test_of_equal_remainders_the_earlier_part_wins(self):
        assert spread(1, [1, 1]) == [1, 0]
        assert spread(2, [1, 1, 1]) == [1, 1, 0]
        assert spread(100, [100, 19]) == [84, 16]

    def test_two_rates_and_the_rest_to_bad_debt(self):
        invoiced = [{"rate": 7, "base": 10000, "tax": 700}, {"rate": 19, "base": 10000, "tax": 1900}]
        assert write_off_tax(22600, invoiced, {}) == invoiced
        assert write_off_tax(11300, invoiced, {}) == [
            {"rate": 7, "base": 5000, "tax": 350},
            {"rate": 19, "base": 5000, "tax": 950},
        ]

    def test_no_more_tax_than_the_rate_has_left(self):
        invoiced = [{"rate": 0, "base": 1000, "tax": 0}, {"rate": 20, "base": 1000, "tax": 200}]
        rows = write_off_tax(1100, invoiced, {tax_key(Decimal(20), None): (900, 180)})
        assert rows == [{"rate": 0, "base": 500, "tax": 0}, {"rate": 20, "base": 500, "tax": 20}]
