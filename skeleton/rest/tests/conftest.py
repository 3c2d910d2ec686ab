"""Fixtures for the tests of hooks."""

import pytest

from parties.models import Country


@pytest.fixture
def lands():
    """Three countries: AA and BB in Europe, CC in Asia."""
    Country.objects.all().delete()
    rows = (("AA", "Europe"), ("BB", "Europe"), ("CC", "Asia"))
    return [Country.objects.create(code=code, region=region, name={"en": code}) for code, region in rows]
