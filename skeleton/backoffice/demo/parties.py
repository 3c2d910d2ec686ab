"""Creates the staff and the parties: customers, suppliers, partners and employees."""

import datetime as dt
import itertools
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from stdnum.de import vat as german_vat
from stdnum.pl import nip as polish_vat

from parties.choices import PartyKind
from parties.models import Country
from parties.services import change_status, create_party
from skeleton.backoffice.demo import data
from skeleton.backoffice.demo.world import Buyer, World
from skeleton.identity.choices import Language
from skeleton.identity.models import Role, User
from skeleton.identity.queries import actor_by_user
from skeleton.identity.services.accounts import assign_role, create_user
from skeleton.kernel import clock
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.notifications.services.preferences import update_preferences

DOMAIN = "demo.example.com"


def create_staff(world: World, *, password: str | None) -> None:
    """Create the users. No mail is sent to them. Without a password nobody can sign in as one of them."""
    roles = dict(Role.objects.values_list("name", "pk"))
    for login, name, role, language in data.STAFF:
        chosen = password or secrets.token_urlsafe(24)
        user = create_user(email=f"{login}@{DOMAIN}", password=chosen, name=name, actor=SYSTEM, language=language)
        assign_role(user_id=user.pk, role_id=roles[role], actor=SYSTEM)
        world.staff.append(_actor(user.pk))
    chief = User.objects.filter(roles__name="super_admin").order_by("pk").first()
    if chief:
        world.staff.append(_actor(chief.pk))
    for actor in world.staff:
        update_preferences(values={"email_enabled": False}, actor=actor)


def _actor(user_id: UUID) -> Actor:
    actor = actor_by_user(user_id)
    if actor is None:
        raise LookupError("the user is gone")
    return actor


def create_parties(world: World) -> None:
    """Create the parties, a few of them inactive or blacklisted."""
    countries = dict(Country.objects.values_list("code", "pk"))
    wanted = 5 + world.scaled(43)
    for n in world.each("customers", range(wanted), wanted):
        with clock.freeze_time_at(world.start + dt.timedelta(days=n * 400 / wanted, minutes=n)):
            world.buyers.append(_customer(world, n, countries))
    others = (
        (PartyKind.SUPPLIER, world.suppliers, 10),
        (PartyKind.PARTNER, world.partners, 4),
        (PartyKind.EMPLOYEE, world.employees, 12),
    )
    for kind, made, count in others:
        for n in range(world.scaled(count)):
            with clock.freeze_time_at(world.start + dt.timedelta(days=n * 7)):
                made.append(_other(world, kind, n, countries))
    for action in ("blacklist", "deactivate"):
        leaving = world.buyers.pop()
        change_status(kind=PartyKind.CUSTOMER, pk=leaving.id, action=action, actor=world.random_writer())


def _customer(world: World, n: int, countries: dict[str, UUID]) -> Buyer:
    country = data.SHARES[n % len(data.SHARES)]
    currency, tax = data.FIRMS[country][:2]
    name = _firm(world, country, sum(buyer.country == country for buyer in world.buyers))
    address = _address(world, country, countries)
    limit = world.rng.choice([0, 0, 2_000_000, 5_000_000])
    values = {
        "name": name,
        "email": f"accounts{n}@{_domain(name)}",
        "phone": f"{data.FIRMS[country][2]} {world.rng.randrange(1_000_000, 9_999_999)}",
        "tax_id": f"{country}{world.rng.randrange(10**8, 10**9)}",
        "currency": currency,
        "credit_limit": round(limit * data.RATES[currency]),
        "vat_id": _vat_id(country, n),
        "language": data.LANGUAGES.get(country, Language.ENGLISH).value,
        "payment_days": (14, 30, 45)[n % 3],
        "addresses": [
            {**address, "type": "billing"},
            *([{**_address(world, country, countries), "type": "shipping"}] if world.rng.random() < 0.4 else []),
        ],
    }
    pk = create_party(kind=PartyKind.CUSTOMER, values=values, actor=world.random_writer())
    return Buyer(pk, country, currency, tax, address)


_VAT_NUMBERS: dict[str, tuple[Callable[[str], bool], int]] = {
    "DE": (german_vat.is_valid, 100_000_000),
    "PL": (polish_vat.is_valid, 1_000_000_000),
}
"""What checks the digits of VAT ids, and the first number, by country."""


def _vat_id(country: str, n: int) -> str | None:
    """Return a VAT id with correct check digits, where firms have one."""
    if country not in _VAT_NUMBERS:
        return None
    is_valid, first = _VAT_NUMBERS[country]
    return country + next(number for number in map(str, itertools.count(first + 7919 * n)) if is_valid(number))


def _other(world: World, kind: PartyKind, n: int, countries: dict[str, UUID]) -> UUID:
    country = world.rng.choice(list(data.FIRMS))
    employee = kind == PartyKind.EMPLOYEE
    name = data.PEOPLE[n % len(data.PEOPLE)] if employee else _firm(world, country, -1 - n % len(data.NAMES[country]))
    values: dict[str, Any] = {
        "name": name,
        "email": f"{kind.value}{n}@{DOMAIN if employee else _domain(name)}",
        "phone": f"{data.FIRMS[country][2]} {world.rng.randrange(1_000_000, 9_999_999)}",
        "address": _address(world, country, countries),
    }
    if employee:
        values["position"] = data.POSITIONS[n % len(data.POSITIONS)]
    return create_party(kind=kind, values=values, actor=world.random_writer())


def _firm(world: World, country: str, n: int) -> str:
    """Return a company name. Repeated names get a number, like branches."""
    names, ending = data.NAMES[country], world.rng.choice(data.FIRMS[country][5])
    base, branch = names[n % len(names)], n // len(names)
    named = f"{base} {branch + 1}" if branch > 0 else base
    return f"{ending} «{named}»" if country == "UA" else f"{named} {ending}"


def _address(world: World, country: str, countries: dict[str, UUID]) -> dict[str, Any]:
    city, postal_code = world.rng.choice(data.FIRMS[country][3])
    street = f"{world.rng.choice(data.FIRMS[country][4])} {world.rng.randrange(1, 120)}"
    return {"street": street, "city": city, "postal_code": postal_code, "country_id": countries.get(country)}


def _domain(name: str) -> str:
    """Return a domain below example.com, which is reserved for examples (RFC 2606)."""
    letters = "".join(character for character in name.lower() if character.isascii() and character.isalnum())
    return f"{letters or 'firma'}.example.com"
