"""Every form of a record is sent with every field wrong in every way, and the errors are read in three languages."""

from collections.abc import Collection
from itertools import islice
from typing import Any

import pytest
from django import forms
from django.contrib import admin

from skeleton.office.records import RecordAdmin
from skeleton.testkit.pages import fields_of
from tests.refusals.office import Data, Reader, forms_on, wrong_rounds
from tests.test_audit_screens import SCREENS

STALE = {"_read_as": "2020-01-01T00:00:00+00:00"}
"""The version of a record that somebody else has changed since."""


def record_screens() -> dict[str, Any]:
    """The screens with forms, by the label of their model."""
    found = {model._meta.label_lower: screen for model, screen in admin.site._registry.items()}
    return {name: screen for name, screen in found.items() if isinstance(screen, RecordAdmin)}


APPS = sorted({name.partition(".")[0] for name in record_screens()})


@pytest.mark.parametrize("app", APPS)
def test_every_field_of_every_form(app, world, reader):
    for name, screen in record_screens().items():
        if name.partition(".")[0] != app:
            continue
        walk = SCREENS[name]
        assert walk.add is not None
        known: set[str] = set()
        if screen.create_input is not None:
            known = refuse(f"add {name}", reader, screen.add_url, walk.add(world))
        if screen.update_input is not None:
            if name == "notifications.preferences":  # those of the user
                world.chief.put("/notifications/preferences", {"sms_enabled": True}).ok()
            address = screen.change_url_by_pk(walk.make(world))
            refuse(f"change {name}", reader, address, walk.change or {}, known)
            reader.hear(f"stale {name}", address, {**loaded(reader, address)[0], **(walk.change or {}), **STALE})
    reader.complain()


def loaded(reader: Reader, address: str) -> tuple[Data, Any]:
    """What the page at `address` sends unchanged, and the page."""
    page = reader.browser.get(address)
    assert page.status_code == 200, address
    return dict(fields_of(page.content.decode())), page


def refuse(what: str, reader: Reader, address: str, right: Data, known: Collection[str] = ()) -> set[str]:
    """Type something wrong into every field of a form and of its parts, and return the names of the fields.

    Fields that are `known` from another form of the screen are only wrong once.
    """
    shown, page = loaded(reader, address)
    form = next(form for prefix, form in forms_on(page) if not prefix)
    fresh = {name: field for name, field in form.fields.items() if name not in known}
    refused: set[str] = set()
    for wrong in (*wrong_rounds(fresh), *islice(wrong_rounds(form.fields), 1)):
        refused |= reader.hear(what, address, {**shown, **right, **wrong})
    for inline in page.context.get("inline_admin_formsets") or ():
        refused |= reader.hear(what, address, {**shown, **right, **parts_of(inline.formset)})
    unread = {name for name, field in fresh.items() if not isinstance(field, forms.BooleanField)} - refused
    assert not unread, f"{what}: nothing was wrong with {sorted(unread)}"
    return {*form.fields}


def parts_of(formset: Any) -> Data:
    """Parts that are wrong, each in another way."""
    data: Data = {}
    rounds = list(wrong_rounds({n: f for n, f in formset.empty_form.fields.items() if n not in ("id", "DELETE")}))
    for number, wrong in enumerate(rounds):
        data |= {f"{formset.prefix}-{number}-{name}": value for name, value in wrong.items()}
    return {**data, f"{formset.prefix}-TOTAL_FORMS": str(len(rounds)), f"{formset.prefix}-INITIAL_FORMS": "0"}
