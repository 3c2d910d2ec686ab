"""The life of a contract: one table, which the verbs obey, and from which the API says what is allowed.

PostgreSQL holds the same moves by a trigger (migration 0002); a test compares the two. The diagram in
`docs/contracts.md` is drawn from here.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from contracts.choices import Action, ContractStatus
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import Label, format_text
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
"""For each action the states it starts from, each with the state it leads to. What is not here is not allowed."""

OFFERED = tuple(action for action in Action if action != Action.EXPIRE)
"""The actions that people have. A contract expires by itself."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What of a contract decides what may be done with it. `today` is the database's date (UTC)."""

    status: str
    end_date: dt.date
    renewal_count: int
    max_renewals: int
    today: dt.date

    @property
    def over(self) -> bool:
        """Whether the last day is past. On the last day itself the contract still holds."""
        return self.end_date < self.today

    @property
    def renewals_left(self) -> bool:
        """Whether it may be renewed once more; `max_renewals` 0 is no cap."""
        return self.max_renewals == 0 or self.renewal_count < self.max_renewals


def obstacle(action: Action, situation: Situation) -> Text | None:
    """Why the action is not allowed now, as a sentence; None where it is."""
    if situation.status not in TRANSITIONS[action]:
        return format_text(
            _("The contract is {status}: it does not allow {action}."),
            status=Label(ContractStatus(situation.status).label),
            action=Label(action.label),
        )
    if action in (Action.ACTIVATE, Action.APPROVE) and situation.over:
        return format_text(_("The contract's validity ended on {day}."), day=situation.end_date)
    if action == Action.RENEW and not situation.renewals_left:
        return format_text(
            _("The contract has already been renewed {count} times, as often as agreed."), count=situation.renewal_count
        )
    if action == Action.EXPIRE and not situation.over:
        return format_text(_("The contract is valid until {day}."), day=situation.end_date)
    return None


def allowed_actions(situation: Situation) -> list[str]:
    """The verbs of the routes that the contract allows now."""
    return [action.value for action in OFFERED if obstacle(action, situation) is None]


def leads_to(action: Action, situation: Situation) -> ContractStatus:
    """The state after the action. Raises Conflict, with what is allowed instead."""
    refusal = obstacle(action, situation)
    if refusal:
        raise Conflict(refusal, details={"allowed": allowed_actions(situation)})
    return TRANSITIONS[action][ContractStatus(situation.status)]


def days_remaining(status: str, end_date: dt.date, today: dt.date) -> int:
    """Whole days after `today` until the last day: 0 on the last day, and once it is over or was terminated."""
    return 0 if status == _TERMINATED else max(0, (end_date - today).days)
