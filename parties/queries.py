"""Queries that several modules need."""

from typing import Any
from uuid import UUID

from django.db.models import Case, Func, OuterRef, Q, QuerySet, Subquery, TextField, When
from django.db.models.functions import JSONObject

from parties.choices import AddressType
from parties.models import Address, Country, Customer, Party


def country_ids(reference: UUID | str) -> list[UUID]:
    """Return the countries with this id or code (alpha-2 or alpha-3, case-insensitive), best match first.

    Alpha-2 codes are unique. If two countries have the same alpha-3 code, the older one comes first.
    """
    if isinstance(reference, UUID):
        return list(Country.objects.filter(pk=reference).values_list("pk", flat=True))
    code = reference.upper()
    return list(Country.objects.filter(Q(code=code) | Q(alpha3=code)).order_by("pk").values_list("pk", flat=True))


def addresses_of_one() -> QuerySet[Address]:
    """Return the addresses of the outer query's party, in the order in which they were given."""
    return Address.objects.filter(party=OuterRef("pk")).order_by("pk")


def addressee(party_id: UUID) -> QuerySet[Party]:
    """Return the party as an addressee, as one JSON value: name, e-mail, tax id, primary address (or null).

    The address has the `names` of its country by language.
    """
    billing_first = Case(When(type=AddressType.BILLING, then=0), default=1)
    parts = {name: name for name in ("street", "city", "region", "postal_code")}
    address = Address.objects.filter(party=OuterRef("pk")).order_by(billing_first, "pk")
    written = Subquery(address.values(json=JSONObject(**parts, names="country__name"))[:1])
    party = JSONObject(name="name", email="email", tax_id="tax_id", address=written)
    return Party.objects.filter(pk=party_id).values_list(party, flat=True)


def as_written_to(party_id: UUID) -> dict[str, Any]:
    """Return the value of `addressee`."""
    found: Any = addressee(party_id).get()
    return dict(found)


def names_of_country(pk: UUID | str | None) -> dict[str, str] | None:
    """Return the names of a country by language, or None if there is no country."""
    return Country.objects.filter(pk=pk).values_list("name", flat=True).first() if pk else None


def names_of_country_code(code: str | None) -> dict[str, str] | None:
    """Return the names of the country with an alpha-2 code, or None if there is none."""
    return Country.objects.filter(code=code).values_list("name", flat=True).first() if code else None


class AllNames(Func):
    """A country's names in all languages, one per line, in lower case."""

    template = "(SELECT lower(string_agg(value, E'\\n')) FROM jsonb_each_text(%(expressions)s))"
    output_field = TextField()


def top_customers(currency: str, number: int) -> QuerySet[Party]:
    """Return the `number` customers with the highest purchases, among those with `currency`."""
    buyers = Customer.objects.filter(currency=currency, total_purchases__gt=0)
    return buyers.order_by("-total_purchases", "-pk")[:number]
