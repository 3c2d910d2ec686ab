"""Serializers of notifications and preferences."""

import datetime as dt
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

from skeleton.identity.choices import Language
from skeleton.notifications.choices import Event
from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    TextField,
    TimeOfDayField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer


class NotificationSerializer(Serializer):
    id = UUIDField()
    type = ChoiceField(choices=Event.choices)
    title = TextField(help_text="One line, in the language you had set at that time.")
    body = TextField(allow_blank=True)
    link = TextField(allow_null=True, help_text="The API path of the subject.")
    read_at = DateTimeField(allow_null=True)
    created_at = DateTimeField()


class MarkedSerializer(Serializer):
    updated = IntegerField(help_text="The number that were unread before.")
    unread_count = IntegerField(help_text="The number that arrived in the meantime.")


@mark_stateless
class ZoneField(TextField):
    """A time zone name from the IANA database."""

    default_error_messages = {"zone": _("Unknown time zone: use a name like Europe/Kyiv.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in known_zones():
            self.fail("zone")
        return name


@cache
def known_zones() -> frozenset[str]:
    """Return the names of all time zones. Cached, because reading them means walking several hundred files."""
    return frozenset(available_timezones())


def _clock(time: dt.time | None) -> str | None:
    return time.strftime("%H:%M") if time else None


QUIET = "HH:MM in `timezone`, or null. There are no quiet hours unless both are set and differ."


class PreferencesSerializer(Serializer):
    email_enabled = BooleanField()
    sms_enabled = BooleanField()
    push_enabled = BooleanField()
    quiet_hours_start = FromColumns(TimeOfDayField(allow_null=True), "quiet_hours_start", compute=_clock)
    quiet_hours_end = FromColumns(TimeOfDayField(allow_null=True), "quiet_hours_end", compute=_clock)
    timezone = TextField(help_text="A time zone name from the IANA database.")
    language = ChoiceField(choices=Language.choices, source="user.language")


class PreferencesInputSerializer(InputSerializer):
    output_serializer_class = PreferencesSerializer
    email_enabled = BooleanField()
    sms_enabled = BooleanField()
    push_enabled = BooleanField()
    quiet_hours_start = TimeOfDayField(allow_null=True, help_text=QUIET)
    quiet_hours_end = TimeOfDayField(allow_null=True, help_text=QUIET)
    timezone = ZoneField(help_text="A time zone name from the IANA database, such as Europe/Kyiv.")
    language = ChoiceField(choices=Language.choices, help_text="The language of notifications and of the back office.")
