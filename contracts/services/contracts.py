"""The services of contracts.

Each locks the contract and checks with the state machine that its state allows the action. Except for changes of
fields, they also refuse a contract that someone else changed while they waited for the lock: if it is renewed and
terminated at the same time, one succeeds and the other is a conflict. PostgreSQL refuses everything that these services
must never do, and writes the versions (migration 0002).
"""

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.choices import Action, ContractStatus
from contracts.models import Contract
from contracts.services.notifications import notify_contract_event
from contracts.services.terms import Values, require_effective_date, term_columns, validity
from contracts.state_machine import ContractState, allowed_actions, next_status
from parties.services import require_usable
from skeleton.db.locks import locked_for_update
from skeleton.db.records import save_changes
from skeleton.kernel.actors import Actor
from skeleton.kernel.errors import Conflict, Forbidden, Invalid
from skeleton.kernel.money import require_in_use
from skeleton.kernel.text import format_text
from skeleton.kernel.time_limits import require_not_in_future
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.choices import Event

NOT_LATER = _("Only an active contract can be terminated on a later day. Leave the date out to terminate it now.")

# --- fields -----------------------------------------------------------------------------------------------------------


def create_contract(*, values: Values, actor: Actor) -> UUID:
    """Create a draft and return its id. `values` are flat, as from ContractInputSerializer.

    Raises Invalid (unknown party, contradictory values) and Conflict (the party is not active).
    """
    fields = term_columns(values)
    require_in_use(fields)
    with audited_transaction(actor, "create"):
        require_usable(fields["party_id"])
        contract = Contract(**fields, created_by_id=actor.id)
        contract.save(force_insert=True)
    return contract.pk


def update_contract(*, contract_id: UUID, values: Values, actor: Actor) -> None:
    """Change a draft. Fields not in `values` stay, None clears. Raises NotFound, Conflict, Invalid."""
    _change(contract_id, Action.UPDATE, values, actor)


def change_payment_terms(*, contract_id: UUID, values: Values, actor: Actor) -> None:
    """Merge `values` into the payment terms, unless terminated. Raises NotFound, Conflict, Invalid."""
    _change(contract_id, Action.PAYMENT_TERMS, values, actor)


def change_delivery_terms(*, contract_id: UUID, values: Values, actor: Actor) -> None:
    """Merge `values` into the delivery terms, unless terminated. Raises NotFound, Conflict, Invalid."""
    _change(contract_id, Action.DELIVERY_TERMS, values, actor)


def _change(contract_id: UUID, action: Action, values: Values, actor: Actor) -> None:
    with audited_transaction(actor, action.value):
        contract: Contract = locked_for_update(Contract.objects.visible_to(actor), contract_id, no_key=True)
        next_status(action, _state(contract))
        fields = term_columns(values, contract)
        if fields.get("party_id", contract.party_id) != contract.party_id:
            require_usable(fields["party_id"])
        save_changes(contract, fields)


# --- states -----------------------------------------------------------------------------------------------------------


def submit_contract(*, contract_id: UUID, actor: Actor) -> None:
    """Submit a draft for approval. Raises NotFound, Conflict."""
    with audited_transaction(actor, Action.SUBMIT.value):
        _transition(_get_locked_unchanged(contract_id, actor), Action.SUBMIT, {"rejection_reason": None})


def approve_contract(*, contract_id: UUID, actor: Actor) -> None:
    """Activate a contract that is pending approval, signed now.

    Raises NotFound; Conflict; Forbidden for the contract's author, unless they have `*:*`.
    """
    with audited_transaction(actor, Action.APPROVE.value):
        contract = _get_locked_unchanged(contract_id, actor)
        next_status(Action.APPROVE, _state(contract))
        if contract.created_by_id == actor.id and not actor.can("*:*"):
            raise Forbidden(_("You created this contract, so somebody else has to approve it."))
        _transition(contract, Action.APPROVE, {"signed_at": timezone.now()})


def reject_contract(*, contract_id: UUID, reason: str, actor: Actor) -> None:
    """Return a contract that is pending approval to draft. Raises NotFound, Conflict."""
    with audited_transaction(actor, Action.REJECT.value):
        _transition(_get_locked_unchanged(contract_id, actor), Action.REJECT, {"rejection_reason": reason})


