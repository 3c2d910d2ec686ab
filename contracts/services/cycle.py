"""The daily run: expires contracts that have ended, or renews those with automatic renewal.

A validity period that ended is a cycle. Each is settled once, in a transaction of its own: the contract's state shows
it, and a unique row per contract and cycle guarantees it. A renewal starts at the old end, so after an outage the
cycles are settled one by one, as if the run had never missed a day. Concurrent runs share the work: each skips
contracts that another one has locked.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.backends.postgresql.psycopg_any import DateRange

from contracts.choices import Action, CycleOutcome
from contracts.models import LAST_DAY, Contract, ContractCycle
from contracts.queries import ended
from contracts.services.notifications import notify_contract_event, notify_upcoming_ends
from contracts.services.terms import validity
from contracts.state_machine import next_status, reason_not_allowed
from skeleton.db.locks import locked_or_none
from skeleton.db.records import save_changes
from skeleton.kernel import days
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event

log = structlog.get_logger("skeleton.contracts")


@dataclass(frozen=True, slots=True)
class SettledCycle:
    """The outcome of a cycle: renewed until a day, or expired (None)."""

    contract_id: UUID
    ended_on: dt.date
    renewed_until: dt.date | None

    @property
    def action(self) -> Action:
        return Action.RENEW if self.renewed_until else Action.EXPIRE


@dataclass(slots=True)
class CycleSummary:
    """The result of a run, or of a `dry_run`. `failed` are contracts that a later run has to retry."""

    today: dt.date
    dry_run: bool
    settled: list[SettledCycle] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)

    @property
    def renewed(self) -> list[SettledCycle]:
        return [one for one in self.settled if one.renewed_until]

    @property
    def expired(self) -> list[SettledCycle]:
        return [one for one in self.settled if not one.renewed_until]


def run_cycle(*, today: dt.date | None = None, actor: Actor = SYSTEM, dry_run: bool = False) -> CycleSummary:
    """Settle every cycle that ended before `today` (default: `days.today()`).

    A contract that fails is logged and retried by the next run. It doesn't affect the others.
    """
    day = today or days.today()
    summary = CycleSummary(day, dry_run)
    for contract in list(ended(day).order_by("pk")):
        try:
            summary.settled.extend(_preview(contract, day) if dry_run else _settle_contract(contract.pk, day, actor))
        except DatabaseError:
            log.exception("contract_cycle_failed", contract_id=str(contract.pk))
            summary.failed.append(contract.pk)
    if not dry_run:
        notify_upcoming_ends(day, actor=actor)
    return summary


def _due_cycle(contract: Contract, today: dt.date) -> SettledCycle | None:
    """Return the outcome of the contract's current cycle if it ended before `today`, else None."""
    state = contract.state(today)
    if reason_not_allowed(Action.EXPIRE, state):
        return None
    renews = contract.auto_renewal and not reason_not_allowed(Action.RENEW, state)
    return SettledCycle(contract.pk, contract.end_date, _next_end(contract) if renews else None)


def _next_end(contract: Contract) -> dt.date | None:
    """Return the last day of the next cycle, or None if the calendar ends before it."""
    days = contract.renewal_period_days or 0
    return contract.end_date + dt.timedelta(days=days) if days <= (LAST_DAY - contract.end_date).days else None


def _preview(contract: Contract, today: dt.date) -> Iterator[SettledCycle]:
    """Yield the outcome of each cycle of the contract, without writing anything."""
    while step := _due_cycle(contract, today):
        yield step
        contract.status = next_status(step.action, contract.state(today))
        contract.end_date = step.renewed_until or contract.end_date
        contract.renewal_count += 1


def _settle_contract(contract_id: UUID, today: dt.date, actor: Actor) -> Iterator[SettledCycle]:
    """Settle the contract's cycles one by one until none is due, or another run has it locked."""
    while step := _due_cycle(Contract.objects.get(pk=contract_id), today):
        if not _settle_cycle(step, today, actor):
            return
        yield step


def _settle_cycle(step: SettledCycle, today: dt.date, actor: Actor) -> bool:
    """Settle one cycle and return True, if it is still due and the contract isn't locked."""
    with audited_transaction(actor, step.action.value):
        contract = locked_or_none(Contract.objects.all(), step.contract_id, no_key=True, skip_locked=True)
        if contract is None or _due_cycle(contract, today) != step:
            return False
        fields: dict[str, str | int | DateRange] = {"status": next_status(step.action, contract.state(today)).value}
        if step.renewed_until:
            fields["validity_period"] = validity(contract.start_date, step.renewed_until)
            fields["renewal_count"] = contract.renewal_count + 1
        save_changes(contract, fields)
        ContractCycle.objects.create(
            contract=contract,
            ended_on=step.ended_on,
            outcome=CycleOutcome.RENEWED if step.renewed_until else CycleOutcome.EXPIRED,
            renewed_until=step.renewed_until,
        )
        contract.end_date = step.renewed_until or contract.end_date
        event = Event.CONTRACT_RENEWED if step.renewed_until else Event.CONTRACT_EXPIRED
        notify_contract_event(event, contract, actor=actor)
    return True
