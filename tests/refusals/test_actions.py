"""Every action of the back office is run on records in every state, single and in bulk, with right and wrong values."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from skeleton.notifications.tests.factories import tell
from skeleton.testkit.pages import fields_of
from tests.refusals.office import Reader, forms_on, wrong_rounds
from tests.refusals.states import STATES
from tests.test_audit_screens import SCREENS, Walk, actions_of, nothing, screens
from tests.writes import World

ALWAYS_ALLOWED = {
    "billing.payment.reverse": "only a refund forbids it, which is a second payment",
    "billing.invoice.edit_notes": "notes are no part of what was sent",
    "accounting.yearclosing.reopen": "only other years forbid it (accounting/tests/test_years.py)",
    "company.company.remove_logo": "without a logo there is nothing to remove",
    "identity.user.give_role": "whoever has no such role yet can have it",
    "notifications.notification.mark_read": "what has been read may be read again",
}
"""Actions that no state of a record forbids, and why."""


def told(world: World) -> str:
    """A notification of one's own."""
    return str(tell(world.chief.user).pk)


WALKS = {**SCREENS, "notifications.notification": Walk(told, actions={"mark_read": (told, nothing)})}
APPS = sorted({name.partition(".")[0] for name, walk in WALKS.items() if walk.actions})


def states_of(name: str, world: Any) -> list[str]:
    """Records of a screen in every state that one of its actions asks for, and in some that none asks for."""
    walk = WALKS[name]
    makes = {walk.make, *(make for make, _ in walk.actions.values()), *STATES.get(name, ())}
    return [make(world) for make in makes]


@pytest.mark.parametrize("app", APPS)
def test_every_action_in_every_state(app, world, reader):
    refused: set[str] = set()
    actions = {name: walk.actions for name, walk in WALKS.items() if walk.actions and name.partition(".")[0] == app}
    for name, acts in actions.items():
        records = states_of(name, world)
        refused |= {f"{name}.{each}" for each in run_singly(name, records, world, reader)}
        for each in screens()[name].bulk_actions:
            reader.hear(f"{name}: {each}", screens()[name].changelist_url, selected(each, records))
        for each, (make, typed) in acts.items():
            mistype(f"{name}: {each}", reader, page_of(name, make(world), each), typed(world))
    reader.complain()
    never = {f"{name}.{each}" for name, acts in actions.items() for each in acts} - refused
    assert never == {each for each in ALWAYS_ALLOWED if each.partition(".")[0] == app}


def run_singly(name: str, records: list[str], world: World, reader: Reader) -> Iterator[str]:
    """Run each action of a screen on each of its records, and yield those that some record refuses."""
    for action, (_, typed) in WALKS[name].actions.items():
        right = typed(world)
        heard = [reader.hear(f"{name}: {action}", page_of(name, pk, action), right) for pk in records]
        if any(heard):
            yield action


def page_of(name: str, pk: str, action: str) -> str:
    """The page of an action."""
    return f"/admin/{name.replace('.', '/')}/{pk}/{action.replace('_', '-')}/"


def selected(action: str, records: list[str]) -> dict[str, Any]:
    """Select records in a list, and choose an action."""
    return {"action": action, ACTION_CHECKBOX_NAME: records}


def mistype(what: str, reader: Reader, address: str, right: dict[str, Any]) -> None:
    """Type something wrong into every field of an action's form."""
    page = reader.browser.get(address)
    shown = fields_of(page.content.decode())
    for _, form in forms_on(page):
        for wrong in wrong_rounds(form.fields):
            reader.hear(what, address, {**shown, **right, **wrong})


def test_every_action_is_run():
    for name, screen in screens().items():
        run = WALKS[name].actions if name in WALKS else {}
        assert actions_of(screen) == set(run), name
