"""Notifies users of changes to their account. Identity is a lower layer and calls the registered handler."""

from skeleton.identity import changes
from skeleton.identity.changes import AccountChange, AccountChangeKind
from skeleton.identity.queries import recipients_of
from skeleton.notifications.choices import Event
from skeleton.notifications.services import notify

EVENTS = {
    AccountChangeKind.ROLE_GRANTED: Event.ROLE_GRANTED,
    AccountChangeKind.ROLE_REMOVED: Event.ROLE_REMOVED,
    AccountChangeKind.ACTIVATED: Event.ACCOUNT_ACTIVATED,
    AccountChangeKind.DEACTIVATED: Event.ACCOUNT_DEACTIVATED,
}


@changes.register_handler
def notify_account_change(change: AccountChange) -> None:
    """Notify the user of a change to their account, and of who made it."""
    role = {"role": change.role} if change.role else {}
    recipients = recipients_of([change.user_id])
    notify(event=EVENTS[change.kind], recipients=recipients, values={"by": change.actor.name, **role})
