"""Reads that more than one part of parties needs."""

from typing import Any
from uuid import UUID

from django.db.models import Case, F, Func, OuterRef, Q, QuerySet, TextField, When

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


def as_written_to(party_id: UUID) -> dict[str, Any]:
    """What a letter to the party says of it: name, e-mail, tax id, and its primary address, or None.

    The address's country is there as `names`: what it is called in each language.
    """
    party = Party.objects.values("name", "email", "tax_id").get(pk=party_id)
    billing_first = Case(When(type=AddressType.BILLING, then=0), default=1)
    address = (
        Address.objects.filter(party=party_id)
        .order_by(billing_first, "pk")
        .values("street", "city", "region", "postal_code", names=F("country__name"))
        .first()
    )
    return {**party, "address": address}


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
