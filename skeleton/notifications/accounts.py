"""Whoever's account changes is told. Identity lies below and calls what registers with it."""

from skeleton.identity import changes
from skeleton.identity.changes import AccountChange, Change
from skeleton.identity.queries import recipients_of
from skeleton.notifications.choices import Event
from skeleton.notifications.services import notify

EVENTS = {
    Change.ROLE_GRANTED: Event.ROLE_GRANTED,
    Change.ROLE_REMOVED: Event.ROLE_REMOVED,
    Change.ACTIVATED: Event.ACCOUNT_ACTIVATED,
    Change.DEACTIVATED: Event.ACCOUNT_DEACTIVATED,
}


@changes.register
def tell_of_account(change: AccountChange) -> None:
    """Tell the user what happened to their account, and who did it."""
    role = {"role": change.role} if change.role else {}
    recipients = recipients_of([change.user_id])
    notify(event=EVENTS[change.change], recipients=recipients, values={"by": change.actor.name, **role})
