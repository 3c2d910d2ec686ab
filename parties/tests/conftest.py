import pytest

from parties.tests.factories import CountryFactory, UkraineFactory


@pytest.fixture
def ukraine(db):
    return UkraineFactory()


@pytest.fixture
def germany(db):
    return CountryFactory(code="DE", alpha3="DEU", name={"en": "Germany", "uk": "Німеччина", "de": "Deutschland"})
