"""Builds the whole demo in one transaction."""

import random

from django.db import connection, transaction
from django.utils import timezone

from accounting.services.tax_codes import seed_tax_codes
from billing.models import Invoice, Order
from parties.models import Party
from skeleton.backoffice.demo.books import close_first_year
from skeleton.backoffice.demo.catalogue import fill_catalogue, fill_warehouses
from skeleton.backoffice.demo.company import set_up_company
from skeleton.backoffice.demo.contracts import create_contracts
from skeleton.backoffice.demo.conversations import create_conversations
from skeleton.backoffice.demo.data import TAX_CODES
from skeleton.backoffice.demo.parties import create_parties, create_staff
from skeleton.backoffice.demo.trade import Trade
from skeleton.backoffice.demo.world import Progress, World


def is_empty() -> bool:
    """Return whether the installation has no parties, orders and invoices yet."""
    return not any(model._default_manager.exists() for model in (Party, Order, Invoice))


def build(*, scale: float, seed: int, password: str | None, progress: Progress) -> World:
    """Create the company. The same seed creates the same company, except for the dates, which end today."""
    world = World(now=timezone.now(), scale=scale, rng=random.Random(seed), progress=progress)  # noqa: S311 (a play)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        create_staff(world, password=password)
        set_up_company(world)
        create_parties(world)
        for country in TAX_CODES:
            seed_tax_codes(country)
        fill_catalogue(world)
        fill_warehouses(world)
        Trade(world).run()
        create_contracts(world)
        create_conversations(world)
        close_first_year(world)
    return world
