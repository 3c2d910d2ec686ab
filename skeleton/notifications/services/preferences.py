"""Changing a user's notification preferences."""

from typing import Any

from skeleton.db.locks import lock_for_precondition, locked_for_update
from skeleton.db.records import save_changes
from skeleton.identity.models import User
from skeleton.kernel.actors import Actor
from skeleton.kernel.transactions import audited_transaction
from skeleton.notifications.models import Preferences


def update_preferences(*, values: dict[str, Any], actor: Actor) -> None:
    """Change the actor's own preferences, including the language. Fields absent from `values` do not change."""
    changes = {name: value for name, value in values.items() if name != "language"}
    with audited_transaction(actor, "update_preferences"):
        own = Preferences.objects.filter(user=actor.user_id).values("pk")[:1]
        lock_for_precondition(Preferences.objects.all(), own)
        if "language" in values:
            save_changes(
                locked_for_update(User.objects.all(), actor.user_id, no_key=True), {"language": values["language"]}
            )
        if changes:
            Preferences.objects.bulk_create([Preferences(user_id=actor.user_id)], ignore_conflicts=True)
            save_changes(locked_for_update(Preferences.objects.all(), own), changes)
