"""Contracts for tests, brought into their states by the services and the daily run."""

import datetime as dt
from typing import Any

from contracts import services
from contracts.choices import ContractStatus
from contracts.models import Contract
from parties.tests.factories import CustomerFactory
from skeleton.kernel.actors import SYSTEM, Actor

START, END = dt.date(2026, 1, 15), dt.date(2099, 1, 14)


def today() -> dt.date:
    """Return today's date. The database runs on this machine, in UTC."""
    return dt.datetime.now(dt.UTC).date()


def values(**fields: Any) -> dict[str, Any]:
    """Return a contract as input for the services, with a new customer unless one is given."""
    return {
        "contract_type": "supply",
        "party_id": fields.pop("party_id", None) or CustomerFactory.create().pk,
        "payment_type": "credit",
        "credit_days": 30,
        "currency": "UAH",
        "delivery_type": "delivery",
        "start_date": START,
        "end_date": END,
        **fields,
    }


def draft(*, actor: Actor = SYSTEM, **fields: Any) -> Contract:
    return Contract.objects.get(pk=services.create_contract(values=values(**fields), actor=actor))


def pending(*, actor: Actor = SYSTEM, **fields: Any) -> Contract:
    contract = draft(actor=actor, **fields)
    services.submit_contract(contract_id=contract.pk, actor=actor)
    return _again(contract)


def active(*, actor: Actor = SYSTEM, **fields: Any) -> Contract:
    contract = draft(actor=actor, **fields)
    services.activate_contract(contract_id=contract.pk, actor=actor)
    return _again(contract)


def expired(**fields: Any) -> Contract:
    """Create an expired contract: its last day is today, and tomorrow's daily run has been executed."""
    contract = active(**{"end_date": today(), **fields})
    services.run_cycle(today=contract.end_date + dt.timedelta(days=1))
    return _again(contract)


def terminated(**fields: Any) -> Contract:
    contract = active(**fields)
    services.terminate_contract(contract_id=contract.pk, reason="Breach of terms", actor=SYSTEM)
    return _again(contract)


IN_STATE = {
    ContractStatus.DRAFT: draft,
    ContractStatus.PENDING_APPROVAL: pending,
    ContractStatus.ACTIVE: active,
    ContractStatus.EXPIRED: expired,
    ContractStatus.TERMINATED: terminated,
}
"""Functions that create a contract in each state."""


def _again(contract: Contract) -> Contract:
    return Contract.objects.get(pk=contract.pk)
