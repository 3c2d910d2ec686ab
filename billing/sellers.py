"""The company as the seller on documents, with the names of its country."""

from typing import Any

from parties.queries import names_of_country_code
from skeleton.company.queries import seller
from skeleton.company.services import complete_seller


def current_seller() -> dict[str, Any]:
    """Return the seller for a document that is not sent yet. See `skeleton.company.queries.seller`."""
    return _with_country_names(seller())


def seller_to_keep() -> dict[str, Any]:
    """Return the seller to keep with a document that is sent now. Raises CompanyIncomplete."""
    return _with_country_names(complete_seller())


def _with_country_names(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "country_names": names_of_country_code(found["country"])}
