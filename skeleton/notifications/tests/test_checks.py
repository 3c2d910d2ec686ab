"""Invalid settings of mail and channels abort the start, by name. Old notifications are cleaned up."""

import datetime as dt

import pytest
from django.utils import timezone

from skeleton.identity.tests.factories import UserFactory
from skeleton.notifications.checks import check_channels
from skeleton.notifications.models import Delivery, Notification
from skeleton.notifications.services.cleanup import delete_old_read
from skeleton.notifications.tests.factories import tell

UNUSABLE = [
    ("SKELETON_SMTP_SECURITY", "ssl", "SKELETON_SMTP_SECURITY"),
    ("EMAIL_PORT", 0, "SKELETON_SMTP_PORT"),
    ("SKELETON_MAIL_FROM", "nobody", "SKELETON_MAIL_FROM"),
    ("SKELETON_MAIL_FROM", "", "SKELETON_MAIL_FROM"),  # a host is set
    ("SKELETON_PUBLIC_URL", "crm.example.com", "SKELETON_PUBLIC_URL"),
    ("SKELETON_PUBLIC_URL", "ftp://crm.example.com", "SKELETON_PUBLIC_URL"),
    ("SKELETON_NOTIFICATION_DAYS", -1, "SKELETON_NOTIFICATION_DAYS"),
    (
        "SKELETON_CHANNELS",
        {"sms": "nowhere.at.all", "push": "skeleton.notifications.channels.ConsoleBackend"},
        "SKELETON_SMS_BACKEND",
    ),
    (
        "SKELETON_CHANNELS",
        {"push": "builtins.int", "sms": "skeleton.notifications.channels.ConsoleBackend"},
        "SKELETON_PUSH_BACKEND",
    ),
]


@pytest.mark.parametrize("name, value, said", UNUSABLE, ids=[f"{n}-{row[2]}" for n, row in enumerate(UNUSABLE)])
def test_unusable_settings_are_refused_by_name(settings, name, value, said):
    assert check_channels(None) == []
    setattr(settings, name, value)
    (problem,) = check_channels(None)
    assert problem.msg.startswith(said)


def test_settings_that_work(settings):
    settings.EMAIL_HOST, settings.SKELETON_MAIL_FROM = "mail.example.com", "Skeleton <crm@example.com>"
    settings.SKELETON_PUBLIC_URL, settings.SKELETON_SMTP_SECURITY = "https://crm.example.com", "none"
    assert check_channels(None) == []


@pytest.mark.django_db
def test_what_was_read_long_ago_is_forgotten(settings, monkeypatch):
    monkeypatch.setattr("skeleton.notifications.services.cleanup.BATCH", 2)
    user, now = UserFactory.create(), timezone.now()
    kept = {tell(user).pk for _ in range(2)}
    read = [tell(user) for _ in range(5)]
    Delivery.objects.create(notification=read[0], channel="email")
    Notification.objects.filter(pk__in=[row.pk for row in read]).update(read_at=now)
    Notification.objects.exclude(pk=read[-1].pk).update(created_at=now - dt.timedelta(days=366))
    settings.SKELETON_NOTIFICATION_DAYS = 0
    assert delete_old_read() == 0
    settings.SKELETON_NOTIFICATION_DAYS = 365
    assert delete_old_read() == 4
    assert set(Notification.objects.values_list("pk", flat=True)) == {*kept, read[-1].pk}
    assert not Delivery.objects.exists()
