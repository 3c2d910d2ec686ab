"""Notifications about contracts, to the user who created the contract, or else to all who can write contracts."""

import datetime as dt

import structlog
from django.db import DatabaseError
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from contracts.choices import Action, ContractStatus
from contracts.models import Contract
from contracts.state_machine import reason_not_allowed
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import EVENT_VALUES, Event
from skeleton.notifications.queries import recipients_for, without_notification
from skeleton.notifications.services import notify

log = structlog.get_logger("skeleton.contracts")

NOTICES = ((8, 30), (0, 7))
"""The ranges of days left (from, to) in which the end of a contract is announced, once in each range."""


def notify_contract_event(
    event: Event,
    contract: Contract,
    *,
    actor: Actor,
    days: int = 0,
    renews: bool = False,
    deduplication_key: str | None = None,
) -> None:
    """Notify about an event of the contract. Call this in the audited transaction, after the change.

    For a contract that ends soon, `days` are left and `renews` says whether it is renewed automatically.
    """
    values = {
        "party": contract.party.name,
        "contract_type": contract.contract_type,
        "end_date": contract.end_date,
        "days": days,
        "renews": "yes" if renews else "no",
    }
    notify(
        event=event,
        recipients=recipients_for(contract.created_by_id, "contracts:write", "parties:write", actor=actor),
        values={name: values[name] for name in EVENT_VALUES[event]},
        link=f"/api/v1/contracts/{contract.pk}",
        deduplication_key=deduplication_key,
    )


def notify_upcoming_ends(today: dt.date, *, actor: Actor) -> int:
    """Notify about contracts that end soon after `today`, once for each range and end, and return their number.

    Each has its own transaction: a failure is logged and retried by the next run.
    """
    told = 0
    for first, last in NOTICES:
        for contract in list(_ending(today, first, last)):
            key = f"{contract.pk} {contract.end_date} {last}"
            try:
                with audited_transaction(actor, "notice"):
                    _notify_upcoming_end(contract, today, actor=actor, deduplication_key=key)
                    told += 1
            except DatabaseError:
                log.exception("contract_notice_failed", contract_id=str(contract.pk))
    return told


def _notify_upcoming_end(contract: Contract, today: dt.date, *, actor: Actor, deduplication_key: str) -> None:
    days = (contract.end_date - today).days
    renews = contract.auto_renewal and not reason_not_allowed(Action.RENEW, contract.state(today))
    notify_contract_event(
        Event.CONTRACT_EXPIRING, contract, actor=actor, days=days, renews=renews, deduplication_key=deduplication_key
    )


def _ending(today: dt.date, first: int, last: int) -> QuerySet[Contract]:
    """Return active contracts with this many days left that have no such notification yet, with their parties."""
    bounds = (_days_after(today, first), _days_after(today, last))
    rows = Contract.objects.filter(status=ContractStatus.ACTIVE, end_date__range=bounds).select_related("party")
    text = CharField()
    key = Concat(Cast("pk", text), Value(" "), Cast("end_date", text), Value(f" {last}"), output_field=text)
    return without_notification(rows, Event.CONTRACT_EXPIRING, key).order_by("pk")


def _days_after(day: dt.date, days: int) -> dt.date:
    """Return the day `days` days later, or the last possible day."""
    return dt.date.fromordinal(min(day.toordinal() + days, dt.date.max.toordinal()))
