"""Notification preferences: the example of the API reference, partial updates, invalid input, audit and races."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from skeleton.audit.models import AuditEntry
from skeleton.identity.models import User
from skeleton.identity.tests.factories import UserFactory, actor_of
from skeleton.notifications.models import Preferences
from skeleton.notifications.services.preferences import update_preferences
from skeleton.testkit.narrowing import present
from skeleton.testkit.races import run_in_threads

pytestmark = pytest.mark.django_db

PATH = "/notifications/preferences"

DEFAULTS = {
    "email_enabled": True,
    "sms_enabled": False,
    "push_enabled": False,
    "quiet_hours_start": None,
    "quiet_hours_end": None,
    "timezone": "UTC",
    "language": "en",
}

AS_PRINTED = {
    "email_enabled": True,
    "sms_enabled": False,
    "push_enabled": True,
    "quiet_hours_start": "22:00",
    "quiet_hours_end": "08:00",
}


def test_who_never_said_has_the_defaults(outsider):
    assert outsider.get(PATH).ok() == DEFAULTS
    assert not Preferences.objects.exists()


def test_the_example_as_printed(outsider, owner):
    assert outsider.patch(PATH, AS_PRINTED).ok() == {**DEFAULTS, **AS_PRINTED}
    assert outsider.get(PATH).ok() == {**DEFAULTS, **AS_PRINTED}
    assert owner.get(PATH).ok() == DEFAULTS


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_absent_stays(outsider, method):
    outsider.patch(PATH, AS_PRINTED).ok()
    changed = outsider.call(method, PATH, {"timezone": "Europe/Kyiv", "language": "uk"}).ok()
    assert changed == {**DEFAULTS, **AS_PRINTED, "timezone": "Europe/Kyiv", "language": "uk"}
    cleared = outsider.call(method, PATH, {"quiet_hours_start": None, "quiet_hours_end": ""}).ok()
    assert (cleared["quiet_hours_start"], cleared["quiet_hours_end"]) == (None, None)
    assert cleared["timezone"] == "Europe/Kyiv"
    assert outsider.call(method, PATH, cleared).ok() == cleared  # the response can be sent back


def test_an_empty_body_changes_nothing(outsider):
    assert outsider.patch(PATH, {}).ok() == DEFAULTS
    assert not Preferences.objects.exists()
    assert not AuditEntry.objects.filter(action="update_preferences").exists()


BAD = [
    ("quiet_hours_start", "25:61"),
    ("quiet_hours_start", "24:00"),
    ("quiet_hours_start", "8:00"),
    ("quiet_hours_start", "08:00:00"),
    ("quiet_hours_start", "0800"),
    ("quiet_hours_end", "٠٨:٠٠"),
    ("quiet_hours_end", " 08:00"),
    ("quiet_hours_end", "08:00\n"),
    ("quiet_hours_end", 800),
    ("quiet_hours_end", True),
    ("quiet_hours_end", ["08:00"]),
    ("timezone", "Europe/Atlantis"),
    ("timezone", "../../etc/passwd"),
    ("timezone", "europe/kyiv"),
    ("timezone", "+02:00"),
    ("timezone", None),
    ("timezone", ""),
    ("timezone", 2),
    ("timezone", "x" * 65),
    ("timezone", "UTC\x00"),
    ("email_enabled", "true"),
    ("email_enabled", 1),
    ("email_enabled", None),
    ("sms_enabled", []),
    ("push_enabled", {}),
    ("language", "fr"),
    ("language", "EN"),
    ("language", None),
    ("language", 1),
    ("email", True),
    ("user_id", "x"),
]


@pytest.mark.parametrize("name, value", BAD, ids=[f"{number}-{name}" for number, (name, _) in enumerate(BAD)])
def test_bad_values_name_their_field_and_change_nothing(outsider, name, value):
    outsider.patch(PATH, AS_PRINTED).ok()
    outsider.patch(PATH, {"sms_enabled": True, "language": "de", name: value}).refused(422, name)
    assert outsider.get(PATH).ok() == {**DEFAULTS, **AS_PRINTED}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{"], ids=["list", "null", "text", "broken"])
def test_bodies_that_are_no_object(outsider, body):
    outsider.call("PATCH", PATH, body).refused(400)


@pytest.mark.parametrize("name", ["UTC", "Europe/Kyiv", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_zones(outsider, name):
    assert outsider.patch(PATH, {"timezone": name}).ok()["timezone"] == name


def test_changes_are_audited(outsider):
    outsider.patch(PATH, {"sms_enabled": True, "language": "de"}).ok()
    outsider.patch(PATH, {"sms_enabled": False}).ok()
    entries = AuditEntry.objects.filter(action="update_preferences").order_by("id")
    assert {entry.actor_email for entry in entries} == {"oscar@example.com"}
    language, *_, last = entries
    assert (language.resource, language.changes) == ("users", {"language": ["en", "de"]})
    assert (last.resource, last.changes) == ("notifications", {"sms_enabled": [True, False]})


def test_one_row_for_each_user(outsider):
    outsider.patch(PATH, {"sms_enabled": True}).ok()
    with pytest.raises(DatabaseError, match="notifications_preferences_user_id"), transaction.atomic():
        Preferences.objects.create(user=outsider.user)


@pytest.mark.django_db(transaction=True)
def test_changes_at_the_same_moment_are_all_kept():
    actor = actor_of(UserFactory.create())
    changes: list[dict[str, Any]] = [
        {"email_enabled": False},
        {"sms_enabled": True},
        {"push_enabled": True},
        {"timezone": "Europe/Kyiv"},
        {"language": "uk", "quiet_hours_start": None},
    ]
    run_in_threads(5, lambda number: update_preferences(values=changes[number], actor=actor))
    wishes = Preferences.objects.get(user_id=present(actor.id))
    assert (wishes.email_enabled, wishes.sms_enabled, wishes.push_enabled) == (False, True, True)
    assert wishes.timezone == "Europe/Kyiv"
    assert User.objects.get(pk=present(actor.id)).language == "uk"
