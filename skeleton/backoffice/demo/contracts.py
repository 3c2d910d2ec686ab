"""Creates contracts in every state."""

import datetime as dt
from typing import Any
from uuid import UUID

from contracts.services import (
    activate_contract,
    approve_contract,
    create_contract,
    reject_contract,
    renew_contract,
    run_cycle,
    submit_contract,
    terminate_contract,
)
from skeleton.backoffice.demo.world import World
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.days import day_of

DAY = dt.timedelta(days=1)


def create_contracts(world: World) -> None:
    """Create draft, pending, active (some ending soon), renewed, expired and terminated contracts."""
    today = day_of(world.now)
    wanted = world.scaled(14)
    for n in world.each("contracts", range(wanted), wanted):
        ends = today + (n % 5 * 60 + 12) * DAY
        contract = _draft(world, n, ends)
        _bring(world, contract, n % 7, ends)
    ended = _draft(world, 1, today)
    activate_contract(contract_id=ended, actor=SYSTEM)
    run_cycle(today=today + DAY, actor=SYSTEM)


def _draft(world: World, n: int, ends: dt.date) -> UUID:
    kinds = (
        ("supply", world.suppliers),
        ("service", [buyer.id for buyer in world.buyers]),
        ("employment", world.employees),
        ("partnership", world.partners),
        ("lease", world.suppliers),
        ("license", [buyer.id for buyer in world.buyers]),
    )
    kind, parties = kinds[n % len(kinds)]
    credit = n % 2 == 0
    values: dict[str, Any] = {
        "contract_type": kind,
        "party_id": world.rng.choice(parties),
        "payment_type": "credit" if credit else "prepaid",
        "credit_days": world.rng.choice([14, 30, 45]) if credit else None,
        "delivery_type": world.rng.choice(["delivery", "pickup", "digital"]),
        "currency": "USD",
        "start_date": ends - 365 * DAY,
        "end_date": ends,
        "auto_renewal": n % 3 == 0,
        "renewal_period_months": 12 if n % 3 == 0 else None,
        "notes": "Framework agreement",
    }
    return create_contract(values=values, actor=world.staff[0])


def _bring(world: World, contract: UUID, state: int, ends: dt.date) -> None:
    """Bring a draft into one of seven states; 0 leaves it a draft."""
    author, other = world.staff[0], world.staff[1]
    if state in (1, 2, 6):
        submit_contract(contract_id=contract, actor=author)
    if state == 2:
        approve_contract(contract_id=contract, actor=other)
    if state == 6:
        reject_contract(contract_id=contract, reason="The credit days are too long.", actor=other)
    if state in (3, 4, 5):
        activate_contract(contract_id=contract, actor=author)
    if state == 4:
        terminate_contract(contract_id=contract, reason="Moved to another supplier.", actor=other)
    if state == 5:
        renew_contract(contract_id=contract, new_end_date=ends + 365 * DAY, actor=other)
