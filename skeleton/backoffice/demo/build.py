"""Builds the whole demo in one transaction."""

import random

from django.db import connection, transaction
from django.utils import timezone

from billing.models import Invoice, Order
from parties.models import Party
from skeleton.backoffice.demo.agreements import compare_responses
from skeleton.backoffice.demo.goods import fill_catalogue, fill_warehouses
from skeleton.backoffice.demo.people import hire_staff, meet_parties
from skeleton.backoffice.demo.talk import talk
from skeleton.backoffice.demo.trade import Trade
from skeleton.backoffice.demo.world import Told, World


def is_empty() -> bool:
    """Return whether the installation has no parties, orders and invoices yet."""
    return not any(model._default_manager.exists() for model in (Party, Order, Invoice))


def build(*, scale: float, seed: int, password: str | None, told: Told) -> World:
    """Create the company. The same seed creates the same company, except for the dates, which end today."""
    world = World(now=timezone.now(), scale=scale, chance=random.Random(seed), told=told)  # noqa: S311 (a play)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        hire_staff(world, password=password)
        meet_parties(world)
        fill_catalogue(world)
        fill_warehouses(world)
        Trade(world).run()
        compare_responses(world)
        talk(world)
    return world
