"""The countries of ISO 3166-1."""

from functools import cache

import pycountry


@cache
def country_codes() -> frozenset[str]:
    """Return the alpha-2 codes of ISO 3166-1."""
    return frozenset(country.alpha_2 for country in pycountry.countries)
