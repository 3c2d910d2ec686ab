import pytest

from parties.tests.factories import CountryFactory, UkraineFactory


@pytest.fixture
def ukraine(db):
    return UkraineFactory.create()


@pytest.fixture
def germany(db):
    return CountryFactory.create(
        code="DE", alpha3="DEU", name={"en": "Germany", "uk": "Німеччина", "de": "Deutschland"}
    )
