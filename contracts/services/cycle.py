"""The daily run: expires contracts that have ended, renews those with automatic renewal, ends terminated ones.

A validity period that ended is a cycle. Each is settled once, in a transaction of its own: the contract's state shows
it, and a unique row per contract and cycle guarantees it. A renewal starts at the old end, so after an outage the
cycles are settled one by one, as if the run had never missed a day. A contract that has been given notice is
terminated on its day, or when it ends before, and then no longer renewed. Concurrent runs share the work: each skips
contracts that another one has locked.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.utils import timezone

from contracts.choices import Action, ContractStatus, CycleOutcome
from contracts.models import LAST_DAY, Contract, ContractCycle
from contracts.queries import ended
from contracts.services.notifications import notify_contract_event, notify_upcoming_ends
from contracts.services.terms import Values, validity
from contracts.state_machine import last_day, next_status, reason_not_allowed
from skeleton.db.locks import locked_or_none
from skeleton.db.records import save_changes
from skeleton.kernel import days
from skeleton.kernel.actors import SYSTEM, Actor
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event

DAY = dt.timedelta(days=1)

log = structlog.get_logger("skeleton.contracts")


@dataclass(frozen=True, slots=True)
class SettledCycle:
    """The outcome of a cycle: renewed until a day, expired, or terminated. `ended_on` was the last day in force."""

    contract_id: UUID
    ended_on: dt.date
    action: Action
    renewed_until: dt.date | None = None


@dataclass(slots=True)
class CycleSummary:
    """The result of a run, or of a `dry_run`. `failed` are contracts that a later run has to retry."""

    today: dt.date
    dry_run: bool
    settled: list[SettledCycle] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)

    @property
    def renewed(self) -> list[SettledCycle]:
        return self._settled_by(Action.RENEW)

    @property
    def expired(self) -> list[SettledCycle]:
        return self._settled_by(Action.EXPIRE)

    @property
    def terminated(self) -> list[SettledCycle]:
        return self._settled_by(Action.TERMINATE)

    def _settled_by(self, action: Action) -> list[SettledCycle]:
        return [one for one in self.settled if one.action == action]


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
    last = last_day(contract.end_date, contract.terminates_on)
    if contract.status != ContractStatus.ACTIVE or last is None or last >= today:
        return None
    terminates = contract.terminates_on == last + DAY
    until = _next_end(contract) if contract.auto_renewal and not reason_not_allowed(Action.RENEW, state) else None
    if until and not terminates:
        return SettledCycle(contract.pk, last, Action.RENEW, until)
    return SettledCycle(contract.pk, last, Action.TERMINATE if contract.terminates_on else Action.EXPIRE)


def _next_end(contract: Contract) -> dt.date | None:
    """Return the last day of the next cycle, or None if the calendar ends before it."""
    end, months, day = contract.end_date, contract.renewal_period_months, contract.renewal_day
    try:
        if months and day:
            found: dt.date = days.add_months(end, months, day_of_month=day)
        else:
            found = end + (contract.renewal_period_days or 0) * DAY
    except (OverflowError, ValueError):
        return None
    return found if found <= LAST_DAY else None


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
        fields: Values = {"status": next_status(step.action, contract.state(today)).value}
        if step.action == Action.TERMINATE:
            fields["terminated_at"] = timezone.now()
        if step.renewed_until:
            fields["validity_period"] = validity(contract.start_date, step.renewed_until)
            fields["renewal_count"] = contract.renewal_count + 1
        save_changes(contract, fields)
        if step.action != Action.TERMINATE:
            _record_cycle(contract, step, actor)
    return True


def _record_cycle(contract: Contract, step: SettledCycle, actor: Actor) -> None:
    """Record that the cycle is settled, and notify about it."""
    ContractCycle.objects.create(
        contract=contract,
        ended_on=step.ended_on,
        outcome=CycleOutcome.RENEWED if step.renewed_until else CycleOutcome.EXPIRED,
        renewed_until=step.renewed_until,
    )
    contract.end_date = step.renewed_until or contract.end_date
    event = Event.CONTRACT_RENEWED if step.renewed_until else Event.CONTRACT_EXPIRED
    notify_contract_event(event, contract, actor=actor)
