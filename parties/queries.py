"""Queries that several modules need."""

from typing import Any
from uuid import UUID

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
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


_OF_ADDRESSEE = ("name", "email", "phone", "tax_id", "vat_id", "buyer_reference", "language", "e_invoice")


def payment_days_of(customer_id: UUID) -> int | None:
    """Return the payment days of a customer, or None."""
    return Party.objects.filter(pk=customer_id).values_list("payment_days", flat=True).first()


def as_written_to(party_id: UUID) -> dict[str, Any]:
    """Return the party as an addressee, as JSON: what invoices say of it, with its primary address or null.

    The address has the code of its country and its `names` by language. Addressees that earlier versions kept only have
    a name, an e-mail, a tax id and an address.
    """
    billing_first = Case(When(type=AddressType.BILLING, then=0), default=1)
    parts = {name: name for name in ("street", "city", "region", "postal_code")}
    address = Address.objects.filter(party=OuterRef("pk")).order_by(billing_first, "pk")
    in_country = {"names": "country__name", "country_code": "country__code"}
    written = Subquery(address.values(json=JSONObject(**parts, **in_country))[:1])
    reached_at = Case(
        When(
            electronic_address_scheme__isnull=False,
            then=JSONObject(scheme="electronic_address_scheme", id="electronic_address_id"),
        )
    )
    party = JSONObject(**{name: name for name in _OF_ADDRESSEE}, electronic_address=reached_at, address=written)
    found: dict[str, Any] = Party.objects.filter(pk=party_id).values_list(party, flat=True).get()
    return found


def names_of_country(pk: UUID | str | None) -> dict[str, str] | None:
    """Return the names of a country by language, or None if there is no country."""
    return Country.objects.filter(pk=pk).values_list("name", flat=True).first() if pk else None


def code_of_country(pk: UUID | str | None) -> str | None:
    """Return the alpha-2 code of a country, or None if there is no country."""
    return Country.objects.filter(pk=pk).values_list("code", flat=True).first() if pk else None


def names_of_country_code(code: str | None) -> dict[str, str] | None:
    """Return the names of the country with an alpha-2 code, or None if there is none."""
    return Country.objects.filter(code=code).values_list("name", flat=True).first() if code else None


def top_customers(currency: str, number: int) -> QuerySet[Party]:
    """Return the `number` customers with the highest purchases, among those with `currency`."""
    buyers = Customer.objects.filter(currency=currency, total_purchases__gt=0)
    return buyers.order_by("-total_purchases", "-pk")[:number]
