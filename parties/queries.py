"""Reads that more than one part of parties needs."""

from typing import Any
from uuid import UUID

from django.db.models import Case, Func, OuterRef, Q, QuerySet, Subquery, TextField, When
from django.db.models.functions import JSONObject

from parties.choices import AddressType
from parties.models import Address, Country, Customer, Party


def country_ids(reference: UUID | str) -> list[UUID]:
    """The countries that an id or a code (alpha-2 or alpha-3, any case) names, best first.

    Alpha-2 codes are unique; of two countries with one alpha-3 code the older one is meant.
    """
    if isinstance(reference, UUID):
        return list(Country.objects.filter(pk=reference).values_list("pk", flat=True))
    code = reference.upper()
    return list(Country.objects.filter(Q(code=code) | Q(alpha3=code)).order_by("pk").values_list("pk", flat=True))


def addresses_of_one() -> QuerySet[Address]:
    """The addresses of the party that an outer query is at, in the order they were given."""
    return Address.objects.filter(party=OuterRef("pk")).order_by("pk")


def addressee(party_id: UUID) -> QuerySet[Party]:
    """What a letter to the party says of it, as one JSON value: name, e-mail, tax id, primary address (or null).

    The address's country is there as `names`: what it is called in each language.
    """
    billing_first = Case(When(type=AddressType.BILLING, then=0), default=1)
    parts = {name: name for name in ("street", "city", "region", "postal_code")}
    address = Address.objects.filter(party=OuterRef("pk")).order_by(billing_first, "pk")
    written = Subquery(address.values(json=JSONObject(**parts, names="country__name"))[:1])
    party = JSONObject(name="name", email="email", tax_id="tax_id", address=written)
    return Party.objects.filter(pk=party_id).values_list(party, flat=True)


def as_written_to(party_id: UUID) -> dict[str, Any]:
    """The value of `addressee`."""
    found: Any = addressee(party_id).get()
    return dict(found)


def names_of_country(pk: UUID | str | None) -> dict[str, str] | None:
    """What a country is called in each language; None for none."""
    return Country.objects.filter(pk=pk).values_list("name", flat=True).first() if pk else None


class AllNames(Func):
    """A country's names in all languages, a line each, in lower case."""

    template = "(SELECT lower(string_agg(value, E'\\n')) FROM jsonb_each_text(%(expressions)s))"
    output_field = TextField()


def top_customers(currency: str, number: int) -> QuerySet[Party]:
    """Those who have bought most, of the customers who pay in `currency`; the first `number` of them."""
    buyers = Customer.objects.filter(currency=currency, total_purchases__gt=0)
    return buyers.order_by("-total_purchases", "-pk")[:number]