def activate_contract(*, contract_id: UUID, actor: Actor, signed_at: dt.datetime | None = None) -> None:
    """Activate a draft or a contract that is pending approval. `signed_at` defaults to now.

    Raises NotFound; Invalid (a time in the future); Conflict, also if the validity period is over.
    """
    moment = signed_at or timezone.now()
    require_not_in_future(moment, field="signed_at")
    with audited_transaction(actor, Action.ACTIVATE.value):
        fields = {"signed_at": moment, "rejection_reason": None}
        _transition(_get_locked_unchanged(contract_id, actor), Action.ACTIVATE, fields)


def terminate_contract(*, contract_id: UUID, reason: str, actor: Actor, effective_date: dt.date | None = None) -> None:
    """Terminate a contract before its end, or permanently after it.

    With an `effective_date` after today, an active contract stays active, and the daily run terminates it on that day,
    the first on which it is no longer in force. Such a date must observe the notice period; without one, the contract
    is terminated at once. Raises NotFound, Conflict, Invalid.
    """
    with audited_transaction(actor, Action.TERMINATE.value):
        contract = _get_locked_unchanged(contract_id, actor)
        target = next_status(Action.TERMINATE, _state(contract))
        if effective_date:
            require_effective_date(contract, effective_date, _today(contract))
        if effective_date and effective_date > _today(contract):
            if contract.status != ContractStatus.ACTIVE:
                raise Conflict(NOT_LATER, details={"allowed": allowed_actions(_state(contract))})
            save_changes(contract, {"terminates_on": effective_date, "termination_reason": reason})
        else:
            fields = {"terminated_at": timezone.now(), "termination_reason": reason, "terminates_on": None}
            save_changes(contract, {**fields, "status": target.value})


def renew_contract(*, contract_id: UUID, new_end_date: dt.date, actor: Actor) -> None:
    """Extend the last day, and withdraw a termination on a later day. An expired contract becomes active again.

    Raises NotFound; Conflict, also if no renewals are left or the contract has no last day; Invalid if the new last day
    is not after the current one or is past.
    """
    with audited_transaction(actor, Action.RENEW.value):
        contract = _get_locked_unchanged(contract_id, actor)
        next_status(Action.RENEW, _state(contract))
        earliest = max(contract.end_date + dt.timedelta(days=1), _today(contract))
        if new_end_date < earliest:
            raise Invalid(
                details={
                    "new_end_date": format_text(
                        _("Must be {earliest} or later: after the current end, and not in the past."), earliest=earliest
                    )
                }
            )
        period = validity(contract.start_date, new_end_date, field="new_end_date")
        fields = {"validity_period": period, "renewal_count": contract.renewal_count + 1}
        _transition(contract, Action.RENEW, {**fields, "terminates_on": None, "termination_reason": None})
        contract.end_date = new_end_date
        notify_contract_event(Event.CONTRACT_RENEWED, contract, actor=actor)


def _get_locked_unchanged(contract_id: UUID, actor: Actor) -> Contract:
    """Return the contract, locked. Raises NotFound; Conflict if someone changed it while this waited for the lock."""
    rows = Contract.objects.visible_to(actor)
    seen = rows.filter(pk=contract_id).values_list("status", "version").first()
    contract: Contract = locked_for_update(rows.select_related("party"), contract_id, no_key=True)
    if seen != (contract.status, contract.version):
        allowed = allowed_actions(_state(contract))
        raise Conflict(
            _("Somebody has just changed the contract. Check it and try again."), details={"allowed": allowed}
        )
    return contract


def _transition(contract: Contract, action: Action, fields: Values) -> None:
    """Write `fields` and the state after the action. Raises Conflict."""
    save_changes(contract, {**fields, "status": next_status(action, _state(contract)).value})


def _state(contract: Contract) -> ContractState:
    return contract.state(_today(contract))


def _today(contract: Contract) -> dt.date:
    return contract.today  # type: ignore[attr-defined,no-any-return]  # of the rows with_today
