"""The state machine of contracts: one table, used by the services and for the allowed actions in the API.

A trigger enforces the same transitions in PostgreSQL (migration 0002); a test compares the two. The diagram in
`docs/contracts.md` is generated from here.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from contracts.choices import Action, ContractStatus
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text

_DRAFT, _PENDING, _ACTIVE, _EXPIRED, _TERMINATED = ContractStatus

TRANSITIONS: dict[Action, dict[ContractStatus, ContractStatus]] = {
    Action.UPDATE: {_DRAFT: _DRAFT},
    Action.SUBMIT: {_DRAFT: _PENDING},
    Action.APPROVE: {_PENDING: _ACTIVE},
    Action.REJECT: {_PENDING: _DRAFT},
    Action.ACTIVATE: {_DRAFT: _ACTIVE, _PENDING: _ACTIVE},
    Action.TERMINATE: {_PENDING: _TERMINATED, _ACTIVE: _TERMINATED, _EXPIRED: _TERMINATED},
    Action.RENEW: {_ACTIVE: _ACTIVE, _EXPIRED: _ACTIVE},
    Action.PAYMENT_TERMS: {_DRAFT: _DRAFT, _PENDING: _PENDING, _ACTIVE: _ACTIVE, _EXPIRED: _EXPIRED},
    Action.DELIVERY_TERMS: {_DRAFT: _DRAFT, _PENDING: _PENDING, _ACTIVE: _ACTIVE, _EXPIRED: _EXPIRED},
    Action.EXPIRE: {_ACTIVE: _EXPIRED},
}
"""For each action, the states in which it is allowed, with the resulting state. Nothing else is allowed."""

USER_ACTIONS = tuple(action for action in Action if action != Action.EXPIRE)
"""The actions that users can perform. Contracts expire automatically."""


_NEXT_STEPS: dict[ContractStatus, Text] = {
    _DRAFT: _("This contract is still a draft. Submit it for approval or activate it first."),
    _PENDING: _("This contract is waiting for approval. Approve or reject it first."),
    _ACTIVE: _("This contract is already active. Its terms can be changed, and it can be renewed or terminated."),
    _EXPIRED: _("This contract has expired. Its terms can be changed, and it can be renewed or terminated."),
    _TERMINATED: _("This contract has been terminated. Create a new one instead."),
}
"""What people are told when a state does not allow an action."""


@dataclass(frozen=True, slots=True)
class ContractState:
    """The state of a contract that decides which actions are allowed. `today` is the company's date."""

    status: str
    end_date: dt.date | None
    renewal_count: int
    max_renewals: int
    today: dt.date

    @property
    def over(self) -> bool:
        """Return whether the last day is past. On the last day, the contract is still in force."""
        return self.end_date is not None and self.end_date < self.today

    @property
    def renewals_left(self) -> bool:
        """Return whether another renewal is allowed. 0 in `max_renewals` means no limit."""
        return self.max_renewals == 0 or self.renewal_count < self.max_renewals


def reason_not_allowed(action: Action, state: ContractState) -> Text | None:
    """Return why the action is not allowed now, as a sentence, or None if it is."""
    if state.status not in TRANSITIONS[action]:
        return _NEXT_STEPS[ContractStatus(state.status)]
    if action in (Action.ACTIVATE, Action.APPROVE) and state.over:
        return format_text(
            _("The last day of this contract, {day}, is past. Set a later one while it is a draft."), day=state.end_date
        )
    if action in (Action.RENEW, Action.EXPIRE) and state.end_date is None:
        return _("This contract has no last day, so it neither expires nor is renewed. Terminate it to end it.")
    if action == Action.RENEW and not state.renewals_left:
        return format_text(
            _("This contract has already been renewed as often as agreed ({count}). Create a new one instead."),
            count=state.renewal_count,
        )
    if action == Action.EXPIRE and not state.over:
        return format_text(_("The contract is valid until {day}."), day=state.end_date)
    return None


def allowed_actions(state: ContractState) -> list[str]:
    """Return the actions of the routes that the contract allows now."""
    return [action.value for action in USER_ACTIONS if reason_not_allowed(action, state) is None]


def next_status(action: Action, state: ContractState) -> ContractStatus:
    """Return the state after the action. Raises Conflict, with the allowed actions."""
    reason = reason_not_allowed(action, state)
    if reason:
        raise Conflict(reason, details={"allowed": allowed_actions(state)})
    return TRANSITIONS[action][ContractStatus(state.status)]


def last_day(end_date: dt.date | None, terminates_on: dt.date | None) -> dt.date | None:
    """Return the last day in force as far as it is known: the end, or the day before an earlier termination."""
    before = terminates_on and terminates_on - dt.timedelta(days=1)
    return min((day for day in (end_date, before) if day), default=None)


def days_remaining(status: str, end_date: dt.date | None, terminates_on: dt.date | None, today: dt.date) -> int | None:
    """Return the days from `today` until the last day: 0 on it, after it, and when terminated; None without one."""
    last = last_day(end_date, terminates_on)
    if status == _TERMINATED:
        return 0
    return max(0, (last - today).days) if last else None
