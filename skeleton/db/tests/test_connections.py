"""Integers of any size are sent to PostgreSQL unchanged."""

import pytest
from django.db.models import F

from skeleton.db.models import NumberSeries


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [0, 1, -(2**31), 2**31 - 1, 2**31, 3_000_000_000, 2**40 + 5, 2**63 - 1])
def test_no_number_in_an_expression_is_cut(amount):
    NumberSeries.objects.create(name="X", last=1000)
    assert NumberSeries.objects.values_list(F("last") - amount, flat=True).get() == 1000 - amount
