"""Parties and countries for tests."""

from uuid import UUID

from factory.declarations import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from parties.choices import PartyKind
from parties.models import Address, Country, Party
from parties.services import change_status
from skeleton.kernel.actors import SYSTEM

UKRAINE = UUID("01972b15-8000-7000-8000-000000000001")


class CountryFactory(DjangoModelFactory[Country]):
    """Create a country outside of ISO 3166, with a unique code: XA, XB, …"""

    class Meta:
        model = Country

    code: Sequence | str = Sequence(lambda n: chr(ord("M") + n // 26 % 12) + chr(ord("A") + n % 26))
    name: LazyAttribute | LazyFunction = LazyAttribute(lambda country: {"en": f"Country {country.code}"})


class UkraineFactory(CountryFactory):
    """Return the country whose id the API reference uses in its examples. Created once."""

    class Meta:
        model = Country
        django_get_or_create = ("id",)

    id = UKRAINE
    code, alpha3, numeric_code = "UA", "UKR", "804"
    name = LazyFunction(lambda: {"en": "Ukraine", "uk": "Україна", "de": "Ukraine"})
    phone_code, currency_code, region, flag_emoji = "+380", "UAH", "Europe", "🇺🇦"


class PartyFactory(DjangoModelFactory[Party]):
    """Create an active party without addresses. Use one of the four kinds below."""

    class Meta:
        model = Party
        abstract = True

    name = Sequence(lambda n: f"Party {n}")
    email = Sequence(lambda n: f"party{n}@example.com")


class CustomerFactory(PartyFactory):
    class Meta:
        model = Party

    kind = PartyKind.CUSTOMER
    currency = "USD"


class SupplierFactory(PartyFactory):
    class Meta:
        model = Party

    kind = PartyKind.SUPPLIER


class PartnerFactory(PartyFactory):
    class Meta:
        model = Party

    kind = PartyKind.PARTNER


class EmployeeFactory(PartyFactory):
    class Meta:
        model = Party

    kind = PartyKind.EMPLOYEE
    position = "Sales Manager"


class AddressFactory(DjangoModelFactory[Address]):
    class Meta:
        model = Address

    party = SubFactory(CustomerFactory)
    street, city, postal_code = "123 Main St", "New York", "10001"


FACTORIES: dict[PartyKind, type[PartyFactory]] = {
    PartyKind.CUSTOMER: CustomerFactory,
    PartyKind.SUPPLIER: SupplierFactory,
    PartyKind.PARTNER: PartnerFactory,
    PartyKind.EMPLOYEE: EmployeeFactory,
}


def blacklisted(party: Party) -> Party:
    """Blacklist `party` with the service, and return it."""
    change_status(kind=PartyKind(party.kind), pk=party.pk, action="blacklist", actor=SYSTEM)
    party.refresh_from_db()
    return party


def deactivated(party: Party) -> Party:
    """Deactivate `party` with the service, and return it."""
    change_status(kind=PartyKind(party.kind), pk=party.pk, action="deactivate", actor=SYSTEM)
    party.refresh_from_db()
    return party
